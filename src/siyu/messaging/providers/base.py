"""The contract of every SMS adapter: what goes in, three answers, and how a receipt finds its message.

A provider without idempotency cannot be asked twice. So a send ends in one of three ways, and each names
the only right next step:

* `Ok`: accepted. Wait for the receipt.
* `Rejected`: certainly not sent. ``permanent`` says whether trying again can ever help.
* `Unknown`: a time-out, a 5xx, a broken connection. It may have been sent. Look it up with
  `SmsProvider.query` (by the ``out_id`` chosen before the send); never send it again blindly.

**How a receipt finds its message.** Batch calls share one ``biz_id`` (given by the provider with the
answer) and one ``out_id`` (given by us with the request). A number occurs at most once in a batch, so
``(out_id, phone)`` names one message if the caller never uses an ``out_id`` for two batches. Match on that
pair first: it is known before the network is touched, so it also holds for a receipt that overtakes the
answer and for a send whose answer was lost. Fall back to ``(biz_id, phone)`` when the provider left
``out_id`` out. Receipts come twice: drop the repeat of ``dedupe_key``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar, Protocol

from siyu.kernel.errors import SiyuError

# Characters of a message that is billed as one unit, and of each part of a longer one (the rest is the
# part's header).
SINGLE_UNIT_CHARS = 70
PART_UNIT_CHARS = 67
# Characters of signature and text together; providers refuse longer messages.
MAX_SMS_CHARS = 500
# Characters of an out_id that every provider takes (Aliyun < 256, Tencent < 512 bytes).
MAX_OUT_ID_CHARS = 255
_MAINLAND = re.compile(r"^(?:\+86|0086|86)?(1[3-9]\d{9})$")


class ProviderError(SiyuError):
    """Anything but a send failed at the provider. ``permanent`` is false when trying again can help."""

    code = "provider_error"
    status = 502
    message = "The message provider answered with an error: %(reason)s"

    def __init__(self, *, reason: str, permanent: bool) -> None:
        self.permanent = permanent
        super().__init__(reason=reason)


class Fault(StrEnum):
    """What a refusal or a failed delivery is about; the caller's reaction follows from it."""

    NUMBER = "number"  # the number is wrong or dead: mark it
    REFUSED = "refused"  # the person or carrier refuses: stop marketing to it
    CONTENT = "content"  # signature, template, variables or words: nobody will get this message
    RATE = "rate"  # too often: later
    ACCOUNT = "account"  # key, balance or permission: stop the channel and tell the owner
    PROVIDER = "provider"  # trouble inside the provider or carrier: later


@dataclass(frozen=True)
class SmsMessage:
    """One message to one number; the text comes from the provider's registered template."""

    phone_e164: str
    sign_name: str
    template_code: str
    params: Mapping[str, str]
    out_id: str


@dataclass(frozen=True)
class Ok:
    """Accepted by the provider. ``biz_id`` is shared by the whole batch."""

    biz_id: str
    request_id: str = ""


@dataclass(frozen=True)
class Rejected:
    """Certainly not sent. ``permanent``: the same message will never be taken."""

    code: str
    permanent: bool
    message: str
    fault: Fault = Fault.PROVIDER


@dataclass(frozen=True)
class Unknown:
    """Perhaps sent. To be reconciled with `SmsProvider.query`, never sent again blindly."""

    reason: str


Result = Ok | Rejected | Unknown


class DeliveryState(StrEnum):
    """Where one message stands with the carrier."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class SendDetail:
    """What the provider's own record says about one message."""

    phone_e164: str
    state: DeliveryState
    code: str
    template_code: str
    out_id: str
    content: str
    sent_at: datetime | None
    received_at: datetime | None


@dataclass(frozen=True)
class Receipt:
    """One delivery report: delivered, failed or unknown. ``sms_size`` is the number of billed units."""

    phone_e164: str
    state: DeliveryState
    code: str
    message: str
    sms_size: int
    biz_id: str
    out_id: str
    sent_at: datetime | None
    reported_at: datetime | None

    @property
    def dedupe_key(self) -> tuple[str, str]:
        """The same for every repetition of this report."""
        return (self.biz_id, self.phone_e164)


@dataclass(frozen=True)
class Reply:
    """What a person wrote back. ``sequence_id`` is the provider's number of it: drop its repeats."""

    phone_e164: str
    content: str
    sign_name: str
    dest_code: str
    sequence_id: str
    sent_at: datetime | None

    @property
    def refuses(self) -> bool:
        """Whether this is one of the agreed words for "no more messages"."""
        return self.content.strip().upper() in OPT_OUT_WORDS


# Current wording R; T, TD and 退订 come from messages sent under earlier rules, which people still answer.
OPT_OUT_WORDS = frozenset({"R", "T", "TD", "N", "退订", "拒收"})


@dataclass(frozen=True)
class Callback:
    """A parsed callback body. ``problems`` names the items that could not be read; the others are good."""

    receipts: tuple[Receipt, ...] = ()
    replies: tuple[Reply, ...] = ()
    problems: tuple[str, ...] = field(default=())


class SmsProvider(Protocol):
    """An adapter. Instances hold their credentials and time-outs and may be used from several threads."""

    kind: ClassVar[str]
    max_batch: int

    def send(self, batch: Sequence[SmsMessage]) -> list[Result]:
        """Sends one batch; one result per message, in order. On the network, so never inside a transaction.

        Duties of the caller: `check_batch` holds (one template, one ``out_id`` that was never used before,
        no number twice, at most ``max_batch``), and the ``out_id`` is stored before the call. Raises
        ValueError if it does not hold; every failure of provider or network comes back as a result.
        """
        ...

    def query(
        self, *, phone_e164: str, day: date, biz_id: str | None = None, out_id: str | None = None
    ) -> SendDetail | None:
        """The provider's record of the message sent to this number on the local ``day``, by either id.

        None means that the provider knows no such message; shortly after a time-out that proves nothing
        yet, so ask again a few minutes later before giving the message up. Raises ProviderError when there
        is no clear answer.
        """
        ...

    def units(self, text: str) -> int:
        """Billed units of ``text``, which includes the signature (see `full_text`)."""
        ...


def check_batch(batch: Sequence[SmsMessage], *, max_batch: int) -> None:
    """Raises ValueError unless the batch keeps the promises that `SmsProvider.send` needs."""
    if not 1 <= len(batch) <= max_batch:
        raise ValueError(f"a batch holds 1 to {max_batch} messages, not {len(batch)}")
    if len({message.template_code for message in batch}) > 1:
        raise ValueError("a batch has one template")
    if len({message.out_id for message in batch}) > 1:
        raise ValueError("a batch has one out_id")
    if not 1 <= len(batch[0].out_id) <= MAX_OUT_ID_CHARS:
        raise ValueError(f"an out_id has 1 to {MAX_OUT_ID_CHARS} characters")
    if len({message.phone_e164 for message in batch}) < len(batch):
        raise ValueError("a number occurs twice in a batch; its receipts could not be told apart")


def full_text(sign_name: str, content: str) -> str:
    """What the phone shows and the bill counts: the signature in 【】, then the rendered template."""
    return f"【{sign_name}】{content}"


def sms_chars(text: str) -> int:
    """Length as carriers count it: UTF-16 units, so an emoji counts 2 and everything else 1."""
    return len(text.encode("utf-16-le")) // 2


def sms_units(text: str) -> int:
    """Billed units of a mainland message: 1 up to 70 characters, else one per started 67."""
    length = sms_chars(text)
    return 1 if length <= SINGLE_UNIT_CHARS else -(-length // PART_UNIT_CHARS)


def e164(number: str) -> str | None:
    """A mainland mobile number in any of the providers' spellings as ``+86…``, or None if it is not one."""
    found = _MAINLAND.match(number.strip())
    return f"+86{found.group(1)}" if found else None

"""SMS accounts: save, add approved texts, check that they answer."""

from __future__ import annotations

import re
from datetime import time
from typing import Any

from siyu.audit.contracts import Target
from siyu.eventlog import records
from siyu.kernel import clock
from siyu.kernel.clock import local_day
from siyu.kernel.errors import InvalidInput, NotFound, SiyuError, stored
from siyu.messaging import actions
from siyu.messaging.contracts import NoSuchProvider, SmsAccountView
from siyu.messaging.models import SmsAccount, SmsTemplate
from siyu.messaging.providers.base import ProviderError
from siyu.messaging.queries.accounts import provider_for, sms_account
from siyu.messaging.registries import PROVIDERS
from siyu.messaging.rules.review import OPT_OUT_TEXT
from siyu.org import auditing
from siyu.org.contracts import SYSTEM, Viewer

# The narrowest window that any provider enforces by itself.
DEFAULT_WINDOW = (time(8), time(20))
DEFAULT_DAY_CAP = 1
DEFAULT_MONTH_CAP = 4
# Numbers of one SendBatchSms.
MAX_BATCH = 100
# Messages a second; batches of 100 need ten requests for it. Providers throttle accounts at some thousands.
DEFAULT_RATE_PER_S = 1_000
MAX_RATE_PER_S = 10_000
# Until its own records certainly show what a provider has taken. Shorter risks sending twice, longer only waits.
DEFAULT_SETTLE_SECONDS = 600
# ¥0.045 a unit, a usual list price.
DEFAULT_PRICE_MILLI_FEN = 4_500
# ¥10 a unit: far above any SMS, so more is a mistaken unit.
MAX_PRICE_MILLI_FEN = 1_000_000
# A number that nobody has: the check asks the provider for its messages, which must be none.
CHECK_PHONE = "+8613000000000"


def save_sms_account(
    *,
    name: str,
    sign_name: str,
    provider: str = "aliyun",
    account_id: int | None = None,
    price_milli_fen: int = DEFAULT_PRICE_MILLI_FEN,
    window: tuple[time, time] = DEFAULT_WINDOW,
    skips_holidays: bool = False,
    day_cap: int = DEFAULT_DAY_CAP,
    month_cap: int = DEFAULT_MONTH_CAP,
    batch_size: int = MAX_BATCH,
    rate_per_s: int = DEFAULT_RATE_PER_S,
    settle_seconds: int = DEFAULT_SETTLE_SECONDS,
    is_active: bool = True,
    viewer: Viewer = SYSTEM,
) -> int:
    """Creates an account, or changes the one with `account_id`; returns its id.

    `price_milli_fen` is thousandths of a fen per billed unit. With `skips_holidays` nothing leaves on public holidays.
    Keys are settings (``SIYU_ALIYUN_SMS_*``). InvalidInput for impossible limits, NoSuchProvider for an unknown kind.
    """
    if provider not in PROVIDERS:
        raise NoSuchProvider(name=provider, known=", ".join(PROVIDERS.names()))
    _check_words(name, sign_name)
    _check(0 <= price_milli_fen <= MAX_PRICE_MILLI_FEN, reason="The price of a unit is between 0 and 10 yuan.")
    _check(
        1 <= day_cap <= month_cap <= 300, reason="The cap of 30 days is at least the cap of a day, and that at least 1."
    )
    _check(1 <= batch_size <= MAX_BATCH, reason="A batch holds 1 to %(limit)s messages.", limit=MAX_BATCH)
    _check(
        1 <= rate_per_s <= MAX_RATE_PER_S, reason="The rate is 1 to %(limit)s messages a second.", limit=MAX_RATE_PER_S
    )
    _check(0 <= settle_seconds <= 86_400, reason="The provider's records settle within a day.")
    values = {
        "name": name.strip(), "provider": provider, "sign_name": sign_name.strip(), "price_milli_fen": price_milli_fen,
        "window_start": window[0], "window_end": window[1], "skips_holidays": skips_holidays,
        "day_cap": day_cap, "month_cap": month_cap,
        "batch_size": batch_size, "rate_per_s": rate_per_s, "settle_seconds": settle_seconds, "is_active": is_active,
    }  # fmt: skip
    with records.transaction():
        others = SmsAccount.objects.exclude(pk=account_id) if account_id is not None else SmsAccount.objects.all()
        if others.filter(name=name.strip()).exists():
            raise InvalidInput(reason="Another account has this name.")
        return _write_account(viewer, account_id, values)


def _write_account(viewer: Viewer, account_id: int | None, values: dict[str, Any]) -> int:
    if account_id is None:
        row = SmsAccount.objects.create(**values)
        auditing.record(viewer, actions.ACCOUNT_CREATED, _target(row), after=values)
        return row.pk
    known = SmsAccount.objects.filter(pk=account_id).first()
    if known is None:
        raise NotFound()
    before = {name: getattr(known, name) for name in values}
    SmsAccount.objects.filter(pk=account_id).update(**values)
    auditing.record(viewer, actions.ACCOUNT_CHANGED, _target(known), before=before, after=values)
    return account_id


def _target(row: SmsAccount) -> Target:
    return Target(actions.SMS_ACCOUNT, row.pk, row.name)


def _check_words(name: str, sign_name: str) -> None:
    if not name.strip():
        raise InvalidInput(reason="Give the account a name.")
    if not 2 <= len(sign_name.strip()) <= 12 or re.search(r"[\s【】]", sign_name.strip()):
        raise InvalidInput(reason="The signature has 2 to 12 characters, without 【 and 】.")


def _check(holds: bool, **problem: Any) -> None:
    if not holds:
        raise InvalidInput(**problem)


def save_sms_template(*, account_id: int, code: str, text: str, viewer: Viewer = SYSTEM) -> None:
    """Keeps an approved marketing text under its code, word for word as the provider shows it."""
    account = SmsAccount.objects.filter(pk=account_id).first()
    if account is None:
        raise NotFound()
    if not re.fullmatch(r"[A-Za-z0-9_-]{3,40}", code):
        raise InvalidInput(reason="A template's code has 3 to 40 letters, digits, - or _.")
    if not text.endswith(OPT_OUT_TEXT):
        raise InvalidInput(reason="A marketing template ends with “%(ending)s”.", ending=OPT_OUT_TEXT)
    with records.transaction():
        known = SmsTemplate.objects.filter(account_id=account_id, code=code).first()
        auditing.record(
            viewer, actions.TEMPLATE_SAVED, _target(account),
            before={"code": code, "text": known.text} if known else None, after={"code": code, "text": text},
        )  # fmt: skip
        SmsTemplate.objects.update_or_create(account_id=account_id, code=code, defaults={"text": text})


def check_sms_account(*, account_id: int, viewer: Viewer = SYSTEM) -> SmsAccountView:
    """Asks the provider a harmless question and keeps what is wrong, if anything; nothing is sent.

    Not inside a transaction: it uses the network.
    """
    account = sms_account(SYSTEM, account_id)
    problem = ""
    try:
        provider = provider_for(account.provider)
        today = local_day(clock.now(), PROVIDERS.get(account.provider).zone)
        provider.query(phone_e164=CHECK_PHONE, day=today, out_id="siyu-check")
    except ProviderError as error:
        problem = str(error.data["reason"])
    except SiyuError as error:
        problem = stored(error)
    with records.transaction():
        SmsAccount.objects.filter(pk=account_id).update(problem=problem[:300], checked_at=clock.now())
        target = Target(actions.SMS_ACCOUNT, account_id, account.name)
        auditing.record(viewer, actions.ACCOUNT_CHECKED, target, after={"problem": problem})
    return sms_account(SYSTEM, account_id)

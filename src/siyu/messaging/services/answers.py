"""Looking messages up in the provider's records: unknown sends, and sends whose receipt never came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q

from siyu.customers import queries as customers
from siyu.eventlog import records
from siyu.kernel import clock
from siyu.kernel.clock import local_day
from siyu.kernel.failpoints import failpoint
from siyu.messaging.contracts import OutboxState, Reason
from siyu.messaging.models import Outbox, SmsAccount
from siyu.messaging.providers.base import DeliveryState, SendDetail
from siyu.messaging.registries import PROVIDERS
from siyu.messaging.rules import retry
from siyu.messaging.services import suppressions, touches, transitions
from siyu.messaging.services.claiming import LEASE_SECONDS
from siyu.org.contracts import SYSTEM

# Questions taken at a time; each is a request of its own.
QUESTIONS_AT_ONCE = 20
_ASKABLE = (OutboxState.UNKNOWN, OutboxState.SENT)


@dataclass(frozen=True)
class Question:
    """One message to be looked up, on the provider's calendar days on which it may have been taken."""

    outbox_id: int
    batch_id: int
    account_id: int
    provider: str
    phone_e164: str
    days: tuple[date, ...]
    out_id: str


def take_questions() -> list[Question]:
    """The messages that are due to be looked up, leased for as long as a slow answer takes."""
    moment = clock.now()
    if not Outbox.objects.filter(ask_at__lte=moment).exists():
        return []
    with records.transaction():
        due = list(Outbox.objects.filter(ask_at__lte=moment).order_by("ask_at", "pk")[:QUESTIONS_AT_ONCE])
        rows = transitions.locked(Q(pk__in=[row.pk for row in due], ask_at__lte=moment), *_ASKABLE)
        lease_until = moment + timedelta(seconds=LEASE_SECONDS)
        Outbox.objects.filter(pk__in=[row.pk for row in rows]).update(ask_at=lease_until)
    phones = customers.phones(SYSTEM, [row.fragment_id for row in rows])
    accounts = {account.pk: account for account in SmsAccount.objects.all()}
    return [_question(row, accounts[row.plan.account_id], phones) for row in rows if row.fragment_id in phones]


def _question(row: Outbox, account: SmsAccount, phones: dict[int, str]) -> Question:
    assert row.batch is not None
    assert row.claimed_at is not None
    zone = PROVIDERS.get(account.provider).zone
    first = local_day(row.claimed_at, zone)
    last = local_day(row.claimed_at + timedelta(seconds=LEASE_SECONDS), zone)
    return Question(
        outbox_id=row.pk,
        batch_id=row.batch.pk,
        account_id=account.pk,
        provider=account.provider,
        phone_e164=phones[row.fragment_id],
        days=(first,) if first == last else (first, last),
        out_id=row.batch.out_id,
    )


def record_answer(question: Question, detail: SendDetail | None) -> None:
    """Writes what the provider's records say; None is "no such message", which counts once the records are settled."""
    moment = clock.now()
    with records.transaction():
        found = transitions.locked(Q(pk=question.outbox_id, batch_id=question.batch_id), *_ASKABLE)
        for row in found:
            if detail is None:
                _not_there(row, moment)
            else:
                _there(row, detail, question.provider, moment)
        failpoint("messaging.answer.before_commit")


def record_no_answer(question: Question, problem: str) -> None:
    """The provider could not be asked: ask again later, and show why."""
    moment = clock.now()
    with records.transaction():
        SmsAccount.objects.filter(pk=question.account_id).update(problem=problem[:300])
        for row in transitions.locked(Q(pk=question.outbox_id, batch_id=question.batch_id), *_ASKABLE):
            _ask_later(row, moment)


def _there(row: Outbox, detail: SendDetail, provider: str, moment: datetime) -> None:
    if row.state == OutboxState.UNKNOWN:
        transitions.mark_sent([row], moment=moment)
    if detail.state is DeliveryState.DELIVERED:
        transitions.mark_delivered([row], moment=moment)
    elif detail.state is DeliveryState.FAILED:
        fail_delivery(row, detail.code, "", provider, moment=moment)
    else:
        _ask_later(row, moment)


def _not_there(row: Outbox, moment: datetime) -> None:
    assert row.claimed_at is not None
    settle_seconds = row.plan.account.settle_seconds
    if row.state != OutboxState.UNKNOWN or not retry.is_settled(row.claimed_at, moment, settle_seconds):
        _ask_later(row, moment)
        return
    touches.release({row.fragment_id: row.claimed_at})
    if row.tries + 1 >= retry.MAX_TRIES:
        transitions.mark_failed([row], reason=Reason.GAVE_UP, detail=row.detail, moment=moment)
    else:
        transitions.put_back([row], reason=Reason.NOT_FOUND, detail=row.detail, due_at=moment, tries=1)


def _ask_later(row: Outbox, moment: datetime) -> None:
    """The next question comes later than the last; for an unknown message not before the records are settled."""
    ask_at = retry.ask_at(row.asks + 1, moment)
    Outbox.objects.filter(pk=row.pk).update(ask_at=ask_at, asks=row.asks + 1)


def fail_delivery(row: Outbox, code: str, message: str, provider: str, *, moment: datetime) -> None:
    """A carrier reports that a message did not arrive; what its code says about the person is remembered."""
    fault, permanent = PROVIDERS.get(provider).receipt_fault(code)
    detail = f"{code} {message}".strip()
    reason = suppressions.reason_for(fault, permanent=permanent) or Reason.UNDELIVERED
    transitions.mark_failed([row], reason=reason, detail=detail, moment=moment)
    suppressions.learn([row], fault, permanent=permanent, detail=detail, moment=moment)

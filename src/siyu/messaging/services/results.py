"""What came of a batch: accepted, refused, unknown; and what the provider's records say about unknown ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import F, Q
from django.utils.translation import gettext_noop as _

from siyu.eventlog import records
from siyu.kernel import clock
from siyu.kernel.failpoints import failpoint
from siyu.messaging.contracts import OutboxState, PlanState, Reason
from siyu.messaging.models import Outbox, Plan, SendBatch, SmsAccount
from siyu.messaging.providers.base import Fault, Ok, Rejected, Result, Unknown
from siyu.messaging.rules import retry
from siyu.messaging.services import suppressions, touches, transitions
from siyu.messaging.services.claiming import Claim

# States of a row whose batch may still be answered: a receipt may have overtaken the answer.
_OPEN = (OutboxState.CLAIMED, OutboxState.UNKNOWN)
TEXT_REFUSED = _("The provider refused the text for several customers one after another. The plan is stopped.")
_REASONS = {Fault.RATE: Reason.RATE, Fault.ACCOUNT: Reason.ACCOUNT, Fault.PROVIDER: Reason.PROVIDER}
# What the account as a whole suffers from; single messages are not to blame.
_ACCOUNT_FAULTS = frozenset({Fault.ACCOUNT, Fault.PROVIDER})


def record_results(claim: Claim, results: Sequence[Result]) -> None:
    """Writes what the provider answered for a claimed batch. Late answers are welcome: they settle unknown rows."""
    assert claim.batch_id is not None
    moment = clock.now()
    with records.transaction():
        batch = SendBatch.objects.select_for_update().select_related("account").get(pk=claim.batch_id)
        by_id = dict(zip(claim.outbox_ids, results, strict=True))
        rows = transitions.locked(Q(pk__in=claim.outbox_ids, batch_id=batch.pk), *_OPEN)
        for result in set(results):
            _record(batch, result, [row for row in rows if by_id[row.pk] == result], moment)
        failpoint("messaging.record.before_commit")


def _record(batch: SendBatch, result: Result, rows: Sequence[Outbox], moment: datetime) -> None:
    if isinstance(result, Ok):
        _close(batch, OutboxState.SENT, moment, biz_id=result.biz_id)
        transitions.mark_sent(rows, moment=moment)
        _account_works(batch)
        Plan.objects.filter(pk=batch.plan_id).exclude(content_refusals=0).update(content_refusals=0)
    elif isinstance(result, Unknown):
        _close(batch, OutboxState.UNKNOWN, moment, detail=result.reason)
        transitions.mark_unknown(rows, reason=Reason.NO_ANSWER, detail=result.reason, moment=moment)
    else:
        _close(batch, OutboxState.FAILED, moment, detail=f"{result.code} {result.message}")
        _record_rejected(batch, result, rows, moment)


def _record_rejected(batch: SendBatch, result: Rejected, rows: Sequence[Outbox], moment: datetime) -> None:
    """Certainly not sent. Account trouble rests the account; a refused batch is split; a single one bears its fault."""
    touches.release({row.fragment_id: row.claimed_at for row in rows if row.claimed_at})
    detail = f"{result.code} {result.message}".strip()
    if result.fault in _ACCOUNT_FAULTS and not result.permanent:
        until = _rest(batch.account, detail, moment)
        transitions.put_back(rows, reason=_REASONS[result.fault], detail=detail, due_at=until)
    elif not result.permanent:
        _try_again(rows, Reason.RATE, detail, moment)
    elif batch.size > 1:
        transitions.put_back(rows, reason=Reason.CONTENT, detail=detail, due_at=moment, alone=True)
    else:
        _fail_single(batch, result, rows, detail, moment)


def _fail_single(batch: SendBatch, result: Rejected, rows: Sequence[Outbox], detail: str, moment: datetime) -> None:
    reason = suppressions.reason_for(result.fault, permanent=True) or Reason.CONTENT
    transitions.mark_failed(rows, reason=reason, detail=detail, moment=moment)
    suppressions.learn(rows, result.fault, permanent=True, detail=detail, moment=moment)
    if reason is Reason.CONTENT:
        Plan.objects.filter(pk=batch.plan_id).update(content_refusals=F("content_refusals") + 1)
        Plan.objects.filter(
            pk=batch.plan_id,
            content_refusals__gte=retry.MAX_CONTENT_REFUSALS,
            state__in=[PlanState.LAUNCHING, PlanState.RUNNING],
        ).update(state=PlanState.STOPPED, problem=TEXT_REFUSED)


def _try_again(rows: Sequence[Outbox], reason: Reason, detail: str, moment: datetime) -> None:
    """Counts a try; whoever has used them all up has failed."""
    spent = [row for row in rows if row.tries + 1 >= retry.MAX_TRIES]
    transitions.mark_failed(spent, reason=Reason.GAVE_UP, detail=detail, moment=moment)
    for tries in {row.tries for row in rows} - {row.tries for row in spent}:
        group = [row for row in rows if row.tries == tries]
        due_at = retry.retry_at(tries + 1, moment)
        transitions.put_back(group, reason=reason, detail=detail, due_at=due_at, tries=1)


def _rest(account: SmsAccount, detail: str, moment: datetime) -> datetime:
    """Rests the account, longer with every failure in a row; its problem is shown until a send succeeds."""
    until = retry.pause_until(account.failures_in_row + 1, moment)
    SmsAccount.objects.filter(pk=account.pk).update(
        paused_until=until, failures_in_row=F("failures_in_row") + 1, problem=detail[:300]
    )
    return until


def rest_account(*, account_id: int, problem: str) -> int:
    """Rests an account that cannot send at all, before anything of it is claimed; returns 0, nothing was done."""
    with records.transaction():
        account = SmsAccount.objects.select_for_update().get(pk=account_id)
        _rest(account, problem, clock.now())
    return 0


def _account_works(batch: SendBatch) -> None:
    SmsAccount.objects.filter(pk=batch.account_id).exclude(failures_in_row=0, problem="").update(
        failures_in_row=0, paused_until=None, problem=""
    )


def _close(batch: SendBatch, state: OutboxState, moment: datetime, *, biz_id: str = "", detail: str = "") -> None:
    SendBatch.objects.filter(pk=batch.pk).update(
        state=state, lease_until=None, answered_at=moment, biz_id=biz_id or batch.biz_id, detail=detail[:300]
    )


def expire_leases() -> int:
    """Batches whose sender died between claim and record become unknown; returns how many messages that are.

    Nobody can know whether the request left the machine, so they are looked up and never just sent again.
    """
    moment = clock.now()
    expired = list(SendBatch.objects.filter(lease_until__lt=moment).values_list("pk", flat=True)[:10])
    return sum(_expire(batch_id, moment) for batch_id in expired)


def _expire(batch_id: int, moment: datetime) -> int:
    with records.transaction():
        batch = SendBatch.objects.select_for_update().filter(pk=batch_id, lease_until__lt=moment).first()
        if batch is None:
            return 0
        rows = transitions.locked(Q(batch_id=batch_id), OutboxState.CLAIMED)
        failpoint("messaging.expire.before_close")
        _close(batch, OutboxState.UNKNOWN, moment, detail="the sender ended before it could record the answer")
        transitions.mark_unknown(rows, reason=Reason.INTERRUPTED, detail="", moment=moment)
        return len(rows)

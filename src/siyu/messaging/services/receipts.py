"""What comes back: delivery receipts, replies, first clicks. Each may come twice, late, early, or never."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from django.db.models import Q

from siyu.customers import queries as customers
from siyu.eventlog import records
from siyu.kernel import clock
from siyu.messaging.contracts import OutboxState
from siyu.messaging.models import Outbox, SendBatch
from siyu.messaging.providers.base import Callback, DeliveryState, Receipt, Reply
from siyu.messaging.queries.recipients import unique_key
from siyu.messaging.services import answers, suppressions, transitions
from siyu.org.contracts import SYSTEM

log = logging.getLogger(__name__)
# A provider's times have whole seconds: a consent given within that second was given before the reply.
REPLY_GRAIN = timedelta(seconds=1)
_UNSETTLED = (
    OutboxState.QUEUED, OutboxState.HELD, OutboxState.CLAIMED, OutboxState.UNKNOWN, OutboxState.SENT
)  # fmt: skip


@dataclass(frozen=True)
class Received:
    """A callback with when and under which trace it came in."""

    callback: Callback
    provider: str
    received_at: datetime
    trace_id: str


def record_callbacks(received: Sequence[Received]) -> None:
    """Takes callbacks over, in the caller's transaction. Repeats change nothing; what fits no message is logged."""
    phones = {receipt.phone_e164 for one in received for receipt in one.callback.receipts}
    phones |= {reply.phone_e164 for one in received for reply in one.callback.replies}
    fragments = customers.by_phone(SYSTEM, phones)
    for provider in sorted({one.provider for one in received}):
        mine = [one for one in received if one.provider == provider]
        _record_receipts([receipt for one in mine for receipt in one.callback.receipts], fragments, provider)
    for one in received:
        for reply in one.callback.replies:
            _record_reply(reply, fragments.get(reply.phone_e164), one)
        for problem in one.callback.problems:
            log.error("an item of a callback cannot be read: %s", problem)


def _record_receipts(receipts: Sequence[Receipt], fragments: Mapping[str, int], provider: str) -> None:
    batches = _batches(receipts)
    wanted: dict[str, tuple[Receipt, SendBatch]] = {}
    for receipt in receipts:
        batch = batches.get(receipt.out_id) or batches.get(receipt.biz_id)
        fragment_id = fragments.get(receipt.phone_e164)
        if batch is None or fragment_id is None:
            log.warning("a receipt for batch %s (%s) fits no message", receipt.out_id, receipt.biz_id)
        elif receipt.state is not DeliveryState.UNKNOWN:
            wanted.setdefault(unique_key(batch.plan_id, fragment_id), (receipt, batch))
    rows = transitions.locked(Q(unique_key__in=list(wanted)), *_UNSETTLED)
    _settle([(row, *wanted[row.unique_key]) for row in rows], provider)


def _batches(receipts: Sequence[Receipt]) -> dict[str, SendBatch]:
    """Batches by our number, which is known before the answer, and by the provider's, which may be all we get."""
    out_ids = [receipt.out_id for receipt in receipts if receipt.out_id]
    biz_ids = [receipt.biz_id for receipt in receipts if not receipt.out_id]
    found: dict[str, SendBatch] = {}
    for chunk in records.chunked(sorted({*out_ids, *biz_ids}), records.MAX_IN_VALUES):
        for batch in SendBatch.objects.filter(Q(out_id__in=chunk) | Q(biz_id__in=chunk)):
            found |= {number: batch for number in (batch.biz_id, batch.out_id) if number}
    return found


def _settle(reported: Sequence[tuple[Outbox, Receipt, SendBatch]], provider: str) -> None:
    """Settles messages. A report of an earlier try counts only if it says "delivered": the person has the message."""
    moment = clock.now()
    counting = [
        (row, receipt)
        for row, receipt, batch in reported
        if receipt.state is DeliveryState.DELIVERED or row.batch_id == batch.pk
    ]
    transitions.mark_sent([row for row, _ in counting if row.state != OutboxState.SENT], moment=moment)
    for row, receipt in counting:
        _correct_units(row, receipt, moment)
    delivered = [row for row, receipt in counting if receipt.state is DeliveryState.DELIVERED]
    transitions.mark_delivered(delivered, moment=moment)
    for row, receipt in counting:
        if receipt.state is DeliveryState.FAILED:
            answers.fail_delivery(row, receipt.code, receipt.message, provider, moment=moment)


def _correct_units(row: Outbox, receipt: Receipt, moment: datetime) -> None:
    """The bill counts what the provider counted."""
    more = receipt.sms_size - row.units
    if not receipt.sms_size or not more:
        return
    price_milli_fen = row.plan.account.price_milli_fen
    transitions.add_tally([row], moment, units=more, cost_milli_fen=more * price_milli_fen)
    row.units = receipt.sms_size
    Outbox.objects.filter(pk=row.pk).update(units=row.units, cost_milli_fen=row.units * price_milli_fen)


def _record_reply(reply: Reply, fragment_id: int | None, one: Received) -> None:
    if fragment_id is None:
        log.warning("reply %s comes from a number that nobody has", reply.sequence_id)
        return
    if reply.refuses:
        received_at = one.received_at
        at = min(received_at, reply.sent_at + REPLY_GRAIN) if reply.sent_at else received_at
        word = reply.content.strip().upper()
        suppressions.withdraw(fragment_id, at=at, evidence=f"SMS reply “{word}”", trace_id=one.trace_id)


def record_clicks(clicks: Sequence[tuple[str, int, datetime]]) -> None:
    """Marks the first click of each recipient, from (purpose, fragment, at), in the caller's transaction."""
    first: dict[str, datetime] = {}
    for purpose, fragment_id, at in clicks:
        key = f"{purpose}:{fragment_id}"
        first[key] = min(at, first.get(key, at))
    found = Outbox.objects.select_for_update().filter(unique_key__in=list(first), clicked_at=None).order_by("pk")
    rows = list(found)
    transitions.write_each([(records.db_moment(first[row.unique_key]), row.pk) for row in rows], ("clicked_at",))
    by_time = sorted(rows, key=lambda row: first[row.unique_key])
    for hour, group in groupby(by_time, lambda row: _hour(first[row.unique_key])):
        transitions.add_tally(list(group), hour, clicked=1)


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)

"""Every change of a message's state: row, event and tally in one place, so that they cannot disagree.

All of it happens in the caller's transaction; the caller holds the rows (`locked`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import F, Q

from siyu.eventlog import records
from siyu.eventlog.contracts import NewEvent
from siyu.eventlog.services import publish
from siyu.kernel.clock import to_millis
from siyu.kernel.failpoints import failpoint
from siyu.messaging import events
from siyu.messaging.contracts import OutboxState, Reason
from siyu.messaging.models import Outbox
from siyu.messaging.queries.facts import SMS
from siyu.messaging.rules import retry

MILLIS_PER_HOUR = 3_600_000
SOURCE = "messaging"
# Characters kept of what a provider said.
DETAIL_CHARS = 200


def locked(condition: Q, *states: OutboxState) -> list[Outbox]:
    """The rows that meet the condition and are still in one of `states`, held until the transaction ends."""
    found = Outbox.objects.select_related("plan__account", "batch").filter(condition, state__in=states).order_by("pk")
    return list(found.select_for_update(of=("self",)))


def mark_sent(rows: Sequence[Outbox], *, moment: datetime) -> None:
    """The provider has taken these messages. Their receipt is waited for, then asked for."""
    _update(rows, state=OutboxState.SENT, reason="", detail="", sent_at=moment, due_at=None,
            ask_at=receipt_due_at(moment), asks=0)  # fmt: skip
    for row in rows:
        row.state = OutboxState.SENT
    failpoint("messaging.sent.before_publish")
    _publish(events.SENT, rows, moment, lambda row: {"units": row.units})
    add_tally(rows, moment, sent=1, units=lambda row: row.units, cost_milli_fen=lambda row: row.cost_milli_fen)


def receipt_due_at(moment: datetime) -> datetime:
    """When to ask for a receipt that has not come."""
    return moment + timedelta(seconds=retry.RECEIPT_WAIT_SECONDS)


def mark_delivered(rows: Sequence[Outbox], *, moment: datetime) -> None:
    _update(rows, state=OutboxState.DELIVERED, reason="", detail="", settled_at=moment, due_at=None, ask_at=None)
    failpoint("messaging.delivered.before_publish")
    _publish(events.DELIVERED, rows, moment, lambda row: {"units": row.units})
    add_tally(rows, moment, delivered=1)


def mark_failed(rows: Sequence[Outbox], *, reason: Reason, detail: str, moment: datetime) -> None:
    """Nobody got these messages and nobody will."""
    _update(rows, state=OutboxState.FAILED, reason=reason, detail=detail[:DETAIL_CHARS], settled_at=moment,
            due_at=None, ask_at=None)  # fmt: skip
    _publish(events.FAILED, rows, moment, lambda row: {"reason": reason.value, "detail": detail[:DETAIL_CHARS]})
    add_tally(rows, moment, failed=1)


def mark_suppressed(rows: Sequence[Outbox], *, reason: Reason, moment: datetime) -> None:
    """The policy refused these messages; the reason stays with them."""
    _update(rows, state=OutboxState.SUPPRESSED, reason=reason, settled_at=moment, due_at=None)
    publish(
        [
            suppressed_event(
                outbox_id=row.pk, plan_id=row.plan_id, fragment_id=row.fragment_id, trace_id=row.trace_id,
                reason=reason, moment=moment,
            )
            for row in rows
        ]
    )  # fmt: skip


def suppressed_event(
    *, outbox_id: int, plan_id: int, fragment_id: int, trace_id: str, reason: Reason, moment: datetime
) -> NewEvent:
    body = {"plan_id": plan_id, "channel": SMS, "object_id": outbox_id, "reason": reason.value}
    return NewEvent(events.SUPPRESSED, moment, body, fragment_id, source=SOURCE, trace_id=trace_id)


def hold(rows: Sequence[Outbox], *, reason: Reason, due_at: datetime) -> None:
    """Keeps messages until `due_at`; nothing is reserved for them."""
    _update(rows, state=OutboxState.HELD, reason=reason, due_at=due_at)


def put_back(
    rows: Sequence[Outbox], *, reason: Reason, detail: str, due_at: datetime, tries: int = 0, alone: bool | None = None
) -> None:
    """Queues messages again that were certainly not sent; `tries` more are counted against them."""
    more = {} if alone is None else {"alone": alone}
    _update(rows, state=OutboxState.QUEUED, reason=reason, detail=detail[:DETAIL_CHARS], due_at=due_at,
            ask_at=None, batch_id=None, tries=F("tries") + tries, **more)  # fmt: skip


def mark_unknown(rows: Sequence[Outbox], *, reason: Reason, detail: str, moment: datetime) -> None:
    """Perhaps sent: from here only the provider's records or a receipt can tell."""
    _update(rows, state=OutboxState.UNKNOWN, reason=reason, detail=detail[:DETAIL_CHARS],
            ask_at=retry.ask_at(0, moment), asks=0)  # fmt: skip


def add_tally(rows: Sequence[Outbox], moment: datetime, **counts: Any) -> None:
    """Adds to the hour's counts of each plan: a number per row, or what a function says of the row."""
    sums: dict[int, Counter[str]] = {}
    for row in rows:
        tally = sums.setdefault(row.plan_id, Counter())
        for name, value in counts.items():
            tally[name] += value(row) if callable(value) else value
    names = sorted(counts)
    hour = to_millis(moment) // MILLIS_PER_HOUR
    columns = ("sent", "delivered", "failed", "clicked", "units", "cost_milli_fen")
    records.bulk_upsert(
        "messaging_planhour",
        ("plan_id", "hour", *columns),
        [(plan_id, hour, *(tally[column] for column in columns)) for plan_id, tally in sums.items()],
        key=("plan_id", "hour"),
        update=dict.fromkeys(names, records.Merge.ADD),
    )


def write_each(rows: Sequence[tuple[Any, ...]], columns: Sequence[str]) -> None:
    """Different values per row, the row's id last, in one round trip."""
    assignments = ", ".join(f"{column} = %s" for column in columns)
    with connection.cursor() as cursor:
        cursor.executemany(f"UPDATE messaging_outbox SET {assignments} WHERE id = %s", rows)


def _update(rows: Sequence[Outbox], **values: Any) -> None:
    for chunk in records.chunked([row.pk for row in rows], records.MAX_IN_VALUES):
        Outbox.objects.filter(pk__in=chunk).update(**values)


def _publish(name: str, rows: Sequence[Outbox], moment: datetime, more: Any) -> None:
    publish(
        [
            NewEvent(
                name=name,
                occurred_at=moment,
                body={"plan_id": row.plan_id, "channel": SMS, "object_id": row.pk, **more(row)},
                fragment_id=row.fragment_id,
                # A message is sent once per try and settled once: a repeat would be a bug and must not count twice.
                message_id=f"{row.pk}:{row.tries}",
                source=SOURCE,
                trace_id=row.trace_id,
            )
            for row in rows
        ]
    )

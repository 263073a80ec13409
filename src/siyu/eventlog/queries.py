"""Reads of `eventlog`: the log below its horizon, lag, parked events, jobs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.db import connection

from siyu.eventlog import records, registries
from siyu.eventlog.contracts import JobState, JobView, ParkedView, Position, StoredEvent, SubscriberLag
from siyu.eventlog.models import Cursor, Event, Job, Parked
from siyu.kernel import clock
from siyu.kernel.errors import NotFound

_COLUMNS = "xid, id, name, fragment_id, occurred_at_ms, recorded_at_ms, body, source, trace_id"
# A sequence number is not an order: a transaction with a smaller id may commit later. Below the snapshot's xmin
# every transaction has ended, so rows in (xid, id) order can only be added above it.
_READ_POSTGRES = (
    f"SELECT {_COLUMNS} FROM eventlog_event WHERE (xid, id) > (%s, %s) "
    "AND xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint ORDER BY xid, id LIMIT %s"
)
# SQLite has one writer at a time, so rowids appear in commit order.
_READ_SQLITE = f"SELECT {_COLUMNS} FROM eventlog_event WHERE id > %s ORDER BY id LIMIT %s"


def read(after: Position, limit: int) -> list[StoredEvent]:
    """The next events after a position, in log order, at most `limit`; never one that a later read would precede."""
    with connection.cursor() as cursor:
        if records.is_postgres():
            cursor.execute(_READ_POSTGRES, [after.xid, after.id, limit])
        else:
            cursor.execute(_READ_SQLITE, [after.id, limit])
        return [StoredEvent._make(row) for row in cursor.fetchall()]


def read_range(after: Position, upto: Position) -> list[StoredEvent]:
    """Exactly the events in (after, upto]: what a persisted shipment is re-sent from."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_COLUMNS} FROM eventlog_event "
            "WHERE (xid, id) > (%s, %s) AND (xid, id) <= (%s, %s) ORDER BY xid, id",
            [after.xid, after.id, upto.xid, upto.id],
        )
        return [StoredEvent._make(row) for row in cursor.fetchall()]


def head() -> Position:
    """The position of the last event that `read` would give now."""
    condition = "WHERE xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint" if records.is_postgres() else ""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT xid, id FROM eventlog_event {condition} ORDER BY xid DESC, id DESC LIMIT 1")
        row = cursor.fetchone()
    return Position(*row) if row else Position(0, 0)


def last_committed() -> Position:
    """The position of the last event that is committed, readable or not: who waits for "everything" waits for this."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT xid, id FROM eventlog_event ORDER BY xid DESC, id DESC LIMIT 1")
        row = cursor.fetchone()
    return Position(*row) if row else Position(0, 0)


def events_of(fragment_ids: Sequence[int], *, before: tuple[int, int] | None, limit: int) -> list[StoredEvent]:
    """A person's events, newest first, before (occurred_at_ms, id) if given. The caller has checked the scope."""
    if not fragment_ids:
        return []
    places = ", ".join(["%s"] * len(fragment_ids))
    after = "AND (occurred_at_ms, id) < (%s, %s)" if before else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_COLUMNS} FROM eventlog_event WHERE fragment_id IN ({places}) {after} "
            "ORDER BY occurred_at_ms DESC, id DESC LIMIT %s",
            [*fragment_ids, *(before or ()), limit],
        )
        return [StoredEvent._make(row) for row in cursor.fetchall()]


def lag() -> list[SubscriberLag]:
    """How far each registered subscriber is behind the head of the log."""
    cursors = {row.name: row for row in Cursor.objects.all()}
    parked = _parked_counts()
    found = []
    for subscriber in registries.SUBSCRIBERS:
        row = cursors.get(subscriber.name)
        position = Position(row.xid, row.event_id) if row else Position(0, 0)
        waiting, oldest_ms = _waiting_after(position)
        age_ms = max(0, clock.to_millis(clock.now()) - oldest_ms) if oldest_ms else 0
        found.append(
            SubscriberLag(subscriber.name, waiting, age_ms, parked.get(subscriber.name, 0), row.error if row else "")
        )
    return found


def _waiting_after(position: Position) -> tuple[int, int | None]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), min(recorded_at_ms) FROM eventlog_event WHERE (xid, id) > (%s, %s)",
            [position.xid, position.id],
        )
        count, oldest_ms = cursor.fetchone()
    return count, oldest_ms


def _parked_counts() -> dict[str, int]:
    counts: dict[str, int] = {}
    for name in Parked.objects.filter(settled_at=None).values_list("subscriber", flat=True):
        counts[name] = counts.get(name, 0) + 1
    return counts


def parked(limit: int = 100) -> list[ParkedView]:
    """Events that were set aside and not settled, oldest first."""
    rows = list(Parked.objects.filter(settled_at=None).order_by("pk")[:limit])
    names = dict(Event.objects.filter(pk__in=[row.event_id for row in rows]).values_list("pk", "name"))
    return [
        ParkedView(row.pk, row.subscriber, row.event_id, names.get(row.event_id, ""), row.error, row.parked_at)
        for row in rows
    ]


def cursor_position(subscriber: str) -> Position:
    row = Cursor.objects.filter(name=subscriber).first()
    return Position(row.xid, row.event_id) if row else Position(0, 0)


def event_count() -> int:
    return Event.objects.count()


def oldest_transaction_seconds() -> float:
    """Age of the oldest open transaction that holds the horizon back; 0 on SQLite, where there is none to hold.

    Of the whole server: a snapshot sees the running transactions of every database.
    """
    if not records.is_postgres():
        return 0.0
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0) FROM pg_stat_activity "
            "WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid()"
        )
        return float(cursor.fetchone()[0])


def job(job_id: int, *, created_by: int | None = None) -> JobView:
    """One job; NotFound if there is none with this id, or if somebody else than `created_by` started it."""
    row = Job.objects.filter(pk=job_id).first()
    if row is None or created_by not in (None, row.created_by):
        raise NotFound()
    return _view(row)


def jobs(
    *,
    kind: str | None = None,
    open_only: bool = False,
    before_id: int | None = None,
    limit: int = 50,
    created_by: int | None = None,
) -> list[JobView]:
    """Jobs, newest first; those of one member of staff, or everybody's."""
    found = Job.objects.order_by("-pk")
    if created_by is not None:
        found = found.filter(created_by=created_by)
    if kind:
        found = found.filter(kind=kind)
    if open_only:
        found = found.filter(state__in=[JobState.QUEUED, JobState.RUNNING])
    if before_id is not None:
        found = found.filter(pk__lt=before_id)
    return [_view(row) for row in found[:limit]]


def is_job_running() -> bool:
    """Whether background work is being done now (or its worker has just died)."""
    return Job.objects.filter(state=JobState.RUNNING).exists()


def open_job_count(*, created_by: int | None = None) -> int:
    """Jobs that wait or run."""
    found = Job.objects.filter(state__in=[JobState.QUEUED, JobState.RUNNING])
    return (found if created_by is None else found.filter(created_by=created_by)).count()


def _view(row: Job) -> JobView:
    rate = seconds_left = None
    if row.started_at and row.done:
        until = row.finished_at or clock.now()
        spent = max((until - row.started_at).total_seconds(), 1e-3)
        rate = row.done / spent
        if row.state == JobState.RUNNING and row.total:
            seconds_left = max(0.0, (row.total - row.done) / rate)
    result: Any = json.loads(row.result_json) if row.result_json else None
    return JobView(
        id=row.pk,
        kind=row.kind,
        state=JobState(row.state),
        args=json.loads(row.args_json),
        done=row.done,
        total=row.total,
        note=row.note,
        rate_per_s=rate,
        seconds_left=seconds_left,
        result=result,
        error=row.error,
        cancel_asked=row.cancel_asked,
        attempts=row.attempts,
        trace_id=row.trace_id,
        created_by=row.created_by,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )

"""Verbs of `eventlog`: publish, park and re-drive, start and cancel jobs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from siyu.eventlog import records, registries
from siyu.eventlog.contracts import BodyTooLarge, JobState, NewEvent, UnknownEvent
from siyu.eventlog.models import Job, Parked
from siyu.kernel import clock, ids, limits
from siyu.kernel.errors import NotFound

EVENT_COLUMNS = (
    "name", "fragment_id", "occurred_at_ms", "recorded_at_ms", "dedupe_key", "source", "trace_id", "body",
)  # fmt: skip
_PUBLISH_POSTGRES = (
    "INSERT INTO eventlog_event (xid, {columns}) SELECT pg_current_xact_id()::text::bigint, * FROM unnest("
    "%s::text[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bytea[], %s::text[], %s::text[], %s::text[]) "
    "ON CONFLICT (dedupe_key) DO NOTHING"
)

# Made once: `json.dumps` makes one for each call that asks for more than its defaults.
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def publish(events: Sequence[NewEvent]) -> int:
    """Appends facts to the log in this order; returns how many were new (known message ids are skipped).

    Only inside `records.transaction()`: the fact and what it tells of are written together or not at all.
    """
    if not records.in_transaction():
        raise RuntimeError("publish() belongs inside the transaction of the change that it tells of")
    if not events:
        return 0
    recorded_at_ms = clock.to_millis(clock.now())
    rows = [_row(event, recorded_at_ms) for event in events]
    if records.is_postgres():
        columns = [list(column) for column in zip(*rows, strict=True)]
        with connection.cursor() as cursor:
            cursor.execute(_PUBLISH_POSTGRES.format(columns=", ".join(EVENT_COLUMNS)), columns)
            written = int(cursor.rowcount)
        records.wake()
        return written
    return records.bulk_insert(
        "eventlog_event", ("xid", *EVENT_COLUMNS), [(0, *row) for row in rows], ignore_conflicts=True
    )


def _row(event: NewEvent, recorded_at_ms: int) -> tuple[Any, ...]:
    if event.name not in registries.EVENTS:
        raise UnknownEvent(name=event.name)
    body = _encode(event.body)
    if len(body) > limits.EVENT_BODY_BYTES:
        raise BodyTooLarge(name=event.name, size=len(body), limit=limits.EVENT_BODY_BYTES)
    dedupe_key = ids.digest16(event.name, event.message_id) if event.message_id else None
    return (
        event.name,
        event.fragment_id,
        clock.to_millis(event.occurred_at),
        recorded_at_ms,
        dedupe_key,
        event.source,
        event.trace_id,
        body,
    )


def redrive(*, parked_id: int) -> None:
    """Hands a parked event to its subscriber again; it stays parked if it fails again."""
    from siyu.eventlog import runner  # the runner calls services; asked for at call time to keep the arrow one way

    runner.redrive(parked_id)


def dismiss(*, parked_id: int) -> None:
    """Gives a parked event up: it stays in the log, the subscriber never sees it."""
    if not Parked.objects.filter(pk=parked_id, settled_at=None).update(settled_at=clock.now()):
        raise NotFound()


def start_job(
    *,
    kind: str,
    args: Mapping[str, Any] | None = None,
    unique_key: str | None = None,
    created_by: int | None = None,
    trace_id: str = "",
    due_at: datetime | None = None,
) -> int:
    """Queues background work and returns its id; with a `unique_key` known already, the id of the job that has it."""
    registries.JOBS.get(kind)
    moment = clock.now()
    with records.transaction():
        if unique_key is not None:
            known = Job.objects.filter(unique_key=unique_key).values_list("pk", flat=True).first()
            if known is not None:
                return known
        job, _ = Job.objects.get_or_create(
            unique_key=unique_key if unique_key is not None else f"job:{ids.new_trace_id()}",
            defaults={
                "kind": kind,
                "args_json": json.dumps(dict(args or {}), ensure_ascii=False),
                "trace_id": trace_id or ids.new_trace_id(),
                "created_by": created_by,
                "created_at": moment,
                "due_at": due_at or moment,
            },
        )
        records.wake()
        return job.pk


def cancel_job(*, job_id: int) -> None:
    """Asks a job to stop. A queued one ends at once; a running one at its next step; a finished one stays as it is."""
    with records.transaction():
        moment = clock.now()
        ended = Job.objects.filter(pk=job_id, state=JobState.QUEUED).update(
            state=JobState.CANCELLED, cancel_asked=True, finished_at=moment
        )
        if not ended and not Job.objects.filter(pk=job_id).update(cancel_asked=True):
            raise NotFound()


def retry_job(*, job_id: int) -> None:
    """Queues a failed or cancelled job again; it resumes from the state that it had saved."""
    with records.transaction():
        changed = Job.objects.filter(pk=job_id, state__in=[JobState.FAILED, JobState.CANCELLED]).update(
            state=JobState.QUEUED, cancel_asked=False, error="", started_at=None, finished_at=None, due_at=clock.now(),
            attempts=0,
        )
        if not changed:
            raise NotFound()
        records.wake()

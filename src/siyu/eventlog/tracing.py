"""The log's own hops in a trace (`siyu trace ID`)."""

from __future__ import annotations

from siyu.eventlog.contracts import TraceRow
from siyu.eventlog.models import Event, Job
from siyu.kernel import clock

# A trace of an import covers every event of its rows; people read the first ones.
MAX_ROWS = 200


def events_and_jobs(trace_id: str) -> list[TraceRow]:
    """Jobs and events that carry the trace id, oldest first."""
    rows = [
        TraceRow(job.created_at, "eventlog.job", f"{job.kind} {job.state}", {"job_id": job.pk})
        for job in Job.objects.filter(trace_id=trace_id).order_by("pk")[:MAX_ROWS]
    ]
    rows += [
        TraceRow(
            clock.from_millis(event.recorded_at_ms),
            "eventlog.event",
            event.name,
            {"event_id": event.pk, "fragment_id": event.fragment_id, "source": event.source},
        )
        for event in Event.objects.filter(trace_id=trace_id).order_by("pk")[:MAX_ROWS]
    ]
    return rows

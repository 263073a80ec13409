"""The log as the current transaction sees it: on PostgreSQL `queries.read` rightly hides uncommitted events."""

from __future__ import annotations

from siyu.eventlog.contracts import StoredEvent
from siyu.eventlog.models import Event


def published() -> list[StoredEvent]:
    """Every event, this transaction's own included, by id."""
    rows = Event.objects.order_by("pk").values_list(
        "xid", "pk", "name", "fragment_id", "occurred_at_ms", "recorded_at_ms", "body", "source", "trace_id"
    )
    return [StoredEvent._make(row) for row in rows]

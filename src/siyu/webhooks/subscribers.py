"""From the log to deliveries: one row per event and endpoint that chose it, in the transaction of the cursor."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from siyu.eventlog import records
from siyu.eventlog.contracts import StoredEvent, Subscriber
from siyu.kernel import clock
from siyu.webhooks import rules
from siyu.webhooks.contracts import EndpointState
from siyu.webhooks.models import Endpoint

COLUMNS = ("endpoint_id", "message_id", "event", "body", "state", "attempts", "status", "answer", "problem",
           "duration_ms", "created_at", "due_at")  # fmt: skip


def queue_events(events: Sequence[StoredEvent]) -> None:
    """Writes what is to be sent. The same event again changes nothing."""
    moment = clock.now()
    endpoints = [
        (row.pk, json.loads(row.events_json))
        for row in Endpoint.objects.exclude(state=EndpointState.OFF).order_by("pk")
        if rules.collects(EndpointState(row.state), row.paused_at, moment)
    ]
    rows = [
        new_row(endpoint_id, f"evt-{event.id}-{endpoint_id}", event.name, document(event))
        for event in events
        for endpoint_id, names in endpoints
        if rules.wants(names, event.name)
    ]
    records.bulk_insert("webhooks_delivery", COLUMNS, rows, ignore_conflicts=True)


def new_row(endpoint_id: int, message_id: str, event: str, body: dict[str, Any]) -> tuple[Any, ...]:
    at = records.db_moment(clock.now())
    text = json.dumps({"id": message_id, **body}, ensure_ascii=False)
    return (endpoint_id, message_id, event, text, "waiting", 0, 0, "", "", 0, at, at)


def document(event: StoredEvent) -> dict[str, Any]:
    """What is sent of an event: ids and amounts, as the log has them; it carries no personal data."""
    return {
        "event": event.name,
        "occurred_at": event.occurred_at.isoformat(),
        "customer_id": event.fragment_id,
        "source": event.source,
        "trace_id": event.trace_id,
        "data": dict(event.body),
    }


EVENTS = Subscriber("webhooks", queue_events)

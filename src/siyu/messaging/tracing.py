"""The hops of `messaging` in a trace: plans, and messages from intent to click."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from siyu.eventlog.contracts import TraceRow
from siyu.messaging.models import Outbox, Plan


def plans_and_messages(trace_id: str) -> list[TraceRow]:
    """The plan, or the one message, that carries the trace id."""
    rows = [
        TraceRow(plan.created_at, "messaging.plan", f"{plan.name} {plan.state}", {"plan_id": plan.pk})
        for plan in Plan.objects.filter(trace_id=trace_id)
    ]
    for message in Outbox.objects.select_related("batch").filter(trace_id=trace_id):
        rows += _message_rows(message)
    return rows


def _message_rows(message: Outbox) -> list[TraceRow]:
    ids = {"outbox_id": message.pk, "plan_id": message.plan_id, "fragment_id": message.fragment_id}
    batch = {"out_id": message.batch.out_id, "biz_id": message.batch.biz_id} if message.batch else {}
    hops: tuple[tuple[datetime | None, str, dict[str, Any]], ...] = (
        (message.created_at, "entered", {}),
        (message.claimed_at, "claimed", batch),
        (message.sent_at, "sent", {"units": message.units}),
        (message.settled_at, message.state, {"reason": message.reason, "detail": message.detail}),
        (message.clicked_at, "clicked", {}),
    )
    return [TraceRow(at, "messaging.outbox", what, {**ids, **more}) for at, what, more in hops if at is not None]

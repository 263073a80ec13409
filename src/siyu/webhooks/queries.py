"""Reads of `webhooks`: endpoints and their deliveries, for viewers of the whole brand."""

from __future__ import annotations

import json
from datetime import datetime

from siyu.kernel.errors import NotAllowed, NotFound
from siyu.kernel.paging import MAX_PAGE_ROWS, Page, decode_cursor, encode_cursor
from siyu.org.contracts import Viewer
from siyu.webhooks.contracts import DeliveryState, DeliveryView, EndpointState, EndpointView
from siyu.webhooks.models import Delivery, Endpoint
from siyu.webhooks.permissions import WEBHOOKS_MANAGE


def check(viewer: Viewer) -> None:
    """NotAllowed unless the viewer may manage webhooks; events tell of the whole brand, so must the scope."""
    viewer.require(WEBHOOKS_MANAGE)
    if not viewer.all_customers:
        raise NotAllowed()


def endpoints(viewer: Viewer) -> list[EndpointView]:
    check(viewer)
    return [_endpoint(row) for row in Endpoint.objects.order_by("name")]


def endpoint(viewer: Viewer, endpoint_id: int) -> EndpointView:
    check(viewer)
    row = Endpoint.objects.filter(pk=endpoint_id).first()
    if row is None:
        raise NotFound()
    return _endpoint(row)


def deliveries(
    viewer: Viewer, endpoint_id: int, *, state: DeliveryState | None = None, cursor: str | None = None, limit: int = 50
) -> Page[DeliveryView]:
    """What was or will be sent to an endpoint, newest first."""
    endpoint(viewer, endpoint_id)
    size = min(limit, MAX_PAGE_ROWS)
    found = Delivery.objects.filter(endpoint_id=endpoint_id)
    if state is not None:
        found = found.filter(state=state)
    if cursor:
        found = found.filter(pk__lt=decode_cursor(cursor, int)[0])
    rows = list(found.order_by("-pk")[: size + 1])
    more = encode_cursor(rows[size - 1].pk) if len(rows) > size else None
    return Page([_delivery(row) for row in rows[:size]], more)


def delivery(viewer: Viewer, delivery_id: int) -> DeliveryView:
    check(viewer)
    row = Delivery.objects.filter(pk=delivery_id).first()
    if row is None:
        raise NotFound()
    return _delivery(row)


def waiting_since(viewer: Viewer, endpoint_id: int) -> datetime | None:
    """The moment of the oldest delivery that still waits."""
    check(viewer)
    waiting = Delivery.objects.filter(endpoint_id=endpoint_id, state=DeliveryState.WAITING)
    return waiting.order_by("due_at", "pk").values_list("created_at", flat=True).first()


def _endpoint(row: Endpoint) -> EndpointView:
    return EndpointView(
        id=row.pk,
        name=row.name,
        url=row.url,
        events=tuple(json.loads(row.events_json)),
        state=EndpointState(row.state),
        problem=row.problem,
        failing_since=row.failing_since,
        created_at=row.created_at,
        version=row.version,
    )


def _delivery(row: Delivery) -> DeliveryView:
    return DeliveryView(
        id=row.pk,
        endpoint_id=row.endpoint_id,
        message_id=row.message_id,
        event=row.event,
        state=DeliveryState(row.state),
        attempts=row.attempts,
        body=row.body,
        status=row.status,
        answer=row.answer,
        problem=row.problem,
        duration_ms=row.duration_ms,
        created_at=row.created_at,
        due_at=row.due_at,
        finished_at=row.finished_at,
    )

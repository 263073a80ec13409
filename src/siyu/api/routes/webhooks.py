"""Webhooks: endpoints, what was sent to them, and sending again."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router, Status

from siyu.api.authentication import needs, viewer
from siyu.api.schemas.paging import Cursor, Limit
from siyu.api.schemas.webhooks import (
    DeliveryOut,
    DeliveryPage,
    NewWebhookOut,
    ReplayIn,
    ReplayOut,
    WebhookChangeIn,
    WebhookIn,
    WebhookList,
    WebhookOut,
)
from siyu.webhooks import queries, services
from siyu.webhooks.contracts import DeliveryState
from siyu.webhooks.permissions import WEBHOOKS_MANAGE

router = Router()
State = Annotated[DeliveryState | None, Query(description="Only deliveries in this state.")]


@router.get("", response=WebhookList, auth=needs(WEBHOOKS_MANAGE))
def list_webhooks(request: HttpRequest) -> Any:
    """Every webhook, by name."""
    return {"items": queries.endpoints(viewer(request))}


@router.post("", response={201: NewWebhookOut}, auth=needs(WEBHOOKS_MANAGE))
def create_webhook(request: HttpRequest, body: WebhookIn) -> Any:
    """Make a webhook for events from now on. Its secret is told this once, so no idempotency key is taken."""
    return Status(201, services.create_endpoint(viewer=viewer(request), **body.model_dump()))


@router.get("/{int:webhook_id}", response=WebhookOut, auth=needs(WEBHOOKS_MANAGE))
def get_webhook(request: HttpRequest, webhook_id: int) -> Any:
    """One webhook."""
    return queries.endpoint(viewer(request), webhook_id)


@router.put("/{int:webhook_id}", response=WebhookOut, auth=needs(WEBHOOKS_MANAGE))
def change_webhook(request: HttpRequest, webhook_id: int, body: WebhookChangeIn) -> Any:
    """Change name, address and events."""
    services.change_endpoint(viewer=viewer(request), endpoint_id=webhook_id, **body.model_dump())
    return queries.endpoint(viewer(request), webhook_id)


@router.post("/{int:webhook_id}/on", response=WebhookOut, auth=needs(WEBHOOKS_MANAGE))
def switch_webhook_on(request: HttpRequest, webhook_id: int) -> Any:
    """Send again, after a pause or after it was off; what waited goes first."""
    services.switch_on(viewer=viewer(request), endpoint_id=webhook_id)
    return queries.endpoint(viewer(request), webhook_id)


@router.post("/{int:webhook_id}/off", response=WebhookOut, auth=needs(WEBHOOKS_MANAGE))
def switch_webhook_off(request: HttpRequest, webhook_id: int) -> Any:
    """Stop sending, and keep no more events for it."""
    services.switch_off(viewer=viewer(request), endpoint_id=webhook_id)
    return queries.endpoint(viewer(request), webhook_id)


@router.post("/{int:webhook_id}/secret", response=NewWebhookOut, auth=needs(WEBHOOKS_MANAGE))
def rotate_webhook_secret(request: HttpRequest, webhook_id: int) -> Any:
    """Renew the signing secret; it signs from the next attempt on."""
    return services.rotate_secret(viewer=viewer(request), endpoint_id=webhook_id)


@router.post("/{int:webhook_id}/ping", response={202: DeliveryOut}, auth=needs(WEBHOOKS_MANAGE))
def ping_webhook(request: HttpRequest, webhook_id: int) -> Any:
    """Queue a harmless message; read the delivery again to see what came of it."""
    delivery_id = services.ping(viewer=viewer(request), endpoint_id=webhook_id)
    return Status(202, queries.delivery(viewer(request), delivery_id))


@router.get("/{int:webhook_id}/deliveries", response=DeliveryPage, auth=needs(WEBHOOKS_MANAGE))
def list_webhook_deliveries(
    request: HttpRequest, webhook_id: int, state: State = None, cursor: Cursor = None, limit: Limit = 50
) -> Any:
    """What was or will be sent, newest first."""
    return queries.deliveries(viewer(request), webhook_id, state=state, cursor=cursor, limit=limit)


@router.post("/{int:webhook_id}/replay", response=ReplayOut, auth=needs(WEBHOOKS_MANAGE))
def replay_webhook_deliveries(request: HttpRequest, webhook_id: int, body: ReplayIn) -> Any:
    """Send again what was queued in a period; receivers tell repetitions by the message id."""
    return {"count": services.replay_range(viewer=viewer(request), endpoint_id=webhook_id, **body.model_dump())}


@router.get("/deliveries/{int:delivery_id}", response=DeliveryOut, auth=needs(WEBHOOKS_MANAGE))
def get_webhook_delivery(request: HttpRequest, delivery_id: int) -> Any:
    """One delivery with the receiver's answer."""
    return queries.delivery(viewer(request), delivery_id)


@router.post("/deliveries/{int:delivery_id}/replay", response=DeliveryOut, auth=needs(WEBHOOKS_MANAGE))
def replay_webhook_delivery(request: HttpRequest, delivery_id: int) -> Any:
    """Send one delivery again."""
    services.replay(viewer=viewer(request), delivery_id=delivery_id)
    return queries.delivery(viewer(request), delivery_id)

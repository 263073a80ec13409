"""Verbs of `webhooks`: make and change endpoints, switch them, try them, send again."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import F
from django.utils.translation import gettext_noop as _

from siyu.audit.contracts import Target
from siyu.eventlog import records
from siyu.eventlog.registries import EVENTS
from siyu.kernel import clock, ids
from siyu.kernel.errors import InvalidInput, NotFound, Outdated
from siyu.org import auditing
from siyu.org.contracts import Viewer
from siyu.webhooks import actions, transport
from siyu.webhooks.contracts import ALL_EVENTS, PING, DeliveryState, EndpointState, NewEndpoint
from siyu.webhooks.models import Delivery, Endpoint
from siyu.webhooks.queries import check
from siyu.webhooks.sealing import open_secret, seal_secret
from siyu.webhooks.subscribers import COLUMNS, new_row

SECRET_PREFIX = "whsec_"
# Each event is looked at once per endpoint.
MAX_ENDPOINTS = 50


def create_endpoint(*, viewer: Viewer, name: str, url: str, events: Iterable[str]) -> NewEndpoint:
    """A new endpoint for events from now on; its signing secret is told this once.

    InvalidInput for an address that can never be used; whether it is safe is checked at each attempt, too.
    """
    check(viewer)
    values = _values(name, url, events)
    secret = _secret()
    with records.transaction():
        if Endpoint.objects.count() >= MAX_ENDPOINTS:
            raise InvalidInput(reason=_("There are 50 webhooks already, which is the limit."))
        _check_free(values["name"], None)
        row = Endpoint.objects.create(
            **values, secret_sealed=seal_secret(secret), created_by=viewer.staff_id, created_at=clock.now()
        )
        auditing.record(viewer, actions.CREATED, _target(row), after=_fields(row))
    return NewEndpoint(row.pk, secret)


def change_endpoint(
    *, viewer: Viewer, endpoint_id: int, version: int, name: str, url: str, events: Iterable[str]
) -> None:
    """Changes where and what; what waits already goes to the new address. Outdated if it was changed meanwhile."""
    check(viewer)
    values = _values(name, url, events)
    with records.transaction():
        row = _row(endpoint_id)
        _check_free(values["name"], endpoint_id)
        changed = Endpoint.objects.filter(pk=endpoint_id, version=version).update(
            **values, version=F("version") + 1, rest_until=None
        )
        if not changed:
            raise Outdated()
        auditing.record(viewer, actions.CHANGED, _target(row), before=_fields(row), after=_fields(_row(endpoint_id)))


def switch_on(*, viewer: Viewer, endpoint_id: int) -> None:
    """Sends again, after a pause or after it was off; what waited goes first."""
    _switch(viewer, endpoint_id, EndpointState.ACTIVE)


def switch_off(*, viewer: Viewer, endpoint_id: int) -> None:
    """Stops sending and keeping events for it; what was sent stays in the list."""
    _switch(viewer, endpoint_id, EndpointState.OFF)


def _switch(viewer: Viewer, endpoint_id: int, state: EndpointState) -> None:
    check(viewer)
    with records.transaction():
        row = _row(endpoint_id)
        Endpoint.objects.filter(pk=endpoint_id).update(
            state=state, paused_at=None, problem="", failing_since=None, failure_count=0, rest_until=None,
            version=F("version") + 1,
        )  # fmt: skip
        auditing.record(viewer, actions.STATE, _target(row), before={"state": row.state}, after={"state": state})
        records.wake()


def rotate_secret(*, viewer: Viewer, endpoint_id: int) -> NewEndpoint:
    """A new signing secret, used from the next attempt on."""
    check(viewer)
    secret = _secret()
    with records.transaction():
        row = _row(endpoint_id)
        Endpoint.objects.filter(pk=endpoint_id).update(secret_sealed=seal_secret(secret), version=F("version") + 1)
        auditing.record(viewer, actions.ROTATED, _target(row))
    return NewEndpoint(row.pk, secret)


def ping(*, viewer: Viewer, endpoint_id: int) -> int:
    """Queues a harmless message, so that somebody sees whether it arrives; returns the delivery's id."""
    check(viewer)
    message_id = f"ping-{ids.new_trace_id()}"
    with records.transaction():
        row = _row(endpoint_id)
        body = {"event": PING, "occurred_at": clock.now().isoformat(), "data": {}}
        (delivery_id,) = records.bulk_insert_ids(
            "webhooks_delivery", COLUMNS, [new_row(row.pk, message_id, PING, body)]
        )
        auditing.record(viewer, actions.PINGED, _target(row))
        records.wake()
    return delivery_id


def replay(*, viewer: Viewer, delivery_id: int) -> None:
    """Sends one delivery again, with the same message id, whatever became of it."""
    check(viewer)
    with records.transaction():
        known = Delivery.objects.filter(pk=delivery_id).select_related("endpoint").first()
        if known is None:
            raise NotFound()
        _queue_again(viewer, known.endpoint, [delivery_id], {"message_id": known.message_id})


def replay_range(
    *, viewer: Viewer, endpoint_id: int, since: datetime, until: datetime, failed_only: bool = True
) -> int:
    """Sends again what was queued in [since, until): what failed, or all of it; returns how many."""
    check(viewer)
    if since >= until:
        raise InvalidInput(reason=_("The beginning must lie before the end."))
    states = [DeliveryState.FAILED] if failed_only else [DeliveryState.FAILED, DeliveryState.DONE]
    with records.transaction():
        row = _row(endpoint_id)
        found = Delivery.objects.filter(endpoint=row, state__in=states, created_at__gte=since, created_at__lt=until)
        delivery_ids = list(found.order_by("pk").values_list("pk", flat=True))
        told = {"since": since, "until": until, "failed_only": failed_only, "count": len(delivery_ids)}
        _queue_again(viewer, row, delivery_ids, told)
    return len(delivery_ids)


def _queue_again(viewer: Viewer, row: Endpoint, delivery_ids: list[int], told: dict[str, Any]) -> None:
    for chunk in records.chunked(delivery_ids, records.MAX_IN_VALUES):
        Delivery.objects.filter(pk__in=chunk).update(
            state=DeliveryState.WAITING, attempts=0, due_at=clock.now(), finished_at=None
        )
    auditing.record(viewer, actions.REPLAYED, _target(row), after=told)
    records.wake()


def secret_of(row: Endpoint) -> str:
    """The signing secret, for sending."""
    return open_secret(bytes(row.secret_sealed))


def _secret() -> str:
    return SECRET_PREFIX + secrets.token_urlsafe(32)


def _values(name: str, url: str, events: Iterable[str]) -> dict[str, str]:
    if not 1 <= len(name.strip()) <= 80:
        raise InvalidInput(reason=_("A name of 1 to 80 characters is needed."))
    transport.check_url(url.strip(), sandbox=settings.SIYU.sandbox)
    chosen = sorted(set(events))
    if not chosen:
        raise InvalidInput(reason=_("Choose at least one event."))
    if not set(chosen) <= {ALL_EVENTS, *EVENTS.names()}:
        raise InvalidInput(reason=_("An event is unknown. Reload the page and choose again."))
    return {"name": name.strip(), "url": url.strip(), "events_json": json.dumps(chosen)}


def _check_free(name: str, endpoint_id: int | None) -> None:
    if any(pk != endpoint_id for pk in Endpoint.objects.filter(name=name).values_list("pk", flat=True)):
        raise InvalidInput(reason=_("There is a webhook of this name already."))


def _row(endpoint_id: int) -> Endpoint:
    row = Endpoint.objects.filter(pk=endpoint_id).first()
    if row is None:
        raise NotFound()
    return row


def _target(row: Endpoint) -> Target:
    return Target(actions.ENDPOINT, row.pk, row.name)


def _fields(row: Endpoint) -> dict[str, Any]:
    return {"name": row.name, "url": row.url, "events": json.loads(row.events_json)}

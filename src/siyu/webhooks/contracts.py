"""What crosses the boundary of `webhooks`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from siyu.kernel.errors import SiyuError

PING = "siyu.ping"
# Chooses every event, those of later versions included.
ALL_EVENTS = "*"


class EndpointState(StrEnum):
    """`paused` by Siyu after long failure: events wait. `off` by a person: events are not kept for it."""

    ACTIVE = "active"
    PAUSED = "paused"
    OFF = "off"


class DeliveryState(StrEnum):
    """`waiting` also between attempts; `failed` when no attempt is left."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class EndpointView:
    """Where events go. `problem` says why it is paused or what its last attempt met."""

    id: int
    name: str
    url: str
    events: tuple[str, ...]
    state: EndpointState
    problem: str
    failing_since: datetime | None
    created_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """One event for one endpoint, with the answer to its last attempt (`status` 0 without one)."""

    id: int
    endpoint_id: int
    message_id: str
    event: str
    state: DeliveryState
    attempts: int
    body: str
    status: int
    answer: str
    problem: str
    duration_ms: int
    created_at: datetime
    due_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewEndpoint:
    """An endpoint's signing secret, told this once."""

    id: int
    secret: str


class UnsafeAddress(SiyuError):
    """Webhooks must not reach into the network that Siyu stands in."""

    code = "unsafe_address"
    status = 422
    message = "The address %(host)s is not on the public internet. Webhooks cannot be sent inside your own network."


class UnknownHost(SiyuError):
    code = "unknown_host"
    status = 422
    message = "The host %(host)s is not known. Check the address."

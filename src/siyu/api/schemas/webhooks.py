"""Webhooks and their deliveries."""

from __future__ import annotations

from datetime import datetime

from ninja import Field, Schema
from pydantic import AwareDatetime

from siyu.api.schemas.inputs import Input
from siyu.webhooks.contracts import DeliveryState, EndpointState


class WebhookOut(Schema):
    """`problem` says what the last attempt met, or why it is paused."""

    id: int
    name: str
    url: str
    events: list[str]
    state: EndpointState
    problem: str
    failing_since: datetime | None
    created_at: datetime
    version: int


class WebhookList(Schema):
    items: list[WebhookOut]


class NewWebhookOut(Schema):
    """`secret` signs every message and is told this once."""

    id: int
    secret: str


class DeliveryOut(Schema):
    """`status` and `answer` are what the receiver said to the last attempt; 0 if nothing."""

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


class DeliveryPage(Schema):
    items: list[DeliveryOut]
    next_cursor: str | None


class WebhookIn(Input):
    name: str = Field(min_length=1, max_length=80)
    url: str = Field(min_length=1, max_length=500, description="An https address on the public internet.")
    events: list[str] = Field(min_length=1, max_length=500, description="Names of events, or `*` for all.")


class WebhookChangeIn(WebhookIn):
    version: int = Field(ge=1, le=2**63 - 1, description="The version that was read.")


class ReplayIn(Input):
    since: AwareDatetime
    until: AwareDatetime = Field(description="Exclusive.")
    failed_only: bool = Field(True, description="Only what failed; otherwise also what arrived.")


class ReplayOut(Schema):
    count: int

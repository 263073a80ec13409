"""Customers. Phones are masked: programs that send go through plans, not through numbers."""

from __future__ import annotations

from datetime import datetime

from ninja import Schema


class CustomerOut(Schema):
    id: int
    display_name: str
    phone_masked: str
    member_no: str
    first_seen_at: datetime
    attributes: dict[str, str | float]


class CustomerList(Schema):
    items: list[CustomerOut]


class CustomerPage(Schema):
    items: list[CustomerOut]
    next_cursor: str | None


class ConsentOut(Schema):
    channel: str
    purpose: str
    granted: bool
    at: datetime
    evidence: str


class ConsentList(Schema):
    items: list[ConsentOut]


class TimelineEvent(Schema):
    """A fact of the log. `body` has the properties of its kind (see the events page of the catalogue)."""

    id: int
    name: str
    occurred_at: datetime
    body: dict[str, object]
    source: str
    trace_id: str


class TimelinePage(Schema):
    items: list[TimelineEvent]
    next_cursor: str | None

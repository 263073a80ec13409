"""What crosses the boundary of `links`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class LinkIn:
    """A link to be made: where it leads, for whom, and why (``plan:12``), which its clicks carry."""

    target_url: str
    fragment_id: int | None
    purpose: str
    trace_id: str


@dataclass(frozen=True, slots=True)
class Click:
    """One visit of a token, as the collector saw it. `message_id` is unique per visit."""

    token: str
    at: datetime
    message_id: str
    is_bot: bool
    agent: str

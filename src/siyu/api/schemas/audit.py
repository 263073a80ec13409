"""The audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ninja import Field, Schema
from pydantic import AwareDatetime

from siyu.audit.contracts import Filters, Via


class ActorOut(Schema):
    """Who acted: a member of staff, an API key, or neither for Siyu itself and the command line."""

    name: str
    via: Via
    staff_id: int | None
    key_id: int | None
    origin: str
    trace_id: str


class TargetOut(Schema):
    kind: str
    id: str
    label: str


class EntryOut(Schema):
    """`before` and `after` hold the fields that changed, with secrets and personal data masked."""

    id: int
    at: datetime
    action: str
    actor: ActorOut
    target: TargetOut
    before: dict[str, Any]
    after: dict[str, Any]


class EntryPage(Schema):
    """`searched_to` is set where a search by text stopped before the page was full."""

    items: list[EntryOut]
    next_cursor: str | None
    searched_to: datetime | None


class FiltersIn(Schema):
    """Which entries; what is left out filters nothing."""

    staff_id: int | None = Field(None, ge=1, le=2**63 - 1, description="Who acted.")
    via: Via | None = Field(None, description="Through what.")
    action: str = Field("", max_length=60, description="A verb, say `plan.launched`.")
    kind: str = Field("", max_length=40, description="Kind of object, say `plan`.")
    object_id: str = Field("", max_length=80, description="Id of the object; together with `kind`.")
    since: AwareDatetime | None = None
    until: AwareDatetime | None = Field(None, description="Exclusive.")
    text: str = Field("", max_length=200, description="Part of a name, an address or a value; or a trace id.")

    def understood(self) -> Filters:
        return Filters(
            staff_ids=None if self.staff_id is None else [self.staff_id],
            via=self.via or "",
            action=self.action,
            kind=self.kind,
            object_id=self.object_id,
            since=self.since,
            until=self.until,
            text=self.text,
        )

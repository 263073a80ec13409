"""Rules, counts and saved audiences. What a rule may ask stands in the catalogue of leaves."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext
from ninja import Field, Schema

from siyu.api.schemas.inputs import Input
from siyu.audiences.contracts import AsOf, AudienceState, AudienceView, CountResult, LeafKind, Preview, Problem
from siyu.kernel.errors import told


class RuleIn(Input):
    rule: dict[str, Any] = Field(description="A rule document; GET /audiences/leaves lists what it may ask.")
    as_of: date | None = Field(None, description="Count as at the end of this day of the brand; without, now.")


class SampleIn(RuleIn):
    count: int = Field(20, ge=1, le=100)
    seed: int = Field(1, description="The same seed gives the same customers while nothing changes.")


class FreshnessOut(Schema):
    """How much of what happened the answer knows."""

    shipped_until: datetime | None
    waiting_count: int
    is_complete: bool
    error: str


class CountOut(Schema):
    """`nodes` has the count of every group and condition by its path in the document."""

    count: int
    universe_count: int
    as_of: str
    freshness: FreshnessOut
    nodes: dict[str, int]

    @staticmethod
    def resolve_as_of(obj: CountResult) -> str:
        return str(obj.as_of)


class ProblemOut(Schema):
    where: str
    message: str

    @staticmethod
    def resolve_where(obj: Problem) -> str:
        return obj.path

    @staticmethod
    def resolve_message(obj: Problem) -> str:
        return obj.phrase.text(gettext)


class PreviewOut(Schema):
    """A rule that may be half-edited: what is complete is counted, what is not stands in `problems`."""

    total: int | None
    universe_count: int | None
    nodes: dict[str, int]
    problems: list[ProblemOut]
    as_of: str
    unavailable: str

    @staticmethod
    def resolve_as_of(obj: Preview) -> str:
        return as_text(obj.as_of)


def as_text(as_of: AsOf | None) -> str:
    return str(as_of) if as_of is not None else ""


class LeafFieldOut(Schema):
    name: str
    type: str
    label: str
    required: bool
    choices: list[str]

    @staticmethod
    def resolve_label(obj: Any) -> str:
        return gettext(obj.label)


class LeafOut(Schema):
    """A kind of condition with its parameters."""

    name: str
    label: str
    fields: list[LeafFieldOut]

    @staticmethod
    def resolve_label(obj: LeafKind) -> str:
        return gettext(obj.label)


class LeafList(Schema):
    items: list[LeafOut]


class AudienceIn(Input):
    name: str = Field(max_length=200)
    rule: dict[str, Any]


class AudienceChange(Input):
    """`version` is the one that the caller has seen: a change that somebody made since is not overwritten."""

    version: int
    name: str | None = Field(None, max_length=200)
    rule: dict[str, Any] | None = None


class AudienceOut(Schema):
    """`fresh_at` is the instant for which the membership was last known to be right."""

    id: int
    name: str
    state: AudienceState
    rule: dict[str, Any]
    version: int
    member_count: int
    fresh_at: datetime | None
    is_stale: bool
    is_live: bool
    error: str
    created_by: int | None
    created_at: datetime
    updated_at: datetime

    @staticmethod
    def resolve_error(obj: AudienceView) -> str:
        return told(obj.error, gettext)


class AudienceList(Schema):
    items: list[AudienceOut]

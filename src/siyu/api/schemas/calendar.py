"""The business calendar of a place."""

from __future__ import annotations

from datetime import date, datetime

from django.utils.translation import gettext
from ninja import Field, Schema

from siyu.api.schemas.inputs import Input
from siyu.org.contracts.calendar import DayView, HoursView, OwnDayKind, OwnDayView
from siyu.org.queries.calendar import spoken

SPANS = "Such as 09:00-12:00, 13:30-21:00; empty is closed."


class OwnDayIn(Input):
    day: date
    kind: OwnDayKind
    name: str = Field("", max_length=60)
    hours: str = Field("", max_length=80, description=f"Of an open day. {SPANS}")


class OwnDayOut(Schema):
    id: int
    node_id: int
    day: date
    kind: OwnDayKind
    name: str
    hours: str

    @staticmethod
    def resolve_hours(obj: OwnDayView) -> str:
        return spoken(obj.spans)


class DayOut(Schema):
    """`is_workday` is null where the public holidays of the year are not known."""

    day: date
    is_workday: bool | None
    holiday: str
    lunar: str
    hours: str
    own: list[OwnDayOut]

    @staticmethod
    def resolve_holiday(obj: DayView) -> str:
        return gettext(obj.public.name) if obj.public and obj.public.name else ""

    @staticmethod
    def resolve_lunar(obj: DayView) -> str:
        return f"{obj.lunar.month}{obj.lunar.day}" if obj.lunar else ""

    @staticmethod
    def resolve_hours(obj: DayView) -> str:
        return spoken(obj.spans)


class DayList(Schema):
    items: list[DayOut]


class HoursIn(Input):
    """A week from Monday; `version` is the one that the caller has seen, 0 for a place without hours of its own."""

    week: list[str] = Field(min_length=7, max_length=7, description=SPANS)
    closed_on_holidays: bool = False
    version: int = 0


class HoursOut(Schema):
    """`node_id` is the place that the hours come from; null: nobody has set any."""

    node_id: int | None
    week: list[str]
    closed_on_holidays: bool
    version: int

    @staticmethod
    def resolve_week(obj: HoursView) -> list[str]:
        return [spoken(spans) for spans in obj.week]


class OpenOut(Schema):
    """`next_open` is null if it does not open within a year; `is_certain` is false where holidays are unknown."""

    is_open: bool
    next_open: datetime | None
    is_certain: bool

"""What crosses the boundary of the business calendar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

# Opening and closing in minutes of the local day; 1440 is midnight at its end.
Span = tuple[int, int]
Spans = tuple[Span, ...]
MINUTES_PER_DAY = 1_440


class OwnDayKind(StrEnum):
    """What a brand's own day does: opens, closes, or only names a day (a campaign leaves the hours alone)."""

    OPEN = "open"
    CLOSED = "closed"
    CAMPAIGN = "campaign"


@dataclass(frozen=True, slots=True)
class PublicDayView:
    """A public holiday, or a weekend day that is worked instead. `name` is a msgid or the brand's own word."""

    day: date
    is_workday: bool
    name: str


@dataclass(frozen=True, slots=True)
class OwnDayView:
    """A brand's own day at a place. `depth` is the place's: the nearest one decides."""

    id: int
    node_id: int
    node_name: str
    depth: int
    day: date
    kind: OwnDayKind
    name: str
    spans: Spans


@dataclass(frozen=True, slots=True)
class HoursView:
    """The week that holds at a place, and the place that it comes from (None: nobody has set hours)."""

    node_id: int | None
    node_name: str
    week: tuple[Spans, ...]
    closed_on_holidays: bool
    version: int = 0


@dataclass(frozen=True)
class PlaceCalendar:
    """All that the rules need to know of one place: its week, days that differ, and years whose holidays are known."""

    hours: HoursView
    zone: ZoneInfo
    own: Mapping[date, tuple[OwnDayView, ...]] = field(default_factory=dict)
    public: Mapping[date, PublicDayView] = field(default_factory=dict)
    known_years: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class LunarDay:
    """A day of the Chinese calendar, as it is written: 正月初一; `term` is a solar term that falls on it."""

    month: str
    day: str
    term: str
    year: str
    animal: str


@dataclass(frozen=True, slots=True)
class DayView:
    """One day of the month page. `is_workday` is None where the year's holidays are not known."""

    day: date
    in_month: bool
    is_today: bool
    is_workday: bool | None
    public: PublicDayView | None
    lunar: LunarDay | None
    own: tuple[OwnDayView, ...]
    spans: Spans


@dataclass(frozen=True, slots=True)
class Worked:
    """A span of working time. `is_certain` is false if it touches a year whose holidays are not known."""

    seconds: int
    is_certain: bool


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment reached by counting working time; `at` is None if the place does not open within a year."""

    at: datetime | None
    is_certain: bool

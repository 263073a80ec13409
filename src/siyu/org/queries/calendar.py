"""Reads of the business calendar: what holds at a place, and the answers of its rules."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from django.conf import settings

from siyu.kernel import clock
from siyu.kernel.errors import NotFound
from siyu.org import chinese_days
from siyu.org.contracts import SYSTEM, NodeView, Viewer
from siyu.org.contracts.calendar import (
    DayView,
    HoursView,
    Moment,
    OwnDayKind,
    OwnDayView,
    PlaceCalendar,
    PublicDayView,
    Spans,
    Worked,
)
from siyu.org.models import Membership, Node, OpeningHours, OwnDay, PublicDay
from siyu.org.queries.tree import node, root
from siyu.org.rules import calendar as rules

# Where nobody has set hours: office hours on workdays. The page says so.
OFFICE_DAY: Spans = ((9 * 60, 18 * 60),)
OFFICE_WEEK: tuple[Spans, ...] = (OFFICE_DAY,) * 5 + ((), ())
# Days around a moment that its answers may need.
MARGIN_DAYS = 2
# How hours are read and written, for the edges.
parse_spans, spoken = rules.parse_spans, rules.spoken


def hours_at(path: str) -> HoursView:
    """The week that holds at a place: its own, or that of the nearest place above that has one."""
    rows = OpeningHours.objects.filter(node__in=_line(path)).select_related("node")
    row = max(rows, key=lambda found: len(found.node.path), default=None)
    if row is None:
        return HoursView(None, "", OFFICE_WEEK, closed_on_holidays=True)
    week = tuple(_spans(day) for day in json.loads(row.week_json))
    return HoursView(row.node_id, _name(row.node), week, row.closed_on_holidays, row.version)


def place_calendar(path: str, first: date, last: date) -> PlaceCalendar:
    """What the rules need for the days from `first` to `last` at the place with this tree path; three reads."""
    own: dict[date, tuple[OwnDayView, ...]] = {}
    found = OwnDay.objects.filter(node__in=_line(path), day__range=(first, last)).select_related("node")
    for row in found.order_by("day", "node__path"):
        own[row.day] = (*own.get(row.day, ()), _own(row))
    return PlaceCalendar(hours_at(path), settings.SIYU.tz, own, _public(first, last), _known_years())


def is_workday(day: date) -> bool | None:
    """Whether people work in general on a day; None for a year whose holidays nobody has entered yet."""
    calendar = PlaceCalendar(
        HoursView(None, "", OFFICE_WEEK, closed_on_holidays=True), settings.SIYU.tz, {}, _public(day, day),
        _known_years(),
    )  # fmt: skip
    return rules.is_workday(calendar, day)


def public_holidays(first: date, last: date) -> frozenset[date]:
    """The public holidays from `first` to `last`, without weekends and without weekend days that are worked instead.

    Of a year whose holidays nobody has entered yet none is known.
    """
    return frozenset(day for day, view in _public(first, last).items() if not view.is_workday)


def is_open(viewer: Viewer, node_id: int, moment: datetime) -> bool:
    return rules.is_open(_around(readable(viewer, node_id), moment, moment), moment)


def next_open(viewer: Viewer, node_id: int, moment: datetime) -> Moment:
    place = readable(viewer, node_id)
    return rules.next_open(_around(place, moment, moment + timedelta(days=rules.HORIZON_DAYS)), moment)


def working_duration(viewer: Viewer, node_id: int, begins: datetime, ends: datetime) -> Worked:
    """Open time of a place between two moments, at most ten years apart."""
    last = min(ends, begins + timedelta(days=3_660))
    return rules.working_duration(_around(readable(viewer, node_id), begins, last), begins, last)


def add_working_hours(viewer: Viewer, node_id: int, moment: datetime, hours: float) -> Moment:
    place = readable(viewer, node_id)
    ahead = moment + timedelta(days=rules.HORIZON_DAYS)
    return rules.add_working_hours(_around(place, moment, ahead), moment, hours)


def month(viewer: Viewer, node_id: int, year: int, number: int) -> list[DayView]:
    """The days of a month page: whole weeks from Monday, with holidays, lunar dates, own days and hours."""
    place = readable(viewer, node_id)
    begins = date(year, number, 1)
    first = begins - timedelta(days=begins.weekday())
    days = [first + timedelta(days=offset) for offset in range(42)]
    if days[35].month != number:
        days = days[:35]
    calendar = place_calendar(place.path, days[0], days[-1])
    today = clock.local_day(clock.now(), settings.SIYU.tz)
    return [
        DayView(
            day=day,
            in_month=day.month == number,
            is_today=day == today,
            is_workday=rules.is_workday(calendar, day),
            public=calendar.public.get(day),
            lunar=chinese_days.lunar_day(day),
            own=calendar.own.get(day, ()),
            spans=rules.spans_of(calendar, day),
        )
        for day in days
    ]


def own_days(viewer: Viewer, node_id: int, first: date, last: date) -> list[OwnDayView]:
    """The brand's own days that hold at a place, those of places above it included."""
    calendar = place_calendar(readable(viewer, node_id).path, first, last)
    return [own for day in sorted(calendar.own) for own in calendar.own[day]]


def entered_days(first: date, last: date) -> list[PublicDayView]:
    """The public days that somebody entered by hand or from a file."""
    rows = PublicDay.objects.filter(day__range=(first, last)).order_by("day")
    return [PublicDayView(row.day, row.is_workday, row.name) for row in rows]


def is_known_year(year: int) -> bool:
    """Whether the public holidays of a year are known, from the library or because somebody entered them."""
    return year in _known_years()


def place_or_root(viewer: Viewer, node_id: int | None) -> NodeView:
    """The place of a calendar page: the one asked for, else the uppermost of the scope, else where the viewer works."""
    if node_id is not None:
        return readable(viewer, node_id)
    if viewer.scope.paths:
        return readable(viewer, _line(viewer.scope.paths[0])[-1])
    if viewer.scope.everything:
        return root()
    works_at = Membership.objects.filter(staff_id=viewer.staff_id or 0).order_by("pk").values_list("node_id", flat=True)
    return readable(viewer, works_at.first() or 0)


def readable(viewer: Viewer, node_id: int) -> NodeView:
    """A place whose calendar the viewer may read: within their scope, where they work, or above that."""
    try:
        return node(viewer, node_id)
    except NotFound:
        works_at = Membership.objects.filter(staff_id=viewer.staff_id or 0).values_list("node__path", flat=True)
        if not any(node_id in _line(path) for path in works_at):
            raise
    return node(SYSTEM, node_id)


def _around(place: NodeView, begins: datetime, ends: datetime) -> PlaceCalendar:
    zone = settings.SIYU.tz
    margin = timedelta(days=MARGIN_DAYS)
    return place_calendar(place.path, clock.local_day(begins, zone) - margin, clock.local_day(ends, zone) + margin)


def _line(path: str) -> list[int]:
    """A place and all above it, by the ids in its path."""
    return [int(part) for part in path.split(".") if part]


def _known_years() -> frozenset[int]:
    return chinese_days.KNOWN_YEARS | {day.year for day in PublicDay.objects.dates("day", "year")}


def _public(first: date, last: date) -> Mapping[date, PublicDayView]:
    days = (first + timedelta(days=offset) for offset in range((last - first).days + 1))
    known = {day: view for day in days if (view := chinese_days.public_day(day))}
    for row in PublicDay.objects.filter(day__range=(first, last)):
        known[row.day] = PublicDayView(row.day, row.is_workday, row.name)
    return known


def _own(row: OwnDay) -> OwnDayView:
    spans = _spans(json.loads(row.spans_json)) if row.spans_json else ()
    depth = row.node.path.count(".") - 1
    return OwnDayView(row.pk, row.node_id, _name(row.node), depth, row.day, OwnDayKind(row.kind), row.name, spans)


def _spans(pairs: list[list[int]]) -> Spans:
    return tuple((opens, closes) for opens, closes in pairs)


def _name(row: Node) -> str:
    return row.name or settings.SIYU.brand

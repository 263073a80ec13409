"""Workdays, opening hours and working time, as tables of examples and as properties."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siyu.org import chinese_days
from siyu.org.contracts.calendar import (
    HoursView,
    OwnDayKind,
    OwnDayView,
    PlaceCalendar,
    PublicDayView,
    Spans,
)
from siyu.org.rules import calendar as rules

ZONE = ZoneInfo("Asia/Shanghai")
DAY: Spans = ((9 * 60, 12 * 60), (13 * 60, 18 * 60))
WEEK = (DAY,) * 5 + ((), ())
NATIONAL_DAY, SHIFTED_SATURDAY = date(2026, 10, 1), date(2026, 10, 10)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


def place(*own: OwnDayView, week: tuple[Spans, ...] = WEEK, keeps: bool = True, years: int = 2026) -> PlaceCalendar:
    public = {
        NATIONAL_DAY: PublicDayView(NATIONAL_DAY, False, "National Day"),
        SHIFTED_SATURDAY: PublicDayView(SHIFTED_SATURDAY, True, "National Day"),
    }
    days: dict[date, tuple[OwnDayView, ...]] = {}
    for view in own:
        days[view.day] = (*days.get(view.day, ()), view)
    return PlaceCalendar(HoursView(1, "Shop", week, keeps), ZONE, days, public, frozenset({years}))


def own(kind: OwnDayKind, day: date, spans: Spans = (), depth: int = 1) -> OwnDayView:
    return OwnDayView(1, 1, "Shop", depth, day, kind, "", spans)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 9, 30), True),
        (date(2026, 10, 1), False),
        (date(2026, 10, 10), True),  # a Saturday that is worked instead
        (date(2026, 10, 11), False),
        (date(2027, 3, 1), None),  # a year that nobody has announced is not guessed at
    ],
)
def test_workdays_follow_the_states_calendar(day: date, works: bool | None) -> None:
    assert rules.is_workday(place(), day) is works


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-09-30 08:59", False),
        ("2026-09-30 09:00", True),
        ("2026-09-30 12:00", False),
        ("2026-09-30 17:59", True),
        ("2026-09-30 18:00", False),
        ("2026-10-01 10:00", False),
        ("2026-10-10 10:00", True),
    ],
)
def test_a_place_that_keeps_holidays_opens_by_them(moment: str, is_open: bool) -> None:
    assert rules.is_open(place(), at(moment)) is is_open


def test_the_nearest_own_day_decides_and_campaigns_decide_nothing() -> None:
    here = place(
        own(OwnDayKind.CLOSED, NATIONAL_DAY, depth=0),
        own(OwnDayKind.OPEN, NATIONAL_DAY, ((600, 660),), depth=2),
        own(OwnDayKind.CAMPAIGN, date(2026, 10, 10), depth=3),
    )
    assert rules.spans_of(here, NATIONAL_DAY) == ((600, 660),)
    assert rules.spans_of(here, SHIFTED_SATURDAY) == DAY
    assert rules.spans_of(place(own(OwnDayKind.OPEN, date(2026, 10, 11))), date(2026, 10, 11)) == DAY


def test_working_hours_pass_over_nights_breaks_and_holidays() -> None:
    assert rules.add_working_hours(place(), at("2026-09-30 11:00"), 2).at == at("2026-09-30 14:00")
    assert rules.add_working_hours(place(), at("2026-09-30 17:00"), 2).at == at("2026-10-02 10:00")
    assert rules.next_open(place(), at("2026-10-01 10:00")).at == at("2026-10-02 09:00")
    spent = rules.working_duration(place(), at("2026-09-30 17:00"), at("2026-10-02 10:00"))
    assert (spent.seconds, spent.is_certain) == (7_200, True)


def test_what_touches_an_unknown_year_says_so_and_a_closed_place_never_opens() -> None:
    assert not rules.add_working_hours(place(years=2025), at("2026-09-29 17:00"), 2).is_certain
    assert rules.add_working_hours(place(years=2025, keeps=False), at("2026-09-29 17:00"), 2).is_certain
    assert rules.next_open(place(week=((),) * 7), at("2026-09-29 17:00")).at is None


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 11, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.integers(0, 400),
)
def test_time_added_is_the_time_that_passes(moment: datetime, quarters: int) -> None:
    reached = rules.add_working_hours(place(), moment, quarters / 4).at
    assert reached is not None
    assert rules.working_duration(place(), moment, reached).seconds == quarters * 900


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("", ()),
        ("09:00-21:00", ((540, 1260),)),
        ("9:00–12:00，13:30至18:00", ((540, 720), (810, 1080))),
        ("00:00-24:00", ((0, 1440),)),
        ("21:00-09:00", None),
        ("09:00-12:00, 11:00-13:00", None),
        ("09:00-25:00", None),
        ("09:75-10:00", None),
        ("nine to five", None),
        ("09:00-10:00x", None),
    ],
)
def test_hours_are_read_as_people_write_them(text: str, spans: Spans | None) -> None:
    assert rules.parse_spans(text) == spans
    if spans:
        assert rules.parse_spans(rules.spoken(spans)) == spans


def test_the_libraries_know_holidays_shifted_days_and_lunar_dates() -> None:
    spring = chinese_days.public_day(date(2026, 2, 17))
    assert spring is not None
    assert (spring.is_workday, spring.name) == (False, "Spring Festival")
    shifted = chinese_days.public_day(SHIFTED_SATURDAY)
    assert shifted is not None
    assert shifted.is_workday
    assert chinese_days.public_day(date(2026, 9, 30)) is None
    assert chinese_days.public_day(date(2099, 10, 1)) is None
    lunar = chinese_days.lunar_day(date(2026, 2, 17))
    assert lunar is not None
    assert (lunar.month, lunar.day, lunar.animal) == ("正月", "初一", "马")
    leap = chinese_days.lunar_day(date(2025, 7, 25))
    assert leap is not None
    assert leap.month == "闰六月"
    assert chinese_days.lunar_day(date(2100, 1, 1)) is None
    assert chinese_days.lunar_day(date(2026, 2, 17) + timedelta(days=1)) is not None

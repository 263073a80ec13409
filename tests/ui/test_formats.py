"""Wording of numbers, money, days and distances in both languages."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import translation

from siyu.kernel import clock
from siyu.ui import formats

NOW = datetime(2026, 5, 14, 2, 32, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _now():
    with clock.frozen(NOW):
        yield


@pytest.mark.parametrize(
    ("fen", "shown"),
    [(123450, "¥1,234.50"), (0, "¥0.00"), (-5, "−¥0.05"), (None, "—"), (286431040, "¥2,864,310.40")],
)
def test_money(fen: int | None, shown: str) -> None:
    assert formats.money(fen) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(18426, "18,426"), (-3, "−3"), (0, "0"), (-0.2, "0"), (None, "—")]
)
def test_number(value: float | None, shown: str) -> None:
    assert formats.number(value) == shown


def test_shares() -> None:
    assert formats.percent(0.37) == "37.0%"
    assert formats.percent(None) == "—"
    assert formats.points(0.02) == "+2.0 pp"
    assert formats.points(-0.006) == "−0.6 pp"
    assert formats.points(0) == "0.0 pp"
    assert formats.change(0.124) == "+12.4%"


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        ("+8613812341234", "138****1234"),
        ("13812341234", "138****1234"),
        ("", "—"),
        ("12345", "***45"),
        ("138****1", "138****1"),
    ],
)
def test_masked_phone(phone: str, shown: str) -> None:
    assert formats.masked_phone(phone) == shown


@pytest.mark.parametrize(
    ("language", "this_year", "another_year"),
    [("zh-hans", "5月16日", "2025年3月2日"), ("en", "16 May", "2 Mar 2025")],
)
def test_day(language: str, this_year: str, another_year: str) -> None:
    with translation.override(language):
        assert formats.day(date(2026, 5, 16)) == this_year
        assert formats.day(date(2025, 3, 2)) == another_year


def test_moments_are_in_the_brands_zone() -> None:
    with translation.override("zh-hans"):
        assert formats.moment(datetime(2026, 5, 15, 20, 0, tzinfo=UTC)) == "5月16日 04:00"


@pytest.mark.parametrize(
    ("distance", "chinese", "english"),
    [
        (timedelta(seconds=20), "刚刚", "just now"),
        (timedelta(minutes=1), "1 分钟前", "1 minute ago"),
        (timedelta(hours=5), "5 小时前", "5 hours ago"),
        (timedelta(days=3), "3 天前", "3 days ago"),
        (-timedelta(hours=2), "2 小时后", "in 2 hours"),
        (timedelta(days=400), "", ""),
    ],
)
def test_relative(distance: timedelta, chinese: str, english: str) -> None:
    with translation.override("zh-hans"):
        assert formats.relative(NOW - distance) == chinese
    with translation.override("en"):
        assert formats.relative(NOW - distance) == english


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(5, "5 seconds"), (60, "1 minute"), (127, "2 min 7 s"), (7325, "2 hours"), (None, "—")],
)
def test_duration(seconds: int | None, shown: str) -> None:
    with translation.override("en"):
        assert formats.duration(seconds) == shown

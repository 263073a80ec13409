"""Dates in the styles of real files."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siyu.ingest.contracts import AmbiguousDates, DateStyle, MixedDates
from siyu.ingest.rules import moments
from siyu.ingest.rules.reasons import BadValue, Reason
from siyu.kernel import clock

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
# 9 December 2011, 12:50 in Shanghai.
EXPECTED = clock.to_millis(datetime(2011, 12, 9, 4, 50, tzinfo=UTC))


@pytest.mark.parametrize(
    "cell",
    [
        "2011-12-09 12:50:00",
        "2011-12-09 12:50",
        "2011/12/9 12:50",
        "2011.12.09 12:50:00",
        "2011-12-09T12:50:00",
        "2011-12-09T12:50:00+08:00",
        "2011-12-09T04:50:00Z",
        "2011-12-09 05:50:00+0100",
        "2011-12-09 12:50:00.000",
        "2011年12月9日 12:50",
        "2011年12月9日 12时50分",
        "２０１１－１２－０９　１２：５０",
        "2011-12-09 下午12:50",
        "20111209125000",
        "20111209 12:50",
        "09.12.2011 12:50",
        "9.12.2011 12:50:00",
        "1323406200",
        "1323406200000",
        "40886.5347222222",
        "\t2011-12-09 12:50:00",
        "'2011-12-09 12:50:00",
    ],
)
def test_every_style_that_can_be_told_is_read(cell: str) -> None:
    assert moments.parse_millis(cell, DateStyle.AUTO, SHANGHAI) == EXPECTED


@pytest.mark.parametrize(
    ("cell", "style"),
    [
        ("12/9/2011 12:50", DateStyle.MDY),
        ("12/9/11 12:50", DateStyle.MDY),
        ("12-09-2011 12:50 PM", DateStyle.MDY),
        ("9/12/2011 12:50", DateStyle.DMY),
        ("1323406200", DateStyle.UNIX_SECONDS),
        ("1323406200000", DateStyle.UNIX_MILLIS),
        ("40886.5347222222", DateStyle.EXCEL),
    ],
)
def test_a_declared_style_decides_what_is_open(cell: str, style: DateStyle) -> None:
    assert moments.parse_millis(cell, style, SHANGHAI) == EXPECTED


def test_days_alone_are_midnight_in_the_zone() -> None:
    midnight = clock.to_millis(datetime(2011, 12, 8, 16, tzinfo=UTC))
    for cell in ("2011-12-09", "20111209", "2011年12月9日", "09.12.2011"):
        assert moments.parse_millis(cell, DateStyle.AUTO, SHANGHAI) == midnight


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("12/9/2011", Reason.BAD_TIME),
        ("2011-13-01", Reason.BAD_TIME),
        ("2011-02-30 10:00", Reason.BAD_TIME),
        ("2011-12-09 25:00", Reason.BAD_TIME),
        ("2011-12-09 13:00 PM", Reason.BAD_TIME),
        ("yesterday", Reason.BAD_TIME),
        ("12345", Reason.BAD_TIME),
        ("1970-01-01 00:00:00", Reason.TIME_OUT_OF_RANGE),
        ("0000000000", Reason.TIME_OUT_OF_RANGE),
        ("2999-01-01", Reason.TIME_OUT_OF_RANGE),
    ],
)
def test_what_is_no_time_is_refused_with_a_reason(cell: str, reason: Reason) -> None:
    with pytest.raises(BadValue) as caught:
        moments.parse_millis(cell, DateStyle.AUTO, SHANGHAI)
    assert caught.value.reason is reason


def test_clock_changes_skip_an_hour_and_repeat_one() -> None:
    with pytest.raises(BadValue) as caught:
        moments.parse_millis("2011-03-27 02:30", DateStyle.AUTO, BERLIN)
    assert caught.value.reason is Reason.TIME_SKIPPED
    first = clock.to_millis(datetime(2011, 10, 30, 0, 30, tzinfo=UTC))
    assert moments.parse_millis("2011-10-30 02:30", DateStyle.AUTO, BERLIN) == first


@given(st.datetimes(datetime(1990, 1, 2), datetime(2026, 1, 1)).map(lambda moment: moment.replace(microsecond=0)))  # noqa: DTZ001
def test_styles_agree_with_one_another(moment: datetime) -> None:
    expected = clock.to_millis(moment.replace(tzinfo=UTC))
    zone = ZoneInfo("UTC")
    for text in (f"{moment:%Y-%m-%d %H:%M:%S}", f"{moment:%Y年%m月%d日 %H:%M:%S}", f"{moment:%d.%m.%Y %H:%M:%S}"):
        assert moments.parse_millis(text, DateStyle.AUTO, zone) == expected
    assert moments.parse_millis(f"{moment:%m/%d/%Y %I:%M:%S %p}", DateStyle.MDY, zone) == expected
    assert moments.parse_millis(f"{moment:%d/%m/%Y %H:%M:%S}", DateStyle.DMY, zone) == expected


def test_a_column_tells_its_style() -> None:
    assert moments.decide_style(["1/2/2011", "13/2/2011 9:00"]) is DateStyle.DMY
    assert moments.decide_style(["1/2/2011", "2/13/2011 9:00"]) is DateStyle.MDY
    with pytest.raises(AmbiguousDates):
        moments.decide_style(["1/2/2011", "3/4/2011"])
    with pytest.raises(MixedDates):
        moments.decide_style(["13/2/2011", "2/13/2011"])

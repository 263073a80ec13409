"""Dates and times as files write them, into Unix milliseconds. Naive times lie in the mapping's zone."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from siyu.ingest.contracts import AmbiguousDates, DateStyle, MixedDates
from siyu.ingest.rules.reasons import BadValue, Reason
from siyu.ingest.rules.texts import clean_text
from siyu.kernel import clock

# Before this nobody exported orders from a shop system; such a time is a wrong column or a zero.
FIRST_MS = clock.to_millis(datetime(1990, 1, 1, tzinfo=UTC))
# A shop's clock may be ahead of ours by a zone's confusion, not by more.
FUTURE_MS = 86_400_000
# Excel counts days from here, which makes its wrong leap day of 1900 come out right.
EXCEL_START = datetime(1899, 12, 30)  # noqa: DTZ001  a local calendar reading; the zone is added below
# Serials of 1990 to 2099: plain five-digit numbers outside them are not dates.
EXCEL_DAYS = range(32_874, 73_051)

_CLOCK = (
    r"(?:[ T]*(?P<half>上午|下午|[AaPp][Mm])?\s*(?P<hour>\d{1,2})[:时点](?P<minute>\d{1,2})"
    r"(?:[:分](?P<second>\d{1,2}))?(?:[.,](?P<fraction>\d{1,9}))?[秒分]?\s*(?P<half2>[AaPp]\.?[Mm]\.?)?)?"
)
_OFFSET = r"\s*(?P<offset>Z|[+-]\d{2}:?\d{2})?$"
_YEAR_FIRST = re.compile(r"^(?P<year>\d{4})[-/.年](?P<month>\d{1,2})[-/.月](?P<day>\d{1,2})日?" + _CLOCK + _OFFSET)
_COMPACT = re.compile(
    r"^(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})"
    r"(?:[ T]?(?P<hour>\d{2}):?(?P<minute>\d{2}):?(?P<second>\d{2})?)?$"
)
_YEAR_LAST = re.compile(
    r"^(?P<first>\d{1,2})(?P<mark>[-/.])(?P<second_part>\d{1,2})(?P=mark)(?P<year>\d{4}|\d{2})" + _CLOCK + _OFFSET
)
_NUMBER = re.compile(r"^\d{1,13}(?:\.\d+)?$")


def parse_millis(cell: str, style: DateStyle, zone: ZoneInfo) -> int | None:
    """Unix milliseconds of a cell; None if it is empty; BadValue says why it is not a time.

    `style` decides only what the text leaves open: day or month first, and what a bare number counts.
    """
    text = clean_text(cell)
    if text is None:
        return None
    text = " ".join(unicodedata.normalize("NFKC", text).lstrip("'").split())
    if _NUMBER.match(text) and not (style in (DateStyle.AUTO, DateStyle.YMD) and len(text) == 8):
        return _in_range(_from_number(text, style, zone))
    match = _YEAR_FIRST.match(text) or _COMPACT.match(text)
    if match:
        return _in_range(_assembled(match, int(match["year"]), int(match["month"]), int(match["day"]), zone))
    match = _YEAR_LAST.match(text)
    if match is None:
        raise BadValue(Reason.BAD_TIME)
    day, month = _day_and_month(match, style)
    year = int(match["year"]) + (2000 if len(match["year"]) == 2 else 0)
    return _in_range(_assembled(match, year, month, day, zone))


def _day_and_month(match: re.Match[str], style: DateStyle) -> tuple[int, int]:
    """Dotted dates put the day first wherever they are used; others need the style."""
    first, second = int(match["first"]), int(match["second_part"])
    if style is DateStyle.MDY:
        return second, first
    if style is DateStyle.DMY or match["mark"] == ".":
        return first, second
    raise BadValue(Reason.BAD_TIME)


def _assembled(match: re.Match[str], year: int, month: int, day: int, zone: ZoneInfo) -> int:
    part = match.groupdict()
    hour = _hour(int(part["hour"] or 0), part.get("half") or part.get("half2") or "")
    micros = int((part.get("fraction") or "0")[:6].ljust(6, "0"))
    try:
        naive = datetime(year, month, day, hour, int(part["minute"] or 0), int(part["second"] or 0), micros)  # noqa: DTZ001
    except ValueError as error:
        raise BadValue(Reason.BAD_TIME) from error
    offset = part.get("offset")
    if offset:
        return clock.to_millis(naive.replace(tzinfo=UTC)) - _offset_minutes(offset) * 60_000
    return _local_millis(naive, zone)


def _hour(hour: int, half: str) -> int:
    if not half:
        return hour
    if not 1 <= hour <= 12:
        raise BadValue(Reason.BAD_TIME)
    afternoon = half == "下午" or half[0] in "Pp"
    return hour % 12 + (12 if afternoon else 0)


def _offset_minutes(offset: str) -> int:
    if offset == "Z":
        return 0
    minutes = int(offset[1:3]) * 60 + int(offset[-2:])
    return -minutes if offset[0] == "-" else minutes


def _local_millis(naive: datetime, zone: ZoneInfo) -> int:
    """The earlier instant where the clocks were put back; BadValue where they were put forward over it."""
    moment = naive.replace(tzinfo=zone).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) != naive:
        raise BadValue(Reason.TIME_SKIPPED)
    return clock.to_millis(moment)


def _from_number(text: str, style: DateStyle, zone: ZoneInfo) -> int:
    whole, _, fraction = text.partition(".")
    if style is DateStyle.EXCEL or (style is DateStyle.AUTO and len(whole) == 5 and int(whole) in EXCEL_DAYS):
        return _from_serial(int(whole), fraction, zone)
    if style is DateStyle.UNIX_SECONDS or (style is DateStyle.AUTO and len(whole) == 10):
        return int(whole) * 1_000 + int(fraction[:3].ljust(3, "0"))
    if style is DateStyle.UNIX_MILLIS or (style is DateStyle.AUTO and len(whole) == 13):
        return int(whole)
    raise BadValue(Reason.BAD_TIME)


def _from_serial(days: int, fraction: str, zone: ZoneInfo) -> int:
    """Days and a fraction of a day; spreadsheets mean the nearest second."""
    if days not in EXCEL_DAYS:
        raise BadValue(Reason.TIME_OUT_OF_RANGE)
    scale = 10 ** len(fraction)
    seconds = (int(fraction or "0") * 86_400 * 2 + scale) // (2 * scale)
    return _local_millis(EXCEL_START + timedelta(days=days, seconds=seconds), zone)


def _in_range(millis: int) -> int:
    if not FIRST_MS <= millis <= clock.to_millis(clock.now()) + FUTURE_MS:
        raise BadValue(Reason.TIME_OUT_OF_RANGE)
    return millis


def is_undecided(cell: str) -> bool:
    """Whether only a style can tell day from month in this cell."""
    text = clean_text(cell)
    match = _YEAR_LAST.match(text) if text else None
    return match is not None and match["mark"] != "."


def decide_style(cells: Iterable[str]) -> DateStyle:
    """Day or month first, from all undecided dates of a column: a part above 12 must be the day.

    AmbiguousDates if none of them tells, MixedDates if they contradict one another.
    """
    example = day_first = month_first = ""
    for cell in cells:
        match = _YEAR_LAST.match(clean_text(cell) or "")
        if match is None:
            continue
        example = example or cell
        if int(match["first"]) > 12:
            day_first = day_first or cell
        elif int(match["second_part"]) > 12:
            month_first = month_first or cell
    if day_first and month_first:
        raise MixedDates(day_first=day_first, month_first=month_first)
    if not day_first and not month_first:
        raise AmbiguousDates(example=example)
    return DateStyle.DMY if day_first else DateStyle.MDY

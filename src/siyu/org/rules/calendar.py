"""Pure decisions of the business calendar: is it a workday, is a place open, how much working time passes.

A year whose public holidays are not known is never guessed at: `is_workday` says None, and what is counted through
such a year follows the place's week alone and is marked as not certain.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from siyu.org.contracts.calendar import (
    MINUTES_PER_DAY,
    Moment,
    OwnDayKind,
    OwnDayView,
    PlaceCalendar,
    Span,
    Spans,
    Worked,
)

# Nobody is closed for longer and still has hours; it ends every search.
HORIZON_DAYS = 366
# Breaks in a day: more is a typing error.
MAX_SPANS = 4
_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*[-–—~至]\s*(\d{1,2}):(\d{2})")
_BETWEEN = re.compile(r"[,，;；、\s]+")


def is_workday(calendar: PlaceCalendar, day: date) -> bool | None:
    """Whether people work in general on this day: the state's calendar, not the place's hours. None: not known."""
    public = calendar.public.get(day)
    if public is not None:
        return public.is_workday
    return day.weekday() < 5 if day.year in calendar.known_years else None


def deciding(calendar: PlaceCalendar, day: date) -> OwnDayView | None:
    """The own day that opens or closes: of the nearest place. Campaigns decide nothing."""
    found = [own for own in calendar.own.get(day, ()) if own.kind is not OwnDayKind.CAMPAIGN]
    return max(found, key=lambda own: own.depth) if found else None


def spans_of(calendar: PlaceCalendar, day: date) -> Spans:
    """When the place is open on a day: its own day first, then public holidays if it keeps them, then its week."""
    own = deciding(calendar, day)
    week = calendar.hours.week[day.weekday()]
    if own is not None:
        if own.kind is OwnDayKind.CLOSED:
            return ()
        # Opened on a day that the week leaves out, and without hours of its own: the week's longest day.
        return own.spans or week or max(calendar.hours.week, key=_length)
    if calendar.hours.closed_on_holidays:
        works = is_workday(calendar, day)
        if works is False:
            return ()
        if works and not week:
            # A weekend day that is worked instead has the hours of the day that it stands in for.
            return max(calendar.hours.week, key=_length)
    return week


def _length(spans: Spans) -> int:
    return sum(closes - opens for opens, closes in spans)


def is_certain(calendar: PlaceCalendar, day: date) -> bool:
    """Whether the hours of a day are known: only a place that keeps holidays depends on the year's list."""
    return (
        not calendar.hours.closed_on_holidays
        or day.year in calendar.known_years
        or day in calendar.public
        or deciding(calendar, day) is not None
    )


def is_open(calendar: PlaceCalendar, moment: datetime) -> bool:
    local = moment.astimezone(calendar.zone)
    return any(
        opens <= moment < closes for opens, closes in _moments(calendar, local.date())
    )  # compared as instants: a day on which clocks change has other minutes


def next_open(calendar: PlaceCalendar, moment: datetime) -> Moment:
    """The first moment from `moment` on at which the place is open; `moment` itself if it is."""
    return _walk(calendar, moment, timedelta(0))


def add_working_hours(calendar: PlaceCalendar, moment: datetime, hours: float) -> Moment:
    """The moment after so many open hours. None hours long ago or ahead: a year without opening ends the search."""
    return _walk(calendar, moment, timedelta(hours=hours))


def _walk(calendar: PlaceCalendar, moment: datetime, left: timedelta) -> Moment:
    certain, first = True, moment.astimezone(calendar.zone).date()
    for day in _days(first, first + timedelta(days=HORIZON_DAYS)):
        certain = certain and is_certain(calendar, day)
        for opens, closes in _moments(calendar, day):
            begins = max(opens, moment)
            if begins >= closes:
                continue
            if left <= closes - begins:
                return Moment(begins + left, certain)
            left -= closes - begins
    return Moment(None, certain)


def working_duration(calendar: PlaceCalendar, begins: datetime, ends: datetime) -> Worked:
    """Open time between two moments; zero if they are the wrong way round."""
    total, certain = timedelta(0), True
    for day in _days(begins.astimezone(calendar.zone).date(), ends.astimezone(calendar.zone).date()):
        certain = certain and is_certain(calendar, day)
        for opens, closes in _moments(calendar, day):
            total += max(min(closes, ends) - max(opens, begins), timedelta(0))
    return Worked(int(total.total_seconds()), certain)


def _days(first: date, last: date) -> Iterator[date]:
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)


def _moments(calendar: PlaceCalendar, day: date) -> Iterator[tuple[datetime, datetime]]:
    for opens, closes in spans_of(calendar, day):
        yield _instant(calendar, day, opens), _instant(calendar, day, closes)


def _instant(calendar: PlaceCalendar, day: date, minute: int) -> datetime:
    if minute == MINUTES_PER_DAY:
        day, minute = day + timedelta(days=1), 0
    return datetime.combine(day, time(*divmod(minute, 60)), tzinfo=calendar.zone).astimezone(UTC)


def parse_spans(text: str) -> Spans | None:
    """``09:00-12:00, 13:30-21:00`` as spans; an empty text is closed. None if it cannot be read or makes no sense."""
    cleaned = text.strip().replace("：", ":")
    spans: list[Span] = []
    while cleaned:
        found = _SPAN.match(cleaned)
        if found is None:
            return None
        a, b, c, d = map(int, found.groups())
        spans.append((a * 60 + b, c * 60 + d))
        if b > 59 or d > 59:
            return None
        rest = cleaned[found.end() :]
        cleaned = _BETWEEN.sub("", rest, count=1) if _BETWEEN.match(rest) else rest
        if rest and cleaned == rest:
            return None
    return tuple(spans) if are_spans(spans) else None


def are_spans(spans: list[Span] | Spans) -> bool:
    """Ascending, not touching one another, within the day."""
    ends = 0
    for opens, closes in spans:
        if not (ends <= opens < closes <= MINUTES_PER_DAY):
            return False
        ends = closes
    return len(spans) <= MAX_SPANS


def spoken(spans: Spans) -> str:
    """``09:00–12:00, 13:30–21:00``."""
    return ", ".join("{:02d}:{:02d}–{:02d}:{:02d}".format(*divmod(a, 60), *divmod(b, 60)) for a, b in spans)

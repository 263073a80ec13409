"""The as-of of an evaluation: an instant, its calendar day in the brand's zone, and days before it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from siyu.audiences.contracts import Moment
from siyu.kernel import clock

# Where the warehouse's calendar begins: everything since then is everything.
FIRST_DAY = date(1970, 1, 2)
# The finest time that events carry.
TICK = timedelta(milliseconds=1)


def moment_until(until: datetime, zone: ZoneInfo) -> Moment:
    """The moment just before `until`, whose day is the day that then ends or is under way."""
    return Moment(until, clock.local_day(until - TICK, zone), zone)


def moment_of_day(day: date, zone: ZoneInfo) -> Moment:
    """The end of a day."""
    return Moment(clock.day_end(day, zone), day, zone)


def days_before(moment: Moment, days: int) -> datetime | None:
    """The beginning of the day that lies `days` before the as-of; None before the calendar of the warehouse begins."""
    left = (moment.day - FIRST_DAY).days
    return clock.day_start(moment.day - timedelta(days=days), moment.zone) if days < left else None

"""Time: aware UTC inside, the brand's zone outside.

`now()` is the only clock that Siyu's code reads, so that a test can hold it still with `frozen`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MILLIS_PER_SECOND = 1_000
_held: ContextVar[datetime | None] = ContextVar("siyu_clock_held", default=None)


def now() -> datetime:
    """The current instant, aware, in UTC."""
    return _held.get() or datetime.now(UTC)


@contextmanager
def frozen(moment: datetime) -> Iterator[None]:
    """Holds `now()` at an aware `moment` for the current context (tests and replays)."""
    if moment.tzinfo is None:
        raise ValueError("a naive datetime has no place in Siyu")
    token = _held.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _held.reset(token)


def local_day(moment: datetime, zone: ZoneInfo) -> date:
    """The calendar day on which `moment` falls in `zone`."""
    return moment.astimezone(zone).date()


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of `day` in `zone`, as UTC."""
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def day_end(day: date, zone: ZoneInfo) -> datetime:
    """The first instant after `day` in `zone`, as UTC (exclusive end)."""
    return day_start(day + timedelta(days=1), zone)


def to_millis(moment: datetime) -> int:
    """Unix milliseconds of an aware `moment`."""
    delta = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return delta // timedelta(milliseconds=1)


def from_millis(millis: int) -> datetime:
    """The UTC instant of Unix milliseconds (exact, no float)."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=millis)

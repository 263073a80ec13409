"""How far the warehouse is: nothing is evaluated against events that it does not have yet, and every answer says so."""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta

from django.conf import settings

from siyu.audiences import moments
from siyu.audiences.contracts import AsOf, Freshness, Moment
from siyu.eventlog import queries as log
from siyu.eventlog.contracts import Position
from siyu.kernel import clock
from siyu.kernel.errors import InvalidInput, Unavailable
from siyu.warehouse import queries as warehouse
from siyu.warehouse import services as shipping

# Between looks at the positions while waiting for a worker to ship.
POLL_SECONDS = 0.05
# Screens ask again and again; for this long "now" stays what it was if no event has come.
SETTLED_FOR = timedelta(seconds=30)

_last_asked: AsOf | None = None


def reached() -> Position:
    """Everything up to here is in the warehouse: events, profiles and roots."""
    return warehouse.reached()


def freshness() -> Freshness:
    """What the warehouse knows, of the slowest stream."""
    lags = warehouse.lag()
    waiting = [lag for lag in lags if lag.waiting_count]
    instants = [lag.fresh_as_of for lag in lags if lag.fresh_as_of is not None]
    return Freshness(
        shipped_until=min(instants, default=None),
        waiting_count=max((lag.waiting_count for lag in lags), default=0),
        is_complete=not waiting,
        error=next((lag.error for lag in lags if lag.error), ""),
    )


def pin(as_of: AsOf | datetime | date | None) -> AsOf:
    """The as-of to evaluate at: a pinned one as it is, a day's end, an instant, or now."""
    if isinstance(as_of, AsOf):
        return as_of
    if isinstance(as_of, datetime):
        return AsOf(as_of, str(reached()))
    if as_of is not None:
        return AsOf(clock.day_end(as_of, settings.SIYU.tz), str(reached()))
    return _settled(present())


def present() -> AsOf:
    """This very instant: for what is kept, not only shown."""
    return AsOf(clock.now(), str(reached()))


def _settled(now: AsOf) -> AsOf:
    """The last instant that was asked about, while nothing has come since: its answers are in memory, and as good."""
    global _last_asked  # noqa: PLW0603 - one value per process, replaced as a whole
    last = _last_asked
    if last is not None and last.position == now.position and timedelta() <= now.until - last.until < SETTLED_FOR:
        return last
    _last_asked = now
    return now


def moment_of(as_of: AsOf) -> Moment:
    return moments.moment_until(as_of.until, settings.SIYU.tz)


def parse(text: str) -> AsOf:
    """A pinned as-of from its text; InvalidInput for anything else."""
    until, _, position = text.partition("@")
    try:
        moment = datetime.fromisoformat(until)
        Position.parse(position)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InvalidInput(reason="The as-of is damaged. Leave it out to ask for now.")
    return AsOf(moment, position)


def wait_until_shipped(*, timeout_seconds: float = 60.0) -> None:
    """Returns when the warehouse has all that the log holds now. Raises Unavailable when the time is up.

    A running worker ships by itself, under a lease; where none does, this process ships.
    """
    last = log.last_committed()
    until = time.monotonic() + timeout_seconds
    while reached() < last:
        if time.monotonic() > until:
            raise Unavailable(what="The warehouse")
        if not shipping.ship_pending():
            time.sleep(POLL_SECONDS)

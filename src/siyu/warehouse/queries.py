"""Reads of `warehouse`: how far it is behind."""

from __future__ import annotations

from siyu.eventlog import queries as log
from siyu.eventlog.contracts import START, Position
from siyu.kernel import clock
from siyu.warehouse import registries
from siyu.warehouse.contracts import StreamLag
from siyu.warehouse.models import Stream
from siyu.warehouse.services.shipping import EVENTS_STREAM, projection_stream

# Waiting events that are counted one by one; more are told by their ids.
COUNTED_EVENTS = 500


def lag() -> list[StreamLag]:
    """Every stream: about how many events wait, how old the oldest is, up to when the warehouse knows everything."""
    known = Stream.objects.in_bulk()
    names = [EVENTS_STREAM, *map(projection_stream, registries.PROJECTIONS)]
    return [_lag_of(name, known.get(name)) for name in names]


def freshness() -> StreamLag:
    """The stream of events: what a screen shows beside its numbers."""
    return _lag_of(EVENTS_STREAM, Stream.objects.filter(pk=EVENTS_STREAM).first())


def reached() -> Position:
    """The position up to which every stream has arrived: what is evaluated against events before it misses nothing."""
    known = Stream.objects.in_bulk()
    names = [EVENTS_STREAM, *map(projection_stream, registries.PROJECTIONS)]
    return min(Position(known[name].xid, known[name].event_id) if name in known else START for name in names)


def arrived() -> tuple[tuple[str, int, int], ...]:
    """How far each stream is: while it stays the same, so do all answers about a given time."""
    return tuple(sorted(Stream.objects.values_list("name", "xid", "event_id")))


def _lag_of(name: str, stream: Stream | None) -> StreamLag:
    moment = clock.now()
    position = Position(stream.xid, stream.event_id) if stream else START
    first = log.read(position, COUNTED_EVENTS)
    waiting_count = len(first)
    if waiting_count == COUNTED_EVENTS:
        # Ids have few gaps; counting millions of rows for a status screen would cost more than the answer is worth.
        waiting_count = log.head().id - first[0].id + 1
    recorded_at = clock.from_millis(first[0].recorded_at_ms) if first else None
    return StreamLag(
        stream=name,
        waiting_count=waiting_count,
        oldest_age_ms=max(0, clock.to_millis(moment) - first[0].recorded_at_ms) if first else 0,
        fresh_as_of=recorded_at or moment,
        error=stream.error if stream else "",
        failing_since=stream.failing_since if stream else None,
    )

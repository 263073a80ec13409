"""What crosses the boundary of `warehouse`: its errors, lanes, lag, and what a projection is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from siyu.eventlog.contracts import StoredEvent
from siyu.kernel.errors import SiyuError, Unavailable

Lane = Literal["short", "long"]


def fragments_of(events: Sequence[StoredEvent]) -> list[int]:
    """The customers' fragments that the events speak of, each once, in order."""
    return sorted({event.fragment_id for event in events if event.fragment_id})


class WarehouseUnavailable(Unavailable):
    """It cannot be reached, is starting, or is full of other work. Try again later; nothing was lost."""

    code = "warehouse_unavailable"


class WarehouseFull(WarehouseUnavailable):
    """Its disk is (nearly) full: reads go on, writes wait until there is room."""

    code = "warehouse_full"
    message = "The disk of %(what)s is full. Free some space; everything waits in the log until then."


class QueryTooHeavy(SiyuError):
    """The query passed its cap of memory or time."""

    code = "query_too_heavy"
    status = 422
    message = "This question needs more memory or time than is set aside for it. Make its range smaller."


class QueryCancelled(SiyuError):
    code = "query_cancelled"
    status = 409
    message = "The question was cancelled."


class QueryFailed(RuntimeError):
    """The warehouse refused the statement itself: a programming error, which belongs in the crash log."""

    def __init__(self, *, code: int | None, name: str | None, text: str) -> None:
        self.code = code
        self.name = name
        super().__init__(text)


@dataclass(frozen=True)
class Projection:
    """State of another package as rows of a warehouse table, a `ReplacingMergeTree(version)`.

    `ddl` makes the table (CREATE TABLE IF NOT EXISTS …); empty if the warehouse's own migrations do. After an event
    in `listens`, `rows(keys)` reads the present rows of the keys it touched from records, in the order of `columns`,
    which include `version`: a larger one wins, so a row that is sent twice or late does no harm. There is no delete:
    a key that is gone comes back as a row that says so. `keys_of(events)` tells the keys (by default the events'
    fragments); `all_keys(after, limit)` walks every key in order, for rebuilds. `dictionary` is reloaded when rows
    have come.
    """

    table: str
    columns: Sequence[str]
    listens: frozenset[str]
    rows: Callable[[Sequence[int]], Sequence[Sequence[Any]]]
    all_keys: Callable[[int, int], Sequence[int]]
    ddl: str = ""
    keys_of: Callable[[Sequence[StoredEvent]], Sequence[int]] = fragments_of
    dictionary: str = ""


# A stream that is this far behind is not merely busy.
LATE_SECONDS = 60


@dataclass(frozen=True)
class StreamLag:
    """How far the warehouse is behind for one stream. `fresh_as_of` is the instant up to which it knows everything."""

    stream: str
    waiting_count: int
    oldest_age_ms: int
    fresh_as_of: datetime | None
    error: str
    failing_since: datetime | None

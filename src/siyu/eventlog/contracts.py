"""What crosses the boundary of `eventlog`: events, positions, subscribers, jobs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from siyu.kernel import clock
from siyu.kernel.errors import SiyuError


class Position(NamedTuple):
    """A place in the log. Compare positions; never compute with them (on PostgreSQL `xid` is the transaction)."""

    xid: int
    id: int

    def __str__(self) -> str:
        return f"{self.xid}.{self.id}"

    @classmethod
    def parse(cls, text: str) -> Position:
        xid, _, row_id = text.partition(".")
        return cls(int(xid), int(row_id))


START = Position(0, 0)


@dataclass(frozen=True, slots=True)
class NewEvent:
    """A fact to be appended. `message_id` makes it idempotent: the log takes each message id once."""

    name: str
    occurred_at: datetime
    body: Mapping[str, Any]
    fragment_id: int | None = None
    message_id: str | None = None
    source: str = ""
    trace_id: str = ""


class StoredEvent(NamedTuple):
    """A fact as the log holds it. `body_json` is the stored text; `body` decodes it."""

    xid: int
    id: int
    name: str
    fragment_id: int | None
    occurred_at_ms: int
    recorded_at_ms: int
    body_json: str
    source: str
    trace_id: str

    @property
    def position(self) -> Position:
        return Position(self.xid, self.id)

    @property
    def body(self) -> dict[str, Any]:
        decoded: dict[str, Any] = json.loads(self.body_json)
        return decoded

    @property
    def occurred_at(self) -> datetime:
        return clock.from_millis(self.occurred_at_ms)


@dataclass(frozen=True)
class EventType:
    """A kind of fact, registered by its publisher. `label` and the property texts are msgids."""

    name: str
    label: str
    properties: Mapping[str, str]
    icon: str = "point"


@dataclass(frozen=True)
class Subscriber:
    """Who reads the log. `handle` gets a batch in order, only events in `names` (None for all).

    By default it runs in one transaction with the cursor's move: effects in records happen exactly once. With
    `own_transaction` it runs outside one (it uses the network) and must be idempotent: a batch may come again.
    """

    name: str
    handle: Callable[[Sequence[StoredEvent]], None]
    names: frozenset[str] | None = None
    batch_rows: int = 1_000
    own_transaction: bool = False


@dataclass(frozen=True)
class Pump:
    """A loop of the worker: `run_once` does some work and says how much; 0 lets it rest until woken."""

    name: str
    run_once: Callable[[], int]
    idle_seconds: float = 5.0


class JobState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        return self in (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


class JobCancelled(Exception):
    """Raised inside a job by `check_cancelled` when somebody asked it to stop."""


class JobReleased(Exception):
    """Raised inside a job when its worker is stopping: the job goes back to the queue and resumes elsewhere."""


class LeaseLost(Exception):
    """Another worker has taken the job over; this one must stop without writing."""


class UnknownEvent(SiyuError):
    code = "unknown_event"
    status = 500
    message = "The event %(name)s is not registered."


class BodyTooLarge(SiyuError):
    code = "event_too_large"
    status = 413
    message = "The event %(name)s has %(size)s bytes; the limit is %(limit)s."


@dataclass(frozen=True)
class Schedule:
    """Starts a job at the times of a cron line, in the brand's zone; a missed time is made up once."""

    name: str
    cron: str
    job_kind: str
    args: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class JobView:
    """A job as screens and programs see it. Times are aware UTC; rates are per second."""

    id: int
    kind: str
    state: JobState
    args: Mapping[str, Any]
    done: int
    total: int
    note: str
    rate_per_s: float | None
    seconds_left: float | None
    result: Mapping[str, Any] | None
    error: str
    cancel_asked: bool
    attempts: int
    trace_id: str
    created_by: int | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def share(self) -> float:
        """Progress between 0 and 1."""
        if self.state is JobState.DONE:
            return 1.0
        return min(1.0, self.done / self.total) if self.total else 0.0


@dataclass(frozen=True)
class SubscriberLag:
    """How far a subscriber is behind: rows waiting, age of the oldest of them, last error."""

    name: str
    waiting_count: int
    oldest_age_ms: int
    parked_count: int
    error: str


@dataclass(frozen=True)
class ParkedView:
    """An event that waits because its subscriber could not take it."""

    id: int
    subscriber: str
    event_id: int
    event_name: str
    error: str
    parked_at: datetime


@dataclass(frozen=True)
class TraceRow:
    """One hop of a trace: when, which package and table, what, and the ids that a person may look up."""

    at: datetime
    where: str
    what: str
    detail: Mapping[str, Any]

"""What packages hand to the log and the worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from siyu.eventlog.contracts import EventType, JobState, Pump, Schedule, Subscriber, TraceRow
from siyu.eventlog.jobs import JobContext
from siyu.kernel.registry import Registry


def _nothing() -> None:
    """What most kinds of work have to load beforehand."""


@dataclass(frozen=True)
class JobKind:
    """A kind of background work. `run` may be killed anywhere and started again; its result is shown to people.

    With `own_process` the worker runs it in a child process: for work that takes much memory or computes for long;
    `prepare` loads there what `run` needs, while the process waits for work.
    """

    name: str
    label: str
    run: Callable[[JobContext], Mapping[str, Any]]
    own_process: bool = False
    prepare: Callable[[], object] = _nothing


@dataclass(frozen=True)
class JobEnd:
    """How a job ended, for those who tell its starter."""

    job_id: int
    kind: str
    state: JobState
    created_by: int | None


EVENTS: Registry[EventType] = Registry("event")
SUBSCRIBERS: Registry[Subscriber] = Registry("subscriber")
PUMPS: Registry[Pump] = Registry("pump")
JOBS: Registry[JobKind] = Registry("job kind")
SCHEDULES: Registry[Schedule] = Registry("schedule")
TRACES: Registry[Callable[[str], Sequence[TraceRow]]] = Registry("trace source")
# Called in the transaction that ends a job, done or failed: what they write is written exactly once.
JOB_ENDS: Registry[Callable[[JobEnd], None]] = Registry("job end")

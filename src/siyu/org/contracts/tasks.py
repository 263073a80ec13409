"""What crosses the boundary of tasks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from siyu.kernel import clock
from siyu.kernel.errors import Conflict


class TaskState(StrEnum):
    OPEN = "open"
    DONE = "done"
    CANCELLED = "cancelled"


class Whose(StrEnum):
    """Whose tasks a list shows: one's own, those that one gave, or all at one's places."""

    MINE = "mine"
    GIVEN = "given"
    PLACES = "places"


@dataclass(frozen=True, slots=True)
class TaskKind:
    """A kind of task. `label` is a msgid."""

    key: str
    label: str
    icon: str


@dataclass(frozen=True, slots=True)
class Person:
    id: int
    name: str


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task. Either `people` or the role at the place is asked; `may_change` is for who gave it or leads the place."""

    id: int
    kind: str
    title: str
    note: str
    node_id: int
    node_name: str
    role_id: int | None
    role_label: str
    people: tuple[Person, ...]
    customer_id: int | None
    due_at: datetime
    state: TaskState
    result: str
    created_by: Person | None
    created_at: datetime
    closed_by: Person | None
    closed_at: datetime | None
    version: int
    may_change: bool

    @property
    def is_overdue(self) -> bool:
        return self.state is TaskState.OPEN and self.due_at < clock.now()


@dataclass(frozen=True, slots=True)
class CommentView:
    author: Person | None
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PlannedTask:
    """A task that a bulk would make: where, for how many people, due when; `problem` (a msgid) keeps it from being."""

    node_id: int
    node_name: str
    people_count: int
    due_at: datetime | None
    is_certain: bool
    problem: str = ""


@dataclass(frozen=True, slots=True)
class OverdueRow:
    """How a place or a person stands: open, of them overdue; done in the last days, of them late."""

    id: int
    name: str
    open_count: int
    overdue_count: int
    done_count: int
    late_count: int


class TaskClosed(Conflict):
    code = "task_closed"
    message = "This task is closed already. Reload the page."

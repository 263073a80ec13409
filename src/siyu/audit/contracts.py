"""What may cross the boundary of `audit`: who acted, on what, and the entry that keeps it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Via(StrEnum):
    """Through what somebody acted."""

    SESSION = "session"
    TOKEN = "token"
    KEY = "key"
    CLI = "cli"
    SYSTEM = "system"
    # The first-run wizard, and what was done as somebody had asked once others approved it.
    SETUP = "setup"
    APPROVAL = "approval"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acted. Without `staff_id` and `key_id` it was Siyu itself, the command line, or somebody not known."""

    name: str
    via: Via
    staff_id: int | None = None
    key_id: int | None = None
    origin: str = ""
    trace_id: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """What was acted on: its registered kind, its id (empty for none), and what people called it at that time."""

    kind: str
    id: int | str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    """A registered verb with what it is called."""

    key: str
    label: str


@dataclass(frozen=True, slots=True)
class Kind:
    """A registered kind of object with what it is called."""

    key: str
    label: str


@dataclass(frozen=True, slots=True)
class EntryView:
    """One thing that was done. `before` and `after` hold the changed fields only, with secrets masked."""

    id: int
    at: datetime
    action: str
    actor: Actor
    target: Target
    before: Mapping[str, Any]
    after: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Filters:
    """Which entries are wanted; what is empty filters nothing. `staff_ids` of () means nobody, None everybody."""

    staff_ids: Sequence[int] | None = None
    via: str = ""
    action: str = ""
    kind: str = ""
    object_id: str = ""
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A page of entries, newest first. `searched_to` is set where a search by text stopped before the page was full:
    older entries, from `next_cursor` on, have not been looked through yet."""

    items: list[EntryView] = field(default_factory=list)
    next_cursor: str | None = None
    searched_to: datetime | None = None

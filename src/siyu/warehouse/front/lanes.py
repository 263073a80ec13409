"""Lanes: who may run beside whom, how wide, and with how much memory.

The short lane answers people (live counts), the long lane rebuilds, the write lane takes inserts and definitions. Each
has its own slots, so that a rebuild never stands before a live count.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from .errors import TOO_MANY_QUERIES, FrontError

# Waiting requests per lane. More than this is a flood; the caller is told to come back (503).
MAX_WAITING = 64


@dataclass(frozen=True)
class LaneRule:
    """`share_of_memory` is one query's part of the cap over all queries; `wait_seconds` how long one stands in line."""

    name: str
    slots: int
    threads: int
    share_of_memory: float
    wait_seconds: float


# Two live counts at once, each over both cores: they last milliseconds. One rebuild at a time on one thread, which
# leaves the other core to the short lane. One write at a time: inserts are large and in order anyway.
RULES = (
    LaneRule("short", slots=2, threads=2, share_of_memory=0.2, wait_seconds=10),
    LaneRule("long", slots=1, threads=1, share_of_memory=0.5, wait_seconds=600),
    LaneRule("write", slots=1, threads=1, share_of_memory=0.4, wait_seconds=120),
)


class Lane:
    """The slots of one lane, handed out in the order of asking."""

    def __init__(self, rule: LaneRule) -> None:
        self.rule = rule
        self._free = rule.slots
        self._line: list[object] = []
        self._changed = threading.Condition()

    @contextmanager
    def slot(self) -> Iterator[float]:
        """Holds a slot; yields the seconds that were spent waiting for it."""
        asked_at = time.monotonic()
        self._enter(asked_at + self.rule.wait_seconds)
        try:
            yield time.monotonic() - asked_at
        finally:
            with self._changed:
                self._free += 1
                self._changed.notify_all()

    def _enter(self, until: float) -> None:
        me = object()
        with self._changed:
            if len(self._line) >= MAX_WAITING:
                raise self._full("too many are waiting")
            self._line.append(me)
            try:
                while not (self._free and self._line[0] is me):
                    left = until - time.monotonic()
                    if left <= 0:
                        raise self._full(f"no turn within {self.rule.wait_seconds:g} s")
                    self._changed.wait(left)
                self._free -= 1
            finally:
                self._line.remove(me)
                self._changed.notify_all()

    def _full(self, why: str) -> FrontError:
        return FrontError(TOO_MANY_QUERIES, f"The {self.rule.name} lane is full: {why}.")


class Lanes:
    def __init__(self) -> None:
        self._lanes = {rule.name: Lane(rule) for rule in RULES}

    def choose(self, asked: str | None, *, writes: bool) -> Lane:
        """The lane asked for by a reader (unknown or no wish: long); writers always go to their own."""
        if writes:
            return self._lanes["write"]
        return self._lanes["short" if asked == "short" else "long"]

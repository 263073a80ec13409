"""Queries in flight: their ids, how to kill one, and a watch on callers that hang up."""

from __future__ import annotations

import contextlib
import secrets
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .errors import QUERY_ID_TAKEN, FrontError

# How often a kill is repeated, and how long one waits for its effect.
RETRY_KILL_SECONDS = 0.2
KILL_WAIT_SECONDS = 5


@dataclass
class Running:
    query_id: str
    tag: str
    writes: bool
    cancelled: bool = False


class RunningQueries:
    """All queries in flight. One thread watches their sockets and kills what nobody waits for any more."""

    def __init__(self, kill: Callable[[str], None]) -> None:
        self._kill = kill
        self._by_id: dict[str, Running] = {}
        self._watched: dict[int, Running] = {}
        self._lock = threading.Lock()
        self._epoll = select.epoll()
        self.last_ended_at = time.monotonic()
        threading.Thread(target=self._watch, name="callers", daemon=True).start()

    @contextlib.contextmanager
    def run(self, query_id: str, *, writes: bool) -> Iterator[Running]:
        """Registers one query under its id (which must be free) and a fresh tag for the engine."""
        running = Running(query_id, tag=secrets.token_hex(12), writes=writes)
        with self._lock:
            if query_id in self._by_id:
                raise FrontError(QUERY_ID_TAKEN, f"Query with id = {query_id} is already running.")
            self._by_id[query_id] = running
        try:
            yield running
        finally:
            with self._lock:
                del self._by_id[query_id]
            self.last_ended_at = time.monotonic()

    @contextlib.contextmanager
    def watched(self, running: Running, connection: socket.socket) -> Iterator[None]:
        """Kills a read as soon as its caller hangs up. A write is left alone: it ends, or its body breaks off."""
        if running.writes:
            yield
            return
        descriptor = connection.fileno()
        self._watched[descriptor] = running
        self._epoll.register(descriptor, select.EPOLLRDHUP | select.EPOLLHUP | select.EPOLLERR)
        try:
            yield
        finally:
            with contextlib.suppress(OSError, ValueError):  # the watcher may have let go of it already
                self._epoll.unregister(descriptor)
            self._watched.pop(descriptor, None)

    def kill(self, query_ids: set[str]) -> list[str]:
        """Kills the queries with these ids and waits for their end. Returns the ids that were running."""
        with self._lock:
            chosen = [self._by_id[query_id] for query_id in query_ids if query_id in self._by_id]
        self._end(chosen)
        return [running.query_id for running in chosen]

    def kill_reads(self) -> None:
        with self._lock:
            chosen = [running for running in self._by_id.values() if not running.writes]
        self._end(chosen)

    def _end(self, chosen: list[Running]) -> None:
        for running in chosen:
            running.cancelled = True
            self._kill(running.tag)
        self._wait_for_end(chosen)

    def _wait_for_end(self, chosen: list[Running]) -> None:
        until = time.monotonic() + KILL_WAIT_SECONDS
        while any(self._by_id.get(r.query_id) is r for r in chosen) and time.monotonic() < until:
            time.sleep(RETRY_KILL_SECONDS / 10)
            for running in chosen:
                self._kill(running.tag)

    def count(self) -> int:
        return len(self._by_id)

    def _watch(self) -> None:
        dying: list[Running] = []
        while True:
            # A kill that comes before the engine has begun finds nothing: repeat it until the query is gone.
            for descriptor, _ in self._epoll.poll(RETRY_KILL_SECONDS if dying else None):
                with contextlib.suppress(OSError, ValueError):
                    self._epoll.unregister(descriptor)
                running = self._watched.pop(descriptor, None)
                if running is not None:
                    running.cancelled = True
                    dying.append(running)
            dying = [running for running in dying if self._by_id.get(running.query_id) is running]
            for running in dying:
                self._kill(running.tag)

"""Wake-up: how a resting worker learns that something was committed, without a broker.

SQLite: PRAGMA data_version changes when another connection commits; asking every 40 ms costs half a percent of a core,
and half of that while nothing has come for a while.
PostgreSQL: LISTEN/NOTIFY.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time

from django.db import connections

from siyu.eventlog import records

log = logging.getLogger(__name__)
POLL_SECONDS = 0.04
# Where nobody has committed for so many looks in a row, it looks half as often.
QUIET_LOOKS = 250
QUIET_POLL_SECONDS = 0.08
# After a broken connection, before the next try.
RETRY_SECONDS = 1.0


class Waker:
    """One thread that watches the store and wakes everybody who waits in `wait`."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._generation = 0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="waker", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends the watch and every wait."""
        self._stopped.set()
        self.wake()

    @property
    def stopped(self) -> bool:
        return self._stopped.is_set()

    @property
    def generation(self) -> int:
        """A number that grows with each wake-up: read it before looking for work, pass it to `wait`."""
        return self._generation

    def wake(self) -> None:
        with self._condition:
            self._generation += 1
            self._condition.notify_all()

    def wait(self, seen: int, timeout_seconds: float) -> None:
        """Returns at once if something was committed since `seen`, else on the next wake-up or after the time."""
        with self._condition:
            self._condition.wait_for(lambda: self._generation != seen or self.stopped, timeout_seconds)

    def _watch(self) -> None:
        while not self.stopped:
            try:
                if records.is_postgres():
                    self._listen()
                else:
                    self._poll()
            except Exception:
                log.warning("the wake-up watch lost its connection; trying again", exc_info=True)
                time.sleep(RETRY_SECONDS)
            finally:
                connections["default"].close()

    def _poll(self) -> None:
        path = connections["default"].settings_dict["NAME"]
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as watched:
            known, quiet_looks = None, 0
            while not self._stopped.wait(QUIET_POLL_SECONDS if quiet_looks > QUIET_LOOKS else POLL_SECONDS):
                version = watched.execute("PRAGMA data_version").fetchone()[0]
                quiet_looks += 1
                if version != known:
                    known, quiet_looks = version, 0
                    self.wake()

    def _listen(self) -> None:
        connection = connections["default"]
        connection.ensure_connection()
        raw = connection.connection
        assert raw is not None
        with connection.cursor() as cursor:
            cursor.execute(f"LISTEN {records.CHANNEL}")
        self.wake()
        while not self.stopped:
            for _ in raw.notifies(timeout=1.0, stop_after=1):
                self.wake()

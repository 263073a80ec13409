"""Where a token leads: one statement on the records, read-only, and a bounded memory of what it said."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Protocol

from siyu.kernel.errors import Unavailable
from siyu.kernel.settings import Settings

# Tokens kept: about 20 MB at the longest addresses, and a broadcast's first rush fits.
CACHE_ENTRIES = 50_000
# A link that was taken back must stop leading somewhere soon.
KNOWN_SECONDS = 60.0
# An unknown token may be about to be committed; yet a scanner must not reach the store with each guess.
UNKNOWN_SECONDS = 1.0
# The reader never waits for a writer (WAL); this covers a checkpoint that holds the file for a moment.
SQLITE_BUSY_SECONDS = 2.0
# Look-ups are short and mostly answered by the memory.
POOL_MAX_CONNECTIONS = 4
POOL_WAIT_SECONDS = 2.0


@dataclass(frozen=True)
class LinkTarget:
    """A link that is known: where it leads, until when (Unix seconds), and the trace it belongs to."""

    url: str
    expires_at: int
    trace_id: str


class LinkStore(Protocol):
    def find(self, token: str) -> LinkTarget | None: ...
    def close(self) -> None: ...


class Links:
    """Look-up through the memory; safe to share between threads."""

    def __init__(self, settings: Settings) -> None:
        self._store: LinkStore = PostgresLinks(settings) if settings.uses_postgres else SqliteLinks(settings)
        self._lock = threading.Lock()
        self._cache: OrderedDict[str, tuple[float, LinkTarget | None]] = OrderedDict()

    def find(self, token: str) -> LinkTarget | None:
        """The link, or None if the token is unknown or has expired. Unavailable if the records do not answer."""
        found = self._remembered(token)
        if found is None:
            target = self._store.find(token)
            self._remember(token, target)
        else:
            target = found[1]
        if target is not None and target.expires_at < time.time():
            return None
        return target

    def _remembered(self, token: str) -> tuple[float, LinkTarget | None] | None:
        with self._lock:
            found = self._cache.get(token)
            if found is None or found[0] < time.monotonic():
                return None
            self._cache.move_to_end(token)
            return found

    def _remember(self, token: str, target: LinkTarget | None) -> None:
        until = time.monotonic() + (KNOWN_SECONDS if target else UNKNOWN_SECONDS)
        with self._lock:
            self._cache[token] = (until, target)
            self._cache.move_to_end(token)
            while len(self._cache) > CACHE_ENTRIES:
                self._cache.popitem(last=False)

    def close(self) -> None:
        self._store.close()


class SqliteLinks:
    """One read-only connection per thread: SQLite connections are cheap and must not be shared while in use."""

    SQL = "SELECT target_url, CAST(strftime('%s', expires_at) AS INTEGER), trace_id FROM links_link WHERE token = ?"

    def __init__(self, settings: Settings) -> None:
        self._uri = f"{settings.records_path.as_uri()}?mode=ro"
        self._local = threading.local()

    def find(self, token: str) -> LinkTarget | None:
        try:
            row = self._connection().execute(self.SQL, (token,)).fetchone()
        except sqlite3.Error as error:
            self._local.connection = None
            raise Unavailable(what="The records") from error
        return LinkTarget(*row) if row else None

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self._uri, uri=True, timeout=SQLITE_BUSY_SECONDS, isolation_level=None)
            self._local.connection = connection
        return connection

    def close(self) -> None:
        """Each connection ends with its thread."""


class PostgresLinks:
    SQL = "SELECT target_url, extract(epoch FROM expires_at)::bigint, trace_id FROM links_link WHERE token = %s"

    def __init__(self, settings: Settings) -> None:
        # 80 ms and 10 MB: only where this store is.
        from psycopg import Error
        from psycopg_pool import ConnectionPool, PoolTimeout

        self._errors = (Error, PoolTimeout)
        self._pool = ConnectionPool(
            settings.database_url,
            min_size=0,
            max_size=POOL_MAX_CONNECTIONS,
            timeout=POOL_WAIT_SECONDS,
            kwargs={"autocommit": True, "application_name": "siyu-collector"},
            open=True,
        )

    def find(self, token: str) -> LinkTarget | None:
        try:
            with self._pool.connection() as connection:
                row = connection.execute(self.SQL, [token]).fetchone()
        except self._errors as error:
            raise Unavailable(what="The records") from error
        return LinkTarget(*row) if row else None

    def close(self) -> None:
        self._pool.close()

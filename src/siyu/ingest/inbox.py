"""The inbox: what the outside world has sent and has been told is safe, until the resolver has taken it over.

Free of Django, because the collector uses it. Many threads `append`; one thread commits whatever waits in one
transaction (group commit), and each `append` returns only after that commit has reached the disk. A commit costs one
fsync however many rows it carries, so throughput grows with the requests in flight.

SQLite: a file of its own, because in the records file a resolver's transactions would delay every answer.
PostgreSQL: the table `inbox` beside the records, read below the snapshot horizon: a row id is not an order there.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Protocol

from siyu.eventlog.contracts import START, Position
from siyu.kernel import clock
from siyu.kernel.errors import Unavailable
from siyu.kernel.failpoints import failpoint
from siyu.kernel.settings import Settings

# Rows of one commit. Beyond this the gain per row is nil and those who wait wait longer.
COMMIT_MAX_ROWS = 1_000
# Bytes of one commit, so that a few large batches do not build one huge transaction.
COMMIT_MAX_BYTES = 16 * 1024 * 1024
# Rows deleted in one transaction by `trim`: the collector's commits wait for it on SQLite.
TRIM_ROWS = 1_000
# The only other writer is `trim`; a wait this long means that something holds the file.
SQLITE_BUSY_SECONDS = 10.0
# The channel on which workers listen for new work (`eventlog.records.CHANNEL`; not imported, it needs Django).
CHANNEL = "siyu"


class InboxUnavailable(Unavailable):
    """The rows of a failed commit were not kept; nothing was promised for them. `what` names the cause."""

    code = "inbox_unavailable"


class InboxRow(NamedTuple):
    """One thing received: `body` as it came in, `kind` says who understands it."""

    position: Position
    kind: str
    body: bytes
    trace_id: str
    received_at_ms: int


_NewRow = tuple[str, bytes, str, int]


class Store(Protocol):
    """What the two stores have in common; each call is one transaction."""

    def insert(self, rows: Sequence[_NewRow]) -> None: ...
    def read(self, after: Position, limit: int) -> list[InboxRow]: ...
    def trim(self, upto: Position) -> int: ...
    def waiting(self, after: Position) -> int: ...
    def close(self) -> None: ...


class _Waiting:
    """A row on its way to the disk and the lock that its thread waits on (a bare lock is the cheapest wait)."""

    __slots__ = ("done", "error", "row")

    def __init__(self, row: _NewRow) -> None:
        self.row = row
        self.error: Exception | None = None
        self.done = threading.Lock()
        self.done.acquire()


class Inbox:
    """One process's door to the inbox; safe to share between threads. `close` finishes what waits."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._store: Store | None = None
        self._store_lock = threading.Lock()
        self._condition = threading.Condition()
        self._queue: list[_Waiting] = []
        self._committer: threading.Thread | None = None
        self._closing = False

    def prepare(self) -> None:
        """Opens the store and makes its table if need be. Otherwise the first use does."""
        with self._using_store():
            return

    def append(self, kind: str, body: bytes, trace_id: str) -> None:
        """Keeps one row; returns when it is on the disk. InboxUnavailable if it could not be kept."""
        waiting = _Waiting((kind, body, trace_id, clock.to_millis(clock.now())))
        with self._condition:
            if self._closing:
                raise InboxUnavailable(what="The inbox")
            if self._committer is None:
                self._committer = threading.Thread(target=self._commit_loop, name="inbox-committer", daemon=True)
                self._committer.start()
            self._queue.append(waiting)
            self._condition.notify()
        waiting.done.acquire()
        if waiting.error is not None:
            raise InboxUnavailable(what="The inbox") from waiting.error

    def read(self, after: Position = START, limit: int = COMMIT_MAX_ROWS) -> list[InboxRow]:
        """The next rows after a position, in order; never one that a later read would precede."""
        with self._using_store() as store:
            return store.read(after, limit)

    def waiting_count(self, after: Position = START) -> int:
        """How many rows lie after a position."""
        with self._using_store() as store:
            return store.waiting(after)

    def trim(self, upto: Position) -> int:
        """Deletes rows up to and including a position that the resolver has committed elsewhere; returns how many."""
        total = 0
        while True:
            with self._using_store() as store:
                gone = store.trim(upto)
            total += gone
            if gone < TRIM_ROWS:
                return total

    def close(self) -> None:
        """Commits what waits and closes the store. Appends after this are refused."""
        with self._condition:
            self._closing = True
            self._condition.notify()
        if self._committer is not None:
            self._committer.join()
        with self._store_lock:
            self._drop_store()

    def _commit_loop(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._queue or self._closing)
                if not self._queue:
                    return
                batch = _cut(self._queue)
            self._commit(batch)

    def _commit(self, batch: Sequence[_Waiting]) -> None:
        error: Exception | None = None
        try:
            with self._using_store() as store:
                failpoint("ingest.inbox_before_commit")
                store.insert([waiting.row for waiting in batch])
                failpoint("ingest.inbox_after_commit")
        except Exception as caught:  # whatever it was, every waiter has to learn it
            error = caught
        for waiting in batch:
            waiting.error = error
            waiting.done.release()

    @contextmanager
    def _using_store(self) -> Iterator[Store]:
        """The store, opened when first needed; after a failure it is opened anew, which mends lost connections."""
        with self._store_lock:
            if self._store is None:
                self._store = open_store(self._settings)
            try:
                yield self._store
            except Exception:
                self._drop_store()
                raise

    def _drop_store(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None


def _cut(queue: list[_Waiting]) -> list[_Waiting]:
    """Takes the next batch off the queue: as many rows as one commit may carry, at least one."""
    size = count = 0
    for waiting in queue[:COMMIT_MAX_ROWS]:
        size += len(waiting.row[1])
        if count and size > COMMIT_MAX_BYTES:
            break
        count += 1
    batch = queue[:count]
    del queue[:count]
    return batch


def open_store(settings: Settings) -> Store:
    """The store that the settings name."""
    if settings.uses_postgres:
        return PostgresStore(settings.database_url)
    return SqliteStore(settings.inbox_path)


class SqliteStore:
    """A file of its own, WAL with synchronous=FULL: a commit is on the disk when it returns."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Made before SQLite opens it: phones and orders lie in here, and the WAL inherits the mode.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        self._connection = sqlite3.connect(
            path, timeout=SQLITE_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        # AUTOINCREMENT: an id of a trimmed row must not come back below somebody's cursor.
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS inbox (id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, "
            "body BLOB NOT NULL, trace_id TEXT NOT NULL, received_at_ms INTEGER NOT NULL)"
        )

    def insert(self, rows: Sequence[_NewRow]) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            self._connection.executemany(
                "INSERT INTO inbox (kind, body, trace_id, received_at_ms) VALUES (?, ?, ?, ?)", rows
            )
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def read(self, after: Position, limit: int) -> list[InboxRow]:
        found = self._connection.execute(
            "SELECT id, kind, body, trace_id, received_at_ms FROM inbox WHERE id > ? ORDER BY id LIMIT ?",
            (after.id, limit),
        )
        return [InboxRow(Position(0, row[0]), *row[1:]) for row in found]

    def trim(self, upto: Position) -> int:
        return self._connection.execute(
            "DELETE FROM inbox WHERE id IN (SELECT id FROM inbox WHERE id <= ? ORDER BY id LIMIT ?)",
            (upto.id, TRIM_ROWS),
        ).rowcount

    def waiting(self, after: Position) -> int:
        return int(self._connection.execute("SELECT count(*) FROM inbox WHERE id > ?", (after.id,)).fetchone()[0])

    def close(self) -> None:
        self._connection.close()


class PostgresStore:
    """The table `inbox` in the records database, shared by collectors on any number of machines."""

    # Two collectors that start together on an empty database would both create the table.
    DDL_LOCK_ID = 0x51_79_69
    DDL = (
        "CREATE TABLE IF NOT EXISTS inbox (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "
        "xid xid8 NOT NULL DEFAULT pg_current_xact_id(), kind text NOT NULL, body bytea NOT NULL, "
        "trace_id text NOT NULL, received_at_ms bigint NOT NULL)",
        "CREATE INDEX IF NOT EXISTS inbox_order ON inbox (xid, id)",
    )
    # One statement, hence one round trip and one transaction; the notice goes out with its commit.
    INSERT = (
        "WITH kept AS (INSERT INTO inbox (kind, body, trace_id, received_at_ms) "
        "SELECT * FROM unnest(%s::text[], %s::bytea[], %s::text[], %s::bigint[]) RETURNING 1) "
        f"SELECT pg_notify('{CHANNEL}', '') FROM (SELECT count(*) FROM kept) AS counted"
    )
    READ = (
        "SELECT xid::text::bigint, id, kind, body, trace_id, received_at_ms FROM inbox "
        "WHERE (xid, id) > (%s::text::xid8, %s) AND xid < pg_snapshot_xmin(pg_current_snapshot()) "
        "ORDER BY xid, id LIMIT %s"
    )
    TRIM = (
        "DELETE FROM inbox WHERE id IN "
        "(SELECT id FROM inbox WHERE (xid, id) <= (%s::text::xid8, %s) ORDER BY xid, id LIMIT %s)"
    )

    def __init__(self, url: str) -> None:
        import psycopg  # 80 ms and 10 MB in every process and command: only for those that have this store

        self._connection = psycopg.connect(url, autocommit=True, application_name="siyu-inbox")
        # An installation may have turned it off for speed; here an answer promises the disk.
        self._connection.execute("SET synchronous_commit = on")
        if self._connection.execute("SELECT to_regclass('inbox_order')").fetchone() == (None,):
            self._create()

    def _create(self) -> None:
        with self._connection.transaction():
            self._connection.execute("SELECT pg_advisory_xact_lock(%s)", [self.DDL_LOCK_ID])
            for statement in self.DDL:
                self._connection.execute(statement)

    def insert(self, rows: Sequence[_NewRow]) -> None:
        self._connection.execute(self.INSERT, [list(column) for column in zip(*rows, strict=True)])

    def read(self, after: Position, limit: int) -> list[InboxRow]:
        found = self._connection.execute(self.READ, [str(after.xid), after.id, limit])
        return [InboxRow(Position(row[0], row[1]), row[2], bytes(row[3]), *row[4:]) for row in found]

    def trim(self, upto: Position) -> int:
        return self._connection.execute(self.TRIM, [str(upto.xid), upto.id, TRIM_ROWS]).rowcount

    def waiting(self, after: Position) -> int:
        counted = self._connection.execute(
            "SELECT count(*) FROM inbox WHERE (xid, id) > (%s::text::xid8, %s)", [str(after.xid), after.id]
        ).fetchone()
        return int(counted[0]) if counted else 0

    def close(self) -> None:
        self._connection.close()

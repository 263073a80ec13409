"""The records written past everything that makes them safe: no indexes, no checks, no waiting for the disk.

What is left out is made up for at the end (`close`). A load that dies leaves a home that is of no use.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Protocol

import polars as pl
import psycopg

from siyu.eventlog.records import chunked

# Every table that is written here. Indexes of others are left alone.
TABLES = (
    "customers_fragment", "customers_identity", "customers_profile", "customers_placement", "customers_consententry",
    "customers_consentstate", "commerce_order", "commerce_orderline", "commerce_refund", "commerce_refundline",
    "commerce_customertotal", "eventlog_event",
)  # fmt: skip
ROWS_PER_STATEMENT = 100
# Rows that are objects of Python at a time.
ROWS_AT_ONCE = 20_000
# Pages of unique keys, which SQLite cannot leave out, are kept in memory as far as that goes.
CACHE_KIB = 2 * 1024 * 1024


class Store(Protocol):
    """Records that are being filled."""

    xid: int

    def write(self, table: str, frame: pl.DataFrame) -> None: ...

    def close(self) -> None: ...


class SqliteStore:
    """The embedded records."""

    xid = 0

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, cached_statements=512)
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "foreign_keys=OFF", "locking_mode=EXCLUSIVE",
                       f"cache_size=-{CACHE_KIB}", "temp_store=FILE"):  # fmt: skip
            self._db.execute(f"PRAGMA {pragma}")
        marks = ", ".join("?" * len(TABLES))
        sql = f"SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ({marks})"
        self._indexes: list[tuple[str, str]] = self._db.execute(sql, TABLES).fetchall()
        for name, _ in self._indexes:
            self._db.execute(f'DROP INDEX "{name}"')
        self._db.execute("BEGIN")

    def write(self, table: str, frame: pl.DataFrame) -> None:
        head = f"INSERT INTO {table} ({', '.join(frame.columns)}) VALUES "
        one = f"({', '.join('?' * frame.width)})"
        for part in frame.iter_slices(ROWS_AT_ONCE):
            for chunk in chunked(part.rows(), ROWS_PER_STATEMENT):
                self._db.execute(head + ", ".join([one] * len(chunk)), list(chain.from_iterable(chunk)))

    def close(self) -> None:
        self._db.execute("COMMIT")
        for _, sql in self._indexes:
            self._db.execute(sql)
        self._db.execute("ANALYZE")
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.close()


class PostgresStore:
    """Records on a server; its user must be allowed to leave foreign keys unchecked for a session."""

    def __init__(self, url: str) -> None:
        self._db = psycopg.connect(url)
        self._db.execute("SET session_replication_role = replica")
        self._db.execute("SET timezone = 'UTC'")
        self._db.execute("SET synchronous_commit = off")
        self._indexes = self._plain_indexes()
        for name, _ in self._indexes:
            self._db.execute(f'DROP INDEX "{name}"')
        row = self._db.execute("SELECT pg_current_xact_id()::text::bigint").fetchone()
        assert row is not None
        self.xid: int = row[0]

    def write(self, table: str, frame: pl.DataFrame) -> None:
        binary = [name for name, kind in frame.schema.items() if kind == pl.Binary]
        hexed = [("\\x" + pl.col(name).bin.encode("hex")).alias(name) for name in binary]
        text = frame.with_columns(hexed).write_csv(include_header=False)
        with self._db.cursor().copy(f"COPY {table} ({', '.join(frame.columns)}) FROM STDIN (FORMAT csv)") as copy:
            copy.write(text)

    def close(self) -> None:
        for _, sql in self._indexes:
            self._db.execute(sql)
        for table, column in self._serials():
            self._db.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'), (SELECT coalesce(max({column}), 1) "
                f"FROM {table}))"
            )
        self._db.commit()
        self._db.autocommit = True
        for table in TABLES:
            self._db.execute(f"ANALYZE {table}")
        self._db.close()

    def _plain_indexes(self) -> Sequence[tuple[str, str]]:
        """Those behind no constraint."""
        sql = (
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() AND tablename = ANY(%s) "
            "AND indexname NOT IN (SELECT conname FROM pg_constraint)"
        )
        return self._db.execute(sql, [list(TABLES)]).fetchall()

    def _serials(self) -> Sequence[tuple[str, str]]:
        sql = (
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema() "
            "AND table_name = ANY(%s) AND is_identity = 'YES'"
        )
        return self._db.execute(sql, [list(TABLES)]).fetchall()

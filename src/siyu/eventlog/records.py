"""The records connection: write transactions, and bulk writes that are fast on both stores."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache, lru_cache
from itertools import chain, islice
from typing import Any

from django.db import connection
from django.db import transaction as django_transaction

# PostgreSQL's wire protocol carries a 16-bit number of parameters in one statement.
POSTGRES_MAX_PARAMETERS = 60_000
# SQLite takes 32,766 parameters in one statement; both stores plan long IN lists slowly.
MAX_RETURNING_PARAMETERS = 30_000
MAX_IN_VALUES = 5_000
# Many rows in one statement are 1.7 times as fast as executemany, which steps the statement and gives Python's lock
# away for each row; beyond this many the gain is nil.
SQLITE_ROWS_PER_STATEMENT = 100
CHANNEL = "siyu"


@cache
def is_postgres() -> bool:
    """Which of the two stores this process has; asked per row, so it is looked up once."""
    return connection.vendor == "postgresql"


@contextmanager
def transaction() -> Iterator[None]:
    """A write transaction (nested ones join it). Keep it short: no network, at most about 1,000 rows on SQLite."""
    with django_transaction.atomic():
        yield


def in_transaction() -> bool:
    return connection.in_atomic_block


def bulk_insert(
    table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], *, ignore_conflicts: bool = False
) -> int:
    """Inserts rows of plain values; returns how many were new. Inside a transaction. Names are code, never input."""
    tail = " ON CONFLICT DO NOTHING" if ignore_conflicts else ""
    return _write(table, columns, rows, tail)


class Merge(StrEnum):
    """How `bulk_upsert` joins a value with the one that is there."""

    REPLACE = "excluded.{column}"
    ADD = "{table}.{column} + excluded.{column}"
    LATEST = "CASE WHEN {table}.{column} > excluded.{column} THEN {table}.{column} ELSE excluded.{column} END"
    EARLIEST = "CASE WHEN {table}.{column} < excluded.{column} THEN {table}.{column} ELSE excluded.{column} END"


def bulk_upsert(
    table: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    key: Sequence[str],
    update: Mapping[str, Merge],
) -> int:
    """Inserts rows, or merges the `update` columns into the row with the same unique `key`; a key once per call."""
    assignments = ", ".join(f"{name} = {merge.format(table=table, column=name)}" for name, merge in update.items())
    tail = f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {assignments}"
    return _write(table, columns, rows, tail)


def bulk_insert_ids(table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[int]:
    """Inserts rows and returns their new ids in the same order. Inside a transaction."""
    head = f"INSERT INTO {table} ({', '.join(columns)}) VALUES "
    one = "(" + ", ".join(["%s"] * len(columns)) + ")"
    found: list[int] = []
    with connection.cursor() as cursor:
        for chunk in chunked(rows, MAX_RETURNING_PARAMETERS // len(columns)):
            values = [value for row in chunk for value in row]
            cursor.execute(head + ", ".join([one] * len(chunk)) + " RETURNING id", values)
            # Neither store promises the order of RETURNING; ids of one statement ascend with its rows.
            found += sorted(row[0] for row in cursor.fetchall())
    return found


def select_in(sql: str, values: Sequence[Any], *params: Any) -> Iterator[tuple[Any, ...]]:
    """Runs `sql` for chunks of `values` (its ``{places}``; `params` follow) and yields all rows."""
    with connection.cursor() as cursor:
        for chunk in chunked(values, MAX_IN_VALUES):
            cursor.execute(sql.format(places=", ".join(["%s"] * len(chunk))), [*chunk, *params])
            yield from cursor.fetchall()


def db_moment(moment: datetime) -> Any:
    """An aware moment as the store keeps it in a date-time column (for bulk writes, which bypass the ORM).

    What Django's adapters make of it, at a tenth of their price: imports convert hundreds of thousands.
    """
    if is_postgres():
        return moment
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat(" ").removesuffix("+00:00")


def _write(table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], tail: str) -> int:
    if not rows:
        return 0
    if not in_transaction():
        raise RuntimeError("bulk writes belong inside records.transaction()")
    head = f"INSERT INTO {table} ({', '.join(columns)}) VALUES "
    size = POSTGRES_MAX_PARAMETERS // len(columns) if is_postgres() else SQLITE_ROWS_PER_STATEMENT
    written = 0
    for chunk in chunked(rows, size):
        written += _execute_insert(_insert_sql(head, len(columns), len(chunk), tail), list(chain.from_iterable(chunk)))
    return written


@lru_cache(maxsize=512)
def _insert_sql(head: str, column_count: int, row_count: int, tail: str) -> str:
    mark = "%s" if is_postgres() else "?"
    one = "(" + ", ".join([mark] * column_count) + ")"
    return head + ", ".join([one] * row_count) + tail


def _execute_insert(sql: str, values: list[Any]) -> int:
    """Rows written. On SQLite past Django's cursor, which would rewrite the marks of a long statement each time."""
    if is_postgres():
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            return max(cursor.rowcount, 0)
    with connection.wrap_database_errors:
        return max(connection.connection.execute(sql, values).rowcount, 0)


def chunked(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """Lists of at most `size` rows, in order."""
    source = iter(rows)
    while chunk := list(islice(source, size)):
        yield chunk


def wake() -> None:
    """Tells sleeping workers that there is work; on PostgreSQL it is sent with the commit, SQLite needs nothing."""
    if is_postgres():
        with connection.cursor() as cursor:
            cursor.execute(f"NOTIFY {CHANNEL}")

"""The one way in which `ingest` opens a write transaction that may create people and orders."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from siyu.eventlog import records

# PostgreSQL lets two writers look for the same new person at once, and both would create one. The lock makes them take
# turns, transaction by transaction, as SQLite's writers do anyway.
LOCK_ID = 0x51_79_6A


@contextmanager
def writing() -> Iterator[None]:
    """A records transaction in which nobody else finds or creates people and orders."""
    with records.transaction():
        if records.is_postgres():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK_ID])
        yield

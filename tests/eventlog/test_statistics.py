"""PostgreSQL's statistics are renewed after a large load, once, and left alone otherwise."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import connection

from siyu.eventlog import records, services, statistics
from siyu.eventlog.contracts import NewEvent

pytestmark = pytest.mark.django_db(transaction=True)


def load(name: str, count: int) -> None:
    with records.transaction():
        services.publish([NewEvent(name, datetime(2026, 1, 1, tzinfo=UTC), {})] * count)
    be_counted()


def be_counted() -> None:
    """The server counts what was written at the latest when a session rests; a test does not wait for that."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT 1")


def known_rows() -> float:
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE relname = 'eventlog_event'")
        return float(cursor.fetchone()[0])


def test_a_large_load_renews_the_statistics_once(thing_happened: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if not records.is_postgres():
        pytest.skip("only PostgreSQL keeps such statistics")
    monkeypatch.setattr(statistics, "CHANGED_ROWS", 500)
    be_counted()  # what other tests have written and taken away
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    load(thing_happened, 400)
    assert (statistics.renew(), known_rows()) == (0, 0)
    load(thing_happened, 600)
    assert (statistics.renew(), known_rows()) == (1, 1_000)
    load(thing_happened, 400)
    assert (statistics.renew(), known_rows()) == (0, 1_000)

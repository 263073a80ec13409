"""Reading the log in order while others write to it, on both stores; nothing may be missing at the end.

The readers of PostgreSQL stay below the snapshot horizon. The reference is the same reading by a bare sequence number,
which loses rows under concurrent writers and is shown for its price only.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from time import perf_counter
from typing import Any

from tests.faults.harness import admin, fresh_database

from bench import environment
from bench.rows import BenchRow
from bench.scale import scaled

AREA = "event log"
EVENTS = scaled(200_000, least=2_000)
BATCH_ROWS = 5_000
WRITERS = 2
# Events of one writing transaction, short and long ones mixed.
WRITE_ROWS = (20, 200, 1_000)
_WRITER = "from bench.event_log import write_until_told; write_until_told()"
_MEASURE = "import json; from bench.event_log import measure; print(json.dumps(measure()))"


def run() -> list[BenchRow]:
    rows = _rows("SQLite", _measured(""), target="")
    url = environment.postgres_url()
    if url:
        database = fresh_database(url)
        try:
            rows += _rows("PostgreSQL", _measured(database), target=">= 30000")
        finally:
            base, _, name = database.rpartition("/")
            admin(base, f'DROP DATABASE "{name}" WITH (FORCE)')
    return rows


def _rows(store: str, found: dict[str, float], *, target: str) -> list[BenchRow]:
    note = f"{found['written_rate']:,.0f} events/s written meanwhile by {WRITERS} processes, none lost"
    return [
        BenchRow(AREA, f"read in order, {store}, nobody writing", found["alone"], "rows/s", "",
                 "by bare sequence number", found["bare"]),
        BenchRow(AREA, f"read in order beside writers, {store}", found["beside"], "rows/s", target,
                 "by bare sequence number", found["bare"], note),
        BenchRow(AREA, f"published in batches of 1,000, {store}", found["published"], "rows/s"),
    ]  # fmt: skip


def _measured(database_url: str) -> dict[str, float]:
    """In a process of its own, because a process has one store."""
    with tempfile.TemporaryDirectory(prefix="siyu-bench-") as home:
        done = subprocess.run(
            [sys.executable, "-c", _MEASURE], env=_environment(home, database_url), stdout=subprocess.PIPE, check=True
        )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _environment(home: str, database_url: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("SIYU_TEST_DATABASE_URL",)}
    kept |= {"SIYU_HOME": home, "SIYU_DATABASE_URL": database_url, "DJANGO_SETTINGS_MODULE": "siyu.config.settings"}
    return kept | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


def measure() -> dict[str, float]:
    """All figures of one store, in the store's process."""
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    from siyu.eventlog import queries

    started = perf_counter()
    _publish(EVENTS, 1_000)
    published = EVENTS / (perf_counter() - started)
    _settle()
    bare, alone = _bare_rate(), _read_rate(EVENTS)
    writers = [subprocess.Popen([sys.executable, "-c", _WRITER], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
               for _ in range(WRITERS)]  # fmt: skip
    for writer in writers:
        assert writer.stdout is not None
        writer.stdout.readline()
    before, started = queries.event_count(), perf_counter()
    beside = _read_rate(EVENTS)
    spent, after = perf_counter() - started, queries.event_count()
    for writer in writers:
        writer.communicate(b"")
    _check_nothing_lost()
    rate = (after - before) / spent
    return {"published": published, "bare": bare, "alone": alone, "beside": beside, "written_rate": rate}


def _settle() -> None:
    """What a worker does after a large load, within some seconds."""
    from django.db import connection

    from siyu.eventlog import records, statistics

    if records.is_postgres():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_force_next_flush()")
        statistics.renew()


def write_until_told() -> None:
    """A writer's process: publishes until its stdin ends."""
    import threading

    import django

    django.setup()
    told = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), told.set()), daemon=True).start()
    _publish(WRITE_ROWS[0], WRITE_ROWS[0])
    print("writing", flush=True)
    while not told.is_set():
        for count in WRITE_ROWS:
            _publish(count, count)


def _publish(count: int, batch: int) -> None:
    from siyu.commerce.events import ORDER_PAID
    from siyu.eventlog import records, services
    from siyu.eventlog.contracts import NewEvent
    from siyu.kernel import clock

    body = {"order_id": 7, "object_id": 7, "amount_fen": 3990, "shop": "main", "order_no": "A7", "line_count": 2}
    events = [NewEvent(ORDER_PAID, clock.now(), body, 7, source="bench", trace_id="b" * 32) for _ in range(batch)]
    for _ in range(0, count, batch):
        with records.transaction():
            services.publish(events)


def _read_rate(count: int) -> float:
    from siyu.eventlog import queries
    from siyu.eventlog.contracts import START

    position, found, started = START, 0, perf_counter()
    while found < count and (events := queries.read(position, BATCH_ROWS)):
        position, found = events[-1].position, found + len(events)
    return found / (perf_counter() - started)


def _bare_rate() -> float:
    from django.db import connection

    last, found, started = 0, 0, perf_counter()
    with connection.cursor() as cursor:
        while True:
            cursor.execute(
                "SELECT id, xid, name, fragment_id, occurred_at_ms, recorded_at_ms, body, source, trace_id "
                "FROM eventlog_event WHERE id > %s ORDER BY id LIMIT %s", [last, BATCH_ROWS],
            )  # fmt: skip
            rows = cursor.fetchall()
            if not rows:
                return found / (perf_counter() - started)
            last, found = rows[-1][0], found + len(rows)


def _check_nothing_lost() -> None:
    from siyu.eventlog import queries
    from siyu.eventlog.contracts import START

    position, ids = START, set()
    read: Callable[..., list[Any]] = queries.read
    while events := read(position, BATCH_ROWS):
        position = events[-1].position
        ids.update(event.id for event in events)
    if len(ids) != queries.event_count():
        raise AssertionError(f"{queries.event_count()} events were written, {len(ids)} could be read")

"""The embedded warehouse: overhead of the front, leaves at 1 M customers / 10 M events, shipping, idle cost.

Run it alone: `python -m bench.warehouse_front`. Takes about a minute and 2 GB of disk in the temporary folder.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import psutil
from tests.plugins.warehouse import FrontProcess, start_front

from bench import environment
from bench.rows import BenchRow, milliseconds, percentile, show
from bench.scale import rest_seconds, scaled
from siyu.warehouse.client import Warehouse

AREA = "warehouse"
SHIPPED_EVENTS = scaled(400_000, least=10_000)
QUERIES = scaled(400, least=20)
CUSTOMERS = scaled(1_000_000, least=2_000)
EVENTS = CUSTOMERS * 10
# Two years of events: visits most, then orders, refunds, clicks.
_LOAD = """
INSERT INTO events (name, ts, fragment, event_id, body)
SELECT
    ['web.page_viewed', 'web.page_viewed', 'web.page_viewed', 'messaging.link_clicked', 'commerce.order_paid',
     'commerce.order_refunded', 'customers.tagged', 'community.joined'][cityHash64(number, 1) % 8 + 1] AS name,
    toDateTime64('2024-06-01', 3, 'UTC') + toIntervalMillisecond(cityHash64(number, 2) % (730 * 86400000)) AS ts,
    toUInt32(cityHash64(number, 3) % {customers:UInt32} + 1) AS fragment,
    number AS event_id,
    concat('{"order_id":', toString(number), ',"object_id":', toString(number), ',"amount_fen":',
           toString(cityHash64(number, 4) % 50000), ',"shop":"s', toString(number % 5), '"}') AS body
FROM numbers({first:UInt64}, {count:UInt64})
"""
# What an audience's leaves ask: a measure per customer over a window, compared.
LEAVES = {
    "bought in the last 30 days": (
        "SELECT groupBitmapState(fragment) FROM events "
        "WHERE name = 'commerce.order_paid' AND ts >= {since:DateTime64(3)}",
        30,
    ),
    "spent over 800 in 90 days": (
        "SELECT groupBitmapState(fragment) FROM (SELECT fragment FROM events WHERE name = 'commerce.order_paid' "
        "AND ts >= {since:DateTime64(3)} GROUP BY fragment HAVING sum(amount_fen) > 80000)",
        90,
    ),
    "3 or more visits in 30 days": (
        "SELECT groupBitmapState(fragment) FROM (SELECT fragment FROM events WHERE name = 'web.page_viewed' "
        "AND ts >= {since:DateTime64(3)} GROUP BY fragment HAVING count() >= 3)",
        30,
    ),
    "clicked in 7 days": (
        "SELECT groupBitmapState(fragment) FROM events "
        "WHERE name = 'messaging.link_clicked' AND ts >= {since:DateTime64(3)}",
        7,
    ),
}
_END = "2026-06-01"
_REBUILD = (
    "SELECT groupBitmapState(fragment) FROM (SELECT fragment FROM events WHERE name = 'web.page_viewed' "
    "GROUP BY fragment HAVING count() >= 3 AND max(ts) < now64(3))"
)


def run() -> list[BenchRow]:
    """All figures. Starts a front of its own."""
    environment.prepare()
    with tempfile.TemporaryDirectory(prefix="siyu-bench-front-") as folder:
        front = start_front(Path(folder))
        try:
            wh = Warehouse(front.url)
            rows = [*_overhead(wh), *_idle(front), *_shipping(front), *_leaves(front, wh)]
            return [*rows, *_idle(front, "after all of it")]
        finally:
            front.stop()


def _overhead(wh: Warehouse) -> list[BenchRow]:
    inside = _inside_chdb()
    wh.raw("SELECT 1")
    taken = milliseconds(lambda: wh.raw("SELECT 1"), times=QUERIES)
    over = percentile(taken, 0.5) - inside
    return [
        BenchRow(AREA, "SELECT 1 through client and front, median", percentile(taken, 0.5), "ms", "",
                 "chDB in-process", inside),
        BenchRow(AREA, "overhead over chDB in-process, median", over, "ms", "<= 3"),
        BenchRow(AREA, "SELECT 1 through client and front, p95", percentile(taken, 0.95), "ms"),
    ]  # fmt: skip


def _inside_chdb() -> float:
    """Median of the same query in-process; in a process of its own, since this one must stay free of the engine."""
    code = (
        "import importlib, sys, tempfile; from bench.rows import *; c = importlib.import_module('chdb._chdb');"
        "k = c.connect(tempfile.mkdtemp()); f = lambda: k.query('SELECT 1', 'RowBinary', params={}).bytes();"
        "f(); print(percentile(milliseconds(f, times=int(sys.argv[1])), 0.5))"
    )
    variables = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-c", code, str(QUERIES)]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=True)
    return float(done.stdout)


def _idle(front: FrontProcess, when: str = "fresh") -> list[BenchRow]:
    process = psutil.Process(front.process.pid)
    time.sleep(rest_seconds(8))
    before, started = process.cpu_times(), time.perf_counter()
    time.sleep(rest_seconds(5))
    after = process.cpu_times()
    share = (after.user + after.system - before.user - before.system) / (time.perf_counter() - started) * 100
    return [
        BenchRow(AREA, f"resident memory, idle, {when}", process.memory_info().rss / 2**20, "MiB", "<= 350"),
        BenchRow(AREA, f"processor, idle, {when}", share, "% core", "<= 1"),
    ]


def _shipping(front: FrontProcess) -> list[BenchRow]:
    """From the log in the records to the warehouse, as the worker does it."""
    from siyu.eventlog import records
    from siyu.kernel.settings import load
    from siyu.warehouse import services

    body = '{"order_id":%d,"object_id":%d,"amount_fen":%d,"shop":"s1","order_no":"2026-%d","line_count":2}'
    columns = ["xid", "name", "fragment_id", "occurred_at_ms", "recorded_at_ms", "body", "source", "trace_id"]
    for first in range(0, SHIPPED_EVENTS, 10_000):
        with records.transaction():
            records.bulk_insert(
                "eventlog_event",
                columns,
                [
                    (0, "commerce.order_paid", n % 50_000 + 1, 1_750_000_000_000 + n, 1_750_000_000_000 + n,
                     body % (n, n, n % 90_000, n), "bench", "")
                    for n in range(first, first + 10_000)
                ],
            )  # fmt: skip
    settings = load()
    before, settings.warehouse_url = settings.warehouse_url, f"{front.url.rpartition('/')[0]}/shipping"
    services.migrate()
    started = time.perf_counter()
    shipped = 0
    while count := services.ship_events_once():
        shipped += count
    rate = shipped / (time.perf_counter() - started)
    Warehouse(settings.warehouse_url).command("DROP DATABASE shipping SYNC", outside_database=True)
    settings.warehouse_url = before
    return [BenchRow(AREA, "shipping, log to warehouse", rate, "rows/s", ">= 100000", note=f"{shipped:,} events")]


def _leaves(front: FrontProcess, wh: Warehouse) -> list[BenchRow]:
    from siyu.warehouse.services import schema

    schema.migrate(warehouse=wh)
    started = time.perf_counter()
    step = 1_000_000
    for first in range(0, EVENTS, step):
        wh.command(_LOAD, {"customers": CUSTOMERS, "first": first, "count": min(step, EVENTS - first)})
    rate = EVENTS / (time.perf_counter() - started)
    merging = _leaf_times(wh, times=scaled(10))
    _wait_for_merges(wh)
    alone = _leaf_times(wh, times=scaled(30, least=2))
    beside = _beside(lambda: wh.bitmap(_REBUILD, lane="long"), lambda: _leaf_times(wh, times=scaled(30, least=2)))
    rebuild = milliseconds(lambda: wh.bitmap(_REBUILD, lane="long"), times=3)
    timeline = "SELECT name, ts FROM events WHERE fragment = {f:UInt32} ORDER BY ts DESC LIMIT 50"
    times = milliseconds(lambda: wh.rows(timeline, {"f": int(time.time_ns()) % CUSTOMERS}), times=50)
    scale = f"{CUSTOMERS:,} customers / {EVENTS:,} events"
    rows = [BenchRow(AREA, "events made inside the engine", rate, "rows/s", note=scale)]
    for name, taken in alone.items():
        rows.append(BenchRow(AREA, f"leaf p95 alone: {name}", percentile(taken, 0.95), "ms", "<= 40"))
    for name, taken in beside.items():
        rows.append(BenchRow(AREA, f"leaf p95 beside rebuild: {name}", percentile(taken, 0.95), "ms", "<= 120"))
    for name, taken in merging.items():
        rows.append(BenchRow(AREA, f"leaf p95 while a load merges: {name}", percentile(taken, 0.95), "ms"))
    rows.append(BenchRow(AREA, "one rebuild leaf over all time, long lane", percentile(rebuild, 0.5), "ms"))
    rows.append(BenchRow(AREA, "a customer's timeline, p95", percentile(times, 0.95), "ms"))
    peak = psutil.Process(front.process.pid).memory_info().rss / 2**20
    rows.append(BenchRow(AREA, "resident memory after the leaves", peak, "MiB"))
    return rows


def _leaf_times(wh: Warehouse, *, times: int) -> dict[str, list[float]]:
    found = {}
    for name, (sql, days) in LEAVES.items():
        since = f"{_day_before(days)} 00:00:00.000"
        wh.bitmap(sql, {"since": since})
        found[name] = milliseconds(lambda sql=sql, since=since: wh.bitmap(sql, {"since": since}), times=times)  # type: ignore[misc]
    return found


def _wait_for_merges(wh: Warehouse) -> None:
    while wh.value("SELECT count() FROM system.merges"):
        time.sleep(0.2)


def _day_before(days: int) -> str:
    return (date.fromisoformat(_END) - timedelta(days=days)).isoformat()


def _beside(work: Callable[[], object], measure: Callable[[], dict[str, list[float]]]) -> dict[str, list[float]]:
    """Measures while `work` is repeated in the background."""
    done = threading.Event()

    def repeat() -> None:
        while not done.is_set():
            work()

    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        return measure()
    finally:
        done.set()
        thread.join()


if __name__ == "__main__":
    print(show(run()))

"""Audiences at 1 M customers / 10 M events: a nested rule, a micro-batch, RFM, each beside SQL by hand.

Run it alone: `python -m bench audiences`. Takes about two minutes and 2 GB of disk in the temporary folder.
"""

from __future__ import annotations

import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.plugins.warehouse import start_front

from bench import environment
from bench.rows import BenchRow, milliseconds, percentile, show
from bench.scale import scaled
from siyu.warehouse.client import Warehouse

AREA = "audiences"
CUSTOMERS = scaled(1_000_000, least=2_000)
EVENTS = CUSTOMERS * 10
SCALE = f"{CUSTOMERS:,} customers / {EVENTS:,} events"
# Of the events 3 in 8 are orders and 1 in 8 refunds, over two years; the rest is what audiences must not read.
_EVENTS = """
INSERT INTO events (name, ts, fragment, event_id, body)
SELECT
    ['web.page_viewed', 'web.page_viewed', 'web.page_viewed', 'messaging.link_clicked', 'commerce.order_paid',
     'commerce.order_paid', 'commerce.order_paid', 'commerce.order_refunded'][cityHash64(number, 1) % 8 + 1] AS name,
    toDateTime64('2024-06-01', 3, 'UTC') + toIntervalMillisecond(cityHash64(number, 2) % (730 * 86400000)) AS ts,
    toUInt32(cityHash64(number, 3) % {customers:UInt32} + 1) AS fragment,
    number AS event_id,
    concat('{"object_id":', toString(number), ',"amount_fen":',
           toString(if(name = 'commerce.order_refunded', -1, 1) * toInt64(cityHash64(number, 4) % 50000)), '}') AS body
FROM numbers({first:UInt64}, {count:UInt64})
"""
_PROFILES = """
INSERT INTO profiles SELECT toUInt32(number + 1), toDateTime64('2024-05-01', 3, 'UTC'),
    map('city', ['上海', '杭州', '南京', '苏州', '北京'][number % 5 + 1]), map('age', toFloat64(number % 60 + 18)), 1
FROM numbers({customers:UInt64})
"""
UNTIL = datetime(2026, 6, 1, tzinfo=UTC)
ZONE = ZoneInfo("UTC")
NESTED: dict[str, Any] = {
    "all": [
        {"leaf": "order_count", "op": ">=", "value": 1, "within_days": 90},
        {"leaf": "attribute", "name": "city", "op": "in", "value": ["上海", "杭州"]},
        {"any": [
            {"leaf": "net_sales", "op": ">=", "value": 300, "within_days": 90},
            {"leaf": "order_count", "op": ">=", "value": 4, "within_days": 365},
        ]},
        {"none": [
            {"leaf": "last_order", "within_days": 7},
            {"leaf": "order_count", "op": ">", "value": 2, "within_days": 30},
        ]},
    ]
}  # fmt: skip
# The same by hand: one pass, everything at once.
_NESTED_BY_HAND = """
WITH buyers AS (
    SELECT fragment AS id,
        uniqExactIf(object_id, name = 'commerce.order_paid' AND ts >= '2026-03-02') AS orders_90,
        sumIf(amount_fen, ts >= '2026-03-02') AS net_90,
        uniqExactIf(object_id, name = 'commerce.order_paid' AND ts >= '2025-05-31') AS orders_365,
        countIf(name = 'commerce.order_paid' AND ts >= '2026-05-24') AS orders_7,
        uniqExactIf(object_id, name = 'commerce.order_paid' AND ts >= '2026-05-01') AS orders_30
    FROM events
    WHERE name IN ('commerce.order_paid', 'commerce.order_refunded', 'commerce.order_revised')
        AND ts >= '2025-05-31' AND ts < '2026-06-01'
    GROUP BY id
)
SELECT groupBitmapState(id) FROM buyers
WHERE orders_90 >= 1 AND (net_90 >= 30000 OR orders_365 >= 4) AND orders_7 = 0 AND orders_30 <= 2
    AND id IN (SELECT fragment FROM profiles FINAL WHERE attributes['city'] IN ('上海', '杭州'))
"""
_RFM_BY_HAND = """
WITH people AS (
    SELECT fragment AS id, dateDiff('day', toDate(maxIf(ts, name = 'commerce.order_paid')), toDate('2026-05-31')) AS r,
        uniqExactIf(object_id, name = 'commerce.order_paid') AS f, sum(amount_fen) AS m
    FROM events WHERE name IN ('commerce.order_paid', 'commerce.order_refunded', 'commerce.order_revised')
    GROUP BY id HAVING f > 0
), cuts AS (
    SELECT quantilesExactInclusive(0.2, 0.4, 0.6, 0.8)(r) AS rc, quantilesExactInclusive(0.2, 0.4, 0.6, 0.8)(f) AS fc,
        quantilesExactInclusive(0.2, 0.4, 0.6, 0.8)(m) AS mc, avg(r) AS ra, avg(f) AS fa, avg(m) AS ma FROM people
)
SELECT 5 - arrayCount(c -> c < r, rc) AS rs, 1 + arrayCount(c -> c < f, fc) AS fs,
    (r <= ra) * 4 + (f >= fa) * 2 + (m >= ma) AS bits, count(), sum(m)
FROM people CROSS JOIN cuts GROUP BY rs, fs, bits
"""
BATCH_CUSTOMERS, BATCH_AUDIENCES, BATCH_LEAVES = scaled(500, least=20), scaled(100, least=2), 5


def run() -> list[BenchRow]:
    """All figures. Starts a front of its own."""
    environment.prepare()
    with tempfile.TemporaryDirectory(prefix="siyu-bench-audiences-") as folder:
        front = start_front(Path(folder))
        try:
            wh = Warehouse(front.url)
            _load(wh)
            return [*_nested(wh), *_batch(wh), *_rfm(wh)]
        finally:
            front.stop()


def _load(wh: Warehouse) -> None:
    from siyu.warehouse.services import schema

    schema.migrate(warehouse=wh)
    step = 1_000_000
    for first in range(0, EVENTS, step):
        wh.command(_EVENTS, {"customers": CUSTOMERS, "first": first, "count": min(step, EVENTS - first)})
    wh.command(_PROFILES, {"customers": CUSTOMERS})
    while wh.value("SELECT count() FROM system.merges"):
        time.sleep(0.2)


def _nested(wh: Warehouse) -> list[BenchRow]:
    from siyu.audiences import documents, moments, planner

    node = documents.understood(NESTED)
    moment = moments.moment_until(UNTIL, ZONE)

    def count(lane: Any = "short") -> int:
        return len(planner.Plan(wh, moment, "1.1", lane=lane).members(node))

    def cold(lane: Any = "short") -> int:
        planner.cache.clear()
        return count(lane)

    by_hand = len(wh.bitmap(_NESTED_BY_HAND))
    if cold() != by_hand:
        raise AssertionError(f"the planner counts {cold()}, the statement by hand {by_hand}")
    reference = percentile(milliseconds(lambda: wh.bitmap(_NESTED_BY_HAND), times=scaled(7)), 0.5)
    short = percentile(milliseconds(cold, times=scaled(7)), 0.5)
    long = percentile(milliseconds(lambda: cold("long"), times=scaled(5)), 0.5)
    warm = percentile(milliseconds(count, times=scaled(50)), 0.95)
    hand = "one statement by hand"
    return [
        BenchRow(AREA, "nested rule of 6 conditions, cold count", short, "ms", "", hand, reference, note=SCALE),
        BenchRow(AREA, "nested rule, rebuild in the long lane", long, "ms", "<= 800", hand, reference),
        BenchRow(AREA, "nested rule, counted again while editing, p95", warm, "ms", "<= 40"),
    ]


def _batch(wh: Warehouse) -> list[BenchRow]:
    from siyu.audiences import documents, fused, moments

    rules = [documents.understood(_small_rule(number)) for number in range(BATCH_AUDIENCES)]
    moment = moments.moment_until(UNTIL, ZONE)

    def batch() -> None:
        touched = range(7, CUSTOMERS, CUSTOMERS // BATCH_CUSTOMERS)
        fused.evaluate(wh, rules, moment, fused.people_of(wh, touched))

    taken = percentile(milliseconds(batch, times=scaled(7)), 0.5)
    what = f"micro-batch of {BATCH_CUSTOMERS} customers, {BATCH_AUDIENCES * BATCH_LEAVES} conditions, fused"
    return [BenchRow(AREA, what, taken, "ms", "<= 600")]


def _small_rule(number: int) -> dict[str, Any]:
    """Five conditions that no other audience has."""
    days = 10 + number
    return {
        "any": [
            {"leaf": "order_count", "op": ">=", "value": 1, "within_days": days},
            {"leaf": "order_count", "op": ">=", "value": 3, "within_days": 2 * days},
            {"leaf": "net_sales", "op": ">=", "value": 100 + number, "within_days": days},
            {"leaf": "last_order", "older_than_days": 3 * days},
            {"leaf": "attribute", "name": "age", "op": ">", "value": number},
        ]
    }


def _rfm(wh: Warehouse) -> list[BenchRow]:
    from siyu.audiences import moments, rfm
    from siyu.audiences.contracts import RfmParams

    day = date(2026, 5, 31)
    params, moment = RfmParams(day), moments.moment_of_day(day, ZONE)
    grid = rfm.snapshot(wh, params, moment)
    by_hand = {(r, f): 0 for r in range(1, 6) for f in range(1, 6)}
    for r, f, _bits, count, _fen in wh.rows(_RFM_BY_HAND, lane="long"):
        by_hand[r, f] += count
    if {(cell.r_score, cell.f_score): cell.customer_count for cell in grid.cells} != by_hand:
        raise AssertionError("the snapshot differs from the statement by hand")
    reference = percentile(milliseconds(lambda: wh.rows(_RFM_BY_HAND), times=scaled(3)), 0.5)
    taken = percentile(milliseconds(lambda: rfm.snapshot(wh, params, moment), times=scaled(5)), 0.5)
    note = f"{grid.customer_count:,} buyers"
    return [BenchRow(AREA, "RFM snapshot, all history", taken, "ms", "", "one statement by hand", reference, note=note)]


if __name__ == "__main__":
    print(show(run()))

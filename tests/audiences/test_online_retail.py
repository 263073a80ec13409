"""RFM on a real shop's order log equals, for every customer, what Polars and NumPy compute from the same lines."""

from __future__ import annotations

import time
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.audiences import world
from tests.audiences.world import Fact, World

from siyu.audiences import queries
from siyu.audiences.contracts import RfmRow
from siyu.commerce.events import ORDER_PAID, ORDER_REFUNDED
from siyu.org.contracts import SYSTEM

pytestmark = [pytest.mark.warehouse, pytest.mark.django_db]
LEVELS = [0.2, 0.4, 0.6, 0.8]
# Generous for a busy machine: 30 ms on a quiet one.
MAX_SNAPSHOT_SECONDS = 1.0


@pytest.fixture(scope="module")
def heads() -> pl.DataFrame:
    """Orders and refunds: invoice, customer, when, fen (each line rounded half up, as an import does)."""
    path = Path(__file__).resolve().parents[3] / "shared" / "data" / "online_retail" / "online_retail.csv.gz"
    if not path.exists():
        pytest.skip("the public data sets are not beside this checkout (see docs/data-sets.md)")
    lines = pl.read_csv(path, schema_overrides={"InvoiceNo": pl.String, "UnitPrice": pl.Decimal(18, 3)})
    is_refund = pl.col("InvoiceNo").str.starts_with("C")
    kept = lines.filter(
        pl.col("CustomerID").is_not_null() & (pl.col("UnitPrice") > 0)
        & (is_refund & (pl.col("Quantity") < 0) | ~is_refund & (pl.col("Quantity") > 0))
    )  # fmt: skip
    mills = (pl.col("UnitPrice") * 1000).cast(pl.Int64) * pl.col("Quantity").abs()
    return (
        kept.with_columns(
            fen=(mills + 5) // 10,
            customer=pl.col("CustomerID").cast(pl.Float64).cast(pl.Int64),
            at=pl.col("InvoiceDate").str.to_datetime("%Y-%m-%d %H:%M:%S").dt.replace_time_zone(world.ZONE.key),
            is_refund=is_refund,
        )
        .group_by("InvoiceNo", "customer", "is_refund", maintain_order=True)
        .agg(pl.col("at").min(), pl.col("fen").sum())
    )


def filled(put, heads: pl.DataFrame) -> None:
    facts = [
        Fact(ORDER_REFUNDED if is_refund else ORDER_PAID, at, customer, number, -fen if is_refund else fen)
        for number, (_invoice, customer, is_refund, at, fen) in enumerate(heads.iter_rows(), 1)
    ]
    put(World([], facts))


def naive(heads: pl.DataFrame, day: date, window_days: int | None) -> list[tuple[int, ...]]:
    """(customer, recency, frequency, monetary, r, f, m) by Polars' groups and NumPy's quantiles."""
    on_day = pl.col("at").dt.date()
    first = day - timedelta(days=window_days) if window_days is not None else date(1970, 1, 1)
    paid = ~pl.col("is_refund")
    table = (
        heads.filter((on_day <= day) & (on_day >= first))
        .group_by("customer")
        .agg(
            last=on_day.filter(paid).max(),
            frequency=pl.col("InvoiceNo").filter(paid).n_unique(),
            monetary=pl.when(paid).then("fen").otherwise(-pl.col("fen")).sum(),
        )
        .filter(pl.col("frequency") > 0)
        .with_columns(recency=(pl.lit(day) - pl.col("last")).dt.total_days())
        .sort("customer")
    )
    columns = [table["customer"].to_list()]
    scores = []
    for name in ("recency", "frequency", "monetary"):
        values = table[name].to_numpy().astype(np.int64)
        columns.append(values.tolist())
        cuts = np.percentile(values, [20, 40, 60, 80])
        above = (values[:, None] > cuts[None, :]).sum(axis=1)
        scores.append((5 - above if name == "recency" else 1 + above).tolist())
    return list(zip(*columns, *scores, strict=True))


def plain(row: RfmRow) -> tuple[int, ...]:
    return (
        row.customer_id, row.recency_days, row.frequency, row.monetary_fen, row.r_score, row.f_score, row.m_score,
    )  # fmt: skip


def test_every_customer_of_the_log_is_exact(put, heads: pl.DataFrame) -> None:
    filled(put, heads)
    snapshots = [(date(2011, 12, 9), None), (date(2011, 12, 9), 90), (date(2011, 3, 31), None), (date(2010, 12, 1), 30)]
    for day, window_days in snapshots:
        params = queries.rfm(SYSTEM, day, window_days).params
        assert [plain(row) for row in queries.rfm_rows(SYSTEM, params)] == naive(heads, day, window_days)
    whole = queries.rfm(SYSTEM, date(2011, 12, 9))
    assert whole.customer_count == 4_338
    assert whole.cut_points is not None
    rows = naive(heads, date(2011, 12, 9), None)
    assert list(whole.cut_points.monetary_fen) == np.quantile([row[3] for row in rows], LEVELS).tolist()
    started = time.perf_counter()
    queries.rfm(SYSTEM, date(2011, 12, 9))
    assert time.perf_counter() - started < MAX_SNAPSHOT_SECONDS

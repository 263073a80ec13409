"""Lines gathered by order: numbered among their equals, counted, and held back until their order is complete.

All of this is done on whole columns and runs in the reader's thread, beside the writing of the records.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import polars as pl

from siyu.ingest.contracts import Duplicates
from siyu.ingest.imports.census import Distinct, EqualLines
from siyu.ingest.imports.normalise import Normalised
from siyu.ingest.imports.plan import Plan
from siyu.ingest.tables.contracts import ROW

# Lines of one order that wait for more of it. An order beyond this is recorded in parts, as a sale and its revisions.
MAX_WAITING_LINES = 2_000
_MARK = "\x1f"


class Orders(NamedTuple):
    """Lines sorted by order with the text of their key (`key`), and one row per order in the same sequence.

    `heads`: unit (first row), order_no, at_ms, count, all_refund, any_refund, what is told of the customer, consent.
    """

    lines: pl.DataFrame
    heads: pl.DataFrame


class FileTotals:
    """What the file as a whole says, whether it was known before or not."""

    def __init__(self) -> None:
        self.row_count = self.rejected_count = self.dropped_count = self.masked_phone_count = 0
        self.gmv_fen = self.refunds_fen = 0
        self.people, self.customers, self.orders, self.refunds = Distinct(), Distinct(), Distinct(), Distinct()

    def add_batch(self, batch: Normalised) -> None:
        self.row_count += batch.row_count
        self.rejected_count += batch.rejected.height
        self.masked_phone_count += batch.masked_phone_count
        self.people.add(batch.people)

    def add_lines(self, lines: pl.DataFrame) -> None:
        """`lines` after equal ones were dropped, if they are."""
        sold = lines.filter(~pl.col("is_refund"))
        returned = lines.filter(pl.col("is_refund") | (pl.col("refund_fen") > 0))
        self.gmv_fen += int(sold["amount_fen"].sum())
        self.refunds_fen += int(lines.filter(pl.col("is_refund"))["amount_fen"].sum()) + int(lines["refund_fen"].sum())
        self.orders.add(sold["order_no"].hash())
        self.refunds.add(returned["order_no"].hash())
        self.customers.add(sold["person"].drop_nulls())


class Gatherer:
    """Gathers normalised batches into orders; holds the last order of a batch back until the next one has come."""

    def __init__(self, plan: Plan, totals: FileTotals) -> None:
        self._plan = plan
        self._totals = totals
        self._equal_lines, self._equal_rows = EqualLines(), EqualLines()
        self._waiting: pl.DataFrame | None = None

    def orders(self, batches: Iterable[Normalised]) -> Iterator[Orders]:
        """The orders of each batch, in file order; those that are contiguous in the file are complete."""
        for batch in batches:
            self._totals.add_batch(batch)
            lines = self._numbered(batch.lines)
            self._totals.add_lines(lines)
            whole = self._without_last(lines)
            if whole.height:
                yield _orders(whole, self._plan)
        if self._waiting is not None and self._waiting.height:
            yield _orders(self._waiting, self._plan)

    def _numbered(self, lines: pl.DataFrame) -> pl.DataFrame:
        """Adds `occurrence` and `person`; drops equal rows where the mapping says so."""
        if self._plan.mapping.duplicates is Duplicates.DROP and lines.height:
            lines = self._without_equals(lines)
        person = pl.coalesce(pl.lit("m") + pl.col("member"), pl.lit("p") + pl.col("phone"))
        occurrence = self._equal_lines.number(lines["key_text"].hash()) if lines.height else pl.lit(1, dtype=pl.Int64)
        return lines.with_columns(
            pl.when(person.is_not_null()).then(person.hash()).alias("person"), occurrence.alias("occurrence")
        )

    def _without_equals(self, lines: pl.DataFrame) -> pl.DataFrame:
        """Equal rows are equal in everything, also in time and customer, unlike lines that share a key."""
        whole = lines.select(
            pl.concat_str(
                ["key_text", pl.col("at_ms").cast(pl.String), pl.col("member", "phone").fill_null("")], separator=_MARK
            ).hash()
        ).to_series()
        kept = lines.filter(self._equal_rows.number(whole) == 1)
        self._totals.dropped_count += lines.height - kept.height
        return kept

    def _without_last(self, lines: pl.DataFrame) -> pl.DataFrame:
        """The lines with those carried over, without those of the last order, which wait for the next batch."""
        if self._waiting is not None and self._waiting.height:
            lines = pl.concat([self._waiting, lines])
        if not lines.height:
            return lines
        is_last = lines["order_no"] == lines["order_no"][-1]
        self._waiting = lines.filter(is_last)
        if self._waiting.height > MAX_WAITING_LINES:
            # An order of thousands of lines is cut in any case and may go on as a revision.
            self._waiting = None
            return lines
        return lines.filter(~is_last)


def _orders(lines: pl.DataFrame, plan: Plan) -> Orders:
    first = pl.col(ROW).min().over("order_no")
    lines = lines.with_columns(first.alias("unit"), _key(lines)).sort("unit", maintain_order=True)
    heads = lines.group_by("unit", maintain_order=True).agg(
        pl.col("order_no").first(),
        pl.col("at_ms").min(),
        pl.len().alias("count"),
        pl.col("is_refund").all().alias("all_refund"),
        (pl.col("is_refund").any() | (pl.col("refund_fen") > 0).any()).alias("any_refund"),
        *[pl.col(name).drop_nulls().first() for name in _told_columns(plan)],
        pl.col("consent").drop_nulls().last(),
    )
    return Orders(lines, heads)


def _told_columns(plan: Plan) -> list[str]:
    return ["member", "phone", "name", *(f"attr_{name}" for name in plan.attributes)]


def _key(lines: pl.DataFrame) -> pl.Expr:
    """What the line's key is made of. A numbered line is one line however often it comes."""
    by_content = pl.concat_str(["key_text", pl.col("occurrence").cast(pl.String)], separator=_MARK)
    if lines["line_no"].null_count() == lines.height:
        return by_content.cast(pl.Binary).alias("key")
    numbered = pl.when(pl.col("line_no").is_not_null()).then(pl.col("key_text"))
    return numbered.otherwise(by_content).cast(pl.Binary).alias("key")

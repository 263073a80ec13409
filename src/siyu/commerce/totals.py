"""Running totals per customer, kept in the transaction that records the orders."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from siyu.eventlog import records
from siyu.eventlog.records import Merge

_COLUMNS = ("fragment_id", "order_count", "gmv_fen", "refunds_fen", "net_sales_fen")


def add(sold: Sequence[tuple[int | None, datetime, int, bool]], returned: Sequence[tuple[int | None, int]]) -> None:
    """Adds sales (fragment, at, fen, is a new order) and refunds (fragment, fen) to the totals of their customers."""
    sums: dict[int, list[int]] = {}
    spans: dict[int, tuple[datetime, datetime]] = {}
    for fragment_id, at, amount_fen, is_new in sold:
        assert fragment_id is not None
        _add(sums, fragment_id, int(is_new), amount_fen, 0)
        first, last = spans.get(fragment_id, (at, at))
        spans[fragment_id] = (min(first, at), max(last, at))
    for fragment_id, amount_fen in returned:
        assert fragment_id is not None
        _add(sums, fragment_id, 0, 0, amount_fen)
    _write_buyers({fragment_id: (*sums.pop(fragment_id), *span) for fragment_id, span in spans.items()})
    _write_sums(sums)


def _add(sums: dict[int, list[int]], fragment_id: int, orders: int, gmv_fen: int, refunds_fen: int) -> None:
    row = sums.setdefault(fragment_id, [0, 0, 0, 0])
    for place, value in enumerate((orders, gmv_fen, refunds_fen, gmv_fen - refunds_fen)):
        row[place] += value


def _write_sums(sums: dict[int, list[int]]) -> None:
    """Sums of those who only gave back."""
    records.bulk_upsert(
        "commerce_customertotal",
        _COLUMNS,
        [(fragment_id, *row) for fragment_id, row in sums.items()],
        key=("fragment_id",),
        update=dict.fromkeys(_COLUMNS[1:], Merge.ADD),
    )


def _write_buyers(rows: dict[int, tuple[Any, ...]]) -> None:
    """Sums and span of those who bought, in one statement: each changed index of the table costs as much as the row."""
    records.bulk_upsert(
        "commerce_customertotal",
        (*_COLUMNS, "first_paid_at", "last_paid_at"),
        [
            (fragment_id, *sums, records.db_moment(first), records.db_moment(last))
            for fragment_id, (*sums, first, last) in rows.items()
        ],
        key=("fragment_id",),
        update={
            **dict.fromkeys(_COLUMNS[1:], Merge.ADD),
            "first_paid_at": Merge.EARLIEST,
            "last_paid_at": Merge.LATEST,
        },
    )

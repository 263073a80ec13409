"""RFM rows as records and as a CSV file: what the command and the console write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from siyu.audiences.contracts import RfmRow
from siyu.kernel import spreadsheets
from siyu.kernel.money import decimal_from_fen

RFM_COLUMNS = (
    "customer_id", "member_no", "recency", "frequency", "monetary", "monetary_fen", "r_score", "f_score", "m_score",
    "segment",
)  # fmt: skip


def rfm_record(row: RfmRow) -> dict[str, Any]:
    """One customer by column name; `monetary` is a decimal in major units with two places."""
    values = (
        row.customer_id, row.member_no, row.recency_days, row.frequency, decimal_from_fen(row.monetary_fen),
        row.monetary_fen, row.r_score, row.f_score, row.m_score, row.segment.value,
    )  # fmt: skip
    return dict(zip(RFM_COLUMNS, values, strict=True))


def rfm_csv(rows: Iterable[RfmRow]) -> Iterator[str]:
    """The file in pieces, guarded against formulas in texts; numbers stay numbers."""
    return spreadsheets.csv_pieces(RFM_COLUMNS, (tuple(rfm_record(row).values()) for row in rows))

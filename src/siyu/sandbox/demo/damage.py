"""Rows that an import has to notice: damaged ones, and lines that come twice."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

# Lines that an export repeats, because somebody joined two of them.
REPEATED_LINES = 12


@dataclass(frozen=True)
class BadRow:
    """A row that an import has to reject: file, line in it (the header is line 1) and what is wrong."""

    file: str
    line: int
    reason: str


# What is broken in the deliberately bad rows, and how.
DAMAGE = (
    ({"placed_at": "2026-13-45 10:00:00", "paid_at": "2026-13-45 10:00:00"}, "时间不是日期"),
    ({"placed_at": "", "paid_at": ""}, "时间为空"),
    ({"quantity": "两份"}, "数量不是数字"),
    ({"amount": "三十九元八"}, "实付金额不是数字"),
    ({"order_no": "2.02506E+18", "line_no": "2.02506E+18"}, "订单号被表格软件改成科学计数法"),
    ({"order_no": "", "line_no": ""}, "订单号为空"),
)


def with_bad_rows(sheet: pl.DataFrame, file: str) -> tuple[pl.DataFrame, tuple[BadRow, ...]]:
    """Strews one row per kind of damage evenly over a sheet, under numbers of their own."""
    if not sheet.height:
        return sheet, ()
    plain = sheet.with_columns(pl.col("quantity").cast(pl.String), pl.int_range(pl.len()).cast(pl.Float64).alias("at"))
    step = sheet.height // (len(DAMAGE) + 1)
    broken = []
    for number, (damage, reason) in enumerate(DAMAGE, 1):
        order_no = f"BAD{number:04d}{plain['order_no'][number * step][:8]}"
        texts = {"order_no": order_no, "line_no": f"{order_no}-1", "rejected": reason, **damage}
        place = number * step - 0.5
        broken.append(
            plain.slice(number * step, 1).with_columns(
                pl.lit(place).alias("at"), *(pl.lit(text).alias(name) for name, text in texts.items())
            )
        )
    strewn = pl.concat([plain, *broken]).sort("at", maintain_order=True).drop("at")
    reasons = {reason for _, reason in DAMAGE}
    marked = strewn.with_row_index("line").filter(pl.col("rejected").is_in(reasons))
    return strewn, tuple(BadRow(file, line + 2, reason) for line, reason in marked.select("line", "rejected").rows())


def with_repeated_lines(sheet: pl.DataFrame) -> pl.DataFrame:
    """Some numbered lines once more at the end."""
    return pl.concat([sheet, sheet.gather_every(max(1, sheet.height // REPEATED_LINES)).head(REPEATED_LINES)])

"""Writes a sheet's lines as the files of a shop system: encodings, guards against spreadsheets, workbooks."""

from __future__ import annotations

import gzip
from datetime import datetime
from pathlib import Path

import polars as pl
import xlsxwriter

from siyu.sandbox.demo.layouts import Layout

# What of a workbook is a date, an amount or a number; the rest is text.
_TIMES = frozenset({"placed_at", "paid_at", "refunded_at"})
_AMOUNTS = frozenset({"unit", "amount", "received", "order_amount", "refund"})
# Half the time of the best level for files that are a twentieth larger.
PACK_LEVEL = 6
_TIME_FORMAT = "%Y-%m-%d %H:%M:%S"


def write_csv(path: Path, layout: Layout, sheet: pl.DataFrame, *, guarded: bool = True, total: bool = False) -> Path:
    """A text file in the layout's encoding; with a footer that sums it up if asked for."""
    lines = _laid_out(layout, sheet, guarded=guarded)
    text = lines.write_csv() + (_footer(layout, sheet) if total else "")
    path.write_bytes(text.encode(layout.encoding))
    return path


def write_old_csv_gz(path: Path, layout: Layout, sheet: pl.DataFrame) -> Path:
    """GB18030 and packed, with a notice above the header: what consoles of an older kind write."""
    notice = f"{layout.name}订单明细，金额单位：元\n"
    text = notice + _laid_out(layout, sheet, guarded=True).write_csv()
    # No time and no name in the head, so that the same seed makes the same bytes.
    with path.open("wb") as file, gzip.GzipFile("", "wb", PACK_LEVEL, file, 0) as packed:
        packed.write(text.encode("gb18030"))
    return path


def write_xlsx(path: Path, layout: Layout, sheet: pl.DataFrame) -> Path:
    """A workbook with true numbers and dates, as a till's office program writes it."""
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        # A fixed day, so that the same seed makes the same bytes.
        book.set_properties({"created": datetime(2020, 1, 1)})  # noqa: DTZ001 - the format has no zones
        page = book.add_worksheet("订单明细")
        as_time = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        as_amount = book.add_format({"num_format": "0.00"})
        page.write_row(0, 0, [column.header for column in layout.columns])
        sources = [column.source for column in layout.columns]
        for index, row in enumerate(sheet.select(sources).iter_rows(), 1):
            for place, (source, value) in enumerate(zip(sources, row, strict=True)):
                if value and source in _TIMES:
                    moment = datetime.strptime(value, _TIME_FORMAT)  # noqa: DTZ007 - as above
                    page.write_datetime(index, place, moment, as_time)
                elif value and source in _AMOUNTS:
                    page.write_number(index, place, float(value), as_amount)
                elif source == "quantity":
                    page.write_number(index, place, int(value))
                else:
                    page.write_string(index, place, value)
    return path


def _laid_out(layout: Layout, sheet: pl.DataFrame, *, guarded: bool) -> pl.DataFrame:
    """The columns of the layout under their headers; nulls, because an empty text would be written in quotes."""
    found = {}
    for place, column in enumerate(layout.columns):
        value = pl.col(column.source).cast(pl.String) if column.source else pl.lit(column.always)
        found[f"{place}"] = _guard(layout, column.source, value) if guarded else value
    laid_out = sheet.select(**found).select(pl.all().replace("", None))
    return laid_out.rename({f"{place}": column.header for place, column in enumerate(layout.columns)})


def _guard(layout: Layout, source: str, value: pl.Expr) -> pl.Expr:
    guard = value
    if source in layout.tab_guarded:
        guard = "\t" + value
    elif source in layout.formula_guarded:
        guard = '="' + value + '"'
    return pl.when(value == "").then(pl.lit(layout.missing)).otherwise(guard)


def _footer(layout: Layout, sheet: pl.DataFrame) -> str:
    """合计 in the first column, the sum under the amounts, nothing elsewhere."""
    fen = int(sheet["amount_fen"].sum())
    total = f"{fen // 100}.{fen % 100:02d}"
    cells = ["合计", *(total if column.source == "amount" else "" for column in layout.columns[1:])]
    return ",".join(cells) + "\n"

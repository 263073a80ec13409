"""Workbooks (XLSX) by calamine: dates are dates, formulas are their results, numbers are what the cell shows."""

from __future__ import annotations

import tempfile
import zipfile
import zlib
from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from siyu.ingest.contracts import DamagedFile, EmptyFile, TooManyColumns, UnpacksTooLarge, WrongFileType
from siyu.ingest.rules import headers as header_rules
from siyu.ingest.tables import limits
from siyu.ingest.tables.contracts import RAGGED, ROW, text_schema
from siyu.ingest.tables.files import ByteSource

# Spreadsheets keep 15 significant digits: a longer whole number has lost its tail already.
EXACT_BELOW = 10**15


class WorkbookTable:
    """The sheet of a workbook whose head looks most like the wanted table."""

    kind = "xlsx"
    encoding = "xlsx"

    def __init__(self, source: ByteSource, known: Collection[str], folder: Path, *, guess: bool = False) -> None:
        self._sheet, head = _best_sheet(_open(source, folder), known)
        index, self.header_known = header_rules.find_header(head, known, guess=guess)
        cells = head[index]
        if len(cells) > limits.MAX_COLUMNS:
            raise TooManyColumns(count=len(cells), limit=limits.MAX_COLUMNS)
        self.headers, self.repeated_headers = header_rules.distinct_headers(cells)
        self.header_row = index + 1
        self._rows_read = 0

    def share_read(self) -> float:
        return min(1.0, self._rows_read / max(self._sheet.total_height, 1))

    def batches(self) -> Iterator[pl.DataFrame]:
        """Frames of the rows under the header; see `Table.batches`."""
        rows = _sheet_rows(self._sheet)
        self._rows_read = len(list(islice(rows, self.header_row)))
        while batch := list(islice(rows, limits.BATCH_ROWS)):
            first = self._rows_read + 1
            self._rows_read += len(batch)
            yield _frame(batch, len(self.headers)).with_columns(
                pl.lit(False).alias(RAGGED),
                pl.int_range(first, first + len(batch), dtype=pl.Int64).alias(ROW),
            )


def _open(source: ByteSource, folder: Path) -> CalamineWorkbook:
    try:
        if not source.is_gzip:
            return _checked_workbook(source.path)
        with tempfile.NamedTemporaryFile(dir=folder, suffix=".xlsx") as unpacked:
            for chunk in source.chunks():
                unpacked.write(chunk)
                if unpacked.tell() > limits.MAX_WORKBOOK_BYTES:
                    raise UnpacksTooLarge(limit=limits.MAX_WORKBOOK_BYTES // 1024**2)
            unpacked.flush()
            return _checked_workbook(Path(unpacked.name))
    except (CalamineError, zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise DamagedFile(kind="XLSX") from error


def _checked_workbook(path: Path) -> CalamineWorkbook:
    """Opens a ZIP as a workbook once it is known to be one and to unpack to a bearable size."""
    with zipfile.ZipFile(path) as packed:
        parts = packed.infolist()
        if not any(part.filename == "xl/workbook.xml" for part in parts):
            raise WrongFileType(kind="ZIP")
        if sum(part.file_size for part in parts) > limits.MAX_WORKBOOK_BYTES:
            raise UnpacksTooLarge(limit=limits.MAX_WORKBOOK_BYTES // 1024**2)
        # The sizes above are claims. Reading every part once shows that they are true: a longer part breaks its
        # checksum here, before a reader that trusts the stream unpacks it into memory.
        if packed.testzip() is not None:
            raise DamagedFile(kind="XLSX")
    return CalamineWorkbook.from_path(str(path))


def _best_sheet(workbook: CalamineWorkbook, known: Collection[str]) -> tuple[CalamineSheet, list[list[str]]]:
    """The sheet with most known names in its head, and that head."""
    best: tuple[int, CalamineSheet, list[list[str]]] | None = None
    for name in workbook.sheet_names:
        sheet = workbook.get_sheet_by_name(name)
        head = [[text or "" for text in row] for row in islice(_sheet_rows(sheet), limits.HEAD_ROWS)]
        index = header_rules.header_index(head, known)
        score = header_rules.header_score(head[index], known) if index is not None else 0
        if best is None or (score, bool(head)) > (best[0], bool(best[2])):
            best = (score, sheet, head)
    if best is None:
        raise EmptyFile()
    return best[1], best[2]


def _sheet_rows(sheet: CalamineSheet) -> Iterator[list[str | None]]:
    """Rows of texts from the sheet's first row on, also where the reader begins at the first used one."""
    if sheet.start is None:
        return
    top, left = sheet.start
    for _ in range(top):
        yield []
    for row in sheet.iter_rows():
        blank: list[str | None] = [None] * left
        yield blank + [_cell_text(value) for value in row]


def _cell_text(value: Any) -> str | None:
    if isinstance(value, str):
        return value or None
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (int, float)):
        return _number_text(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, (date, time, timedelta)):
        return str(value)
    return None


def _number_text(value: float) -> str:
    """The number as the cell shows it: no binary tail, and scientific where its digits are gone."""
    if float(value).is_integer() and abs(value) < EXACT_BELOW:
        return str(int(value))
    text = format(value, ".15g")
    return format(value, ".12f") if "e-" in text else text


def _frame(rows: Sequence[Sequence[str | None]], width: int) -> pl.DataFrame:
    padded = [(*row[:width], *([None] * (width - len(row)))) for row in rows]
    columns = dict(zip(text_schema(width), zip(*padded, strict=True), strict=True))
    return pl.DataFrame(columns, schema=text_schema(width))

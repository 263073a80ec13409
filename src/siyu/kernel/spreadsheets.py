"""Files for people who open them in a spreadsheet program: CSV with a byte-order mark, XLSX; no live formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from siyu.kernel.errors import SiyuError

# Programs run cells that begin so, also after blanks (OWASP, "CSV injection").
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
# Rows that are joined before they are handed on: few large pieces travel faster than many small ones.
ROWS_PER_PIECE = 500


class TooManyRows(SiyuError):
    code = "too_many_rows"
    status = 422
    message = "A workbook holds at most %(limit)s rows. Narrow the period, or take the CSV file."


def guarded(value: Any) -> Any:
    """A text that would run as a formula gets an apostrophe in front; numbers stay numbers."""
    if isinstance(value, str) and value.lstrip(" ").startswith(FORMULA_STARTS):
        return f"'{value}"
    return value


def csv_pieces(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """The file in pieces, head first, every cell guarded; for streamed answers and files alike."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    buffer.write("\ufeff")
    writer.writerow(head)
    for number, row in enumerate(rows, start=1):
        writer.writerow([guarded(value) for value in row])
        if number % ROWS_PER_PIECE == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def workbook(head: Sequence[str], rows: Iterable[Sequence[Any]], *, max_rows: int) -> io.BytesIO:
    """The rows as an XLSX file, at its beginning; TooManyRows beyond the limit. Texts are written as texts: none runs.

    Rows wait in temporary files while it is made; only the packed file is in memory.
    """
    # The rest of the program does without the library.
    import xlsxwriter

    file = io.BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, head, book.add_format({"bold": True}))
        sheet.freeze_panes(1, 0)
        for number, row in enumerate(rows, start=1):
            if number > max_rows:
                raise TooManyRows(limit=max_rows)
            sheet.write_row(number, 0, row)
    file.seek(0)
    return file


def _taken(buffer: io.StringIO) -> str:
    piece = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return piece

"""The door to tables: a path becomes an open table, whatever is in the file."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from siyu.ingest.rules.headers import header_key
from siyu.ingest.tables.contracts import Table
from siyu.ingest.tables.delimited import DelimitedTable
from siyu.ingest.tables.files import ByteSource, kind_of
from siyu.ingest.tables.workbook import WorkbookTable


def open_table(
    path: Path,
    *,
    known_headers: Collection[str],
    folder: Path,
    encoding_note: Path | None = None,
    guess_header: bool = False,
) -> Table:
    """Opens a CSV or XLSX file; `known_headers` are the names by which its header row is recognised.

    `folder` takes temporary files; `encoding_note` remembers what is costly to find out, of a file that never changes.
    With `guess_header` a file with none of these names is opened too, for a person to say what its columns are. Raises
    a FileProblem that says what to do.
    """
    source = ByteSource(path)
    known = {header_key(name) for name in known_headers}
    if kind_of(source) == "xlsx":
        return WorkbookTable(source, known, folder, guess=guess_header)
    return DelimitedTable(source, known, encoding_note=encoding_note, guess=guess_header)

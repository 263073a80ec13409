"""The head of a stored file: its columns, its first rows, and the mapping that is proposed for them."""

from __future__ import annotations

from itertools import islice

import polars as pl
from django.conf import settings

from siyu.ingest.contracts import EmptyFile, Preview, StoredFile
from siyu.ingest.imports import storage
from siyu.ingest.imports.plan import known_headers
from siyu.ingest.mappings.builtin import GENERIC, ONLINE_RETAIL
from siyu.ingest.mappings.suggest import suggest_mapping
from siyu.ingest.tables.contracts import RAGGED, ROW, Table
from siyu.ingest.tables.reading import open_table

# Rows that the mapping page shows, and that a proposal is checked against.
PREVIEW_ROWS = 20


def preview(file: StoredFile) -> Preview:
    """The head of a stored file with a proposed mapping; raises a FileProblem that says what to do."""
    table = open_table(
        storage.path_of(file.file_id),
        known_headers=known_headers(GENERIC) | known_headers(ONLINE_RETAIL),
        folder=storage.temporary_folder(),
        encoding_note=storage.encoding_note(file.file_id),
        guess_header=True,
    )
    rows, first_row = _head(table)
    if not rows:
        raise EmptyFile()
    return Preview(
        file_id=file.file_id,
        file_name=file.file_name,
        kind=table.kind,
        encoding=table.encoding,
        headers=table.headers,
        rows=rows,
        first_row=first_row,
        repeated_headers=table.repeated_headers,
        header_known=table.header_known,
        suggestion=suggest_mapping(table.headers, rows, settings.SIYU.tz),
    )


def _head(table: Table) -> tuple[tuple[tuple[str, ...], ...], int]:
    frames = [frame.head(PREVIEW_ROWS) for frame in islice(table.batches(), 1)]
    if not frames:
        return (), table.header_row + 1
    texts = frames[0].drop(ROW, RAGGED).fill_null(pl.lit(""))
    return tuple(texts.rows()), int(frames[0][ROW][0])

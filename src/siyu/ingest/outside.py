"""Tables of others, read as a whole: any file that the imports take, and Parquet."""

from __future__ import annotations

import tempfile
from collections.abc import Collection
from pathlib import Path

import polars as pl

from siyu.ingest.contracts import DamagedFile, TooManyRows
from siyu.ingest.tables import limits
from siyu.ingest.tables.contracts import cell
from siyu.ingest.tables.reading import open_table

PARQUET_MARK = b"PAR1"


def read_outside(path: Path, known_headers: Collection[str] = ()) -> pl.DataFrame:
    """All rows of a CSV or XLSX file (plain or .gz) or of a Parquet file, in file order; a text for each value.

    `known_headers` help to find the row of the header below notices. Raises a FileProblem that says what to do.
    """
    with path.open("rb") as file:
        is_parquet = file.read(len(PARQUET_MARK)) == PARQUET_MARK
    return _of_parquet(path) if is_parquet else _of_text(path, known_headers)


def _of_parquet(path: Path) -> pl.DataFrame:
    try:
        table = pl.read_parquet(path, n_rows=limits.MAX_ROWS + 1)
    except pl.exceptions.PolarsError as error:
        raise DamagedFile(kind="Parquet") from error
    _check_count(table.height)
    nested = [name for name, kind in table.schema.items() if kind.is_nested()]
    return table.drop(nested).with_columns(pl.all().cast(pl.String))


def _of_text(path: Path, known_headers: Collection[str]) -> pl.DataFrame:
    frames: list[pl.DataFrame] = []
    count = 0
    with tempfile.TemporaryDirectory() as folder:
        table = open_table(path, known_headers=known_headers, folder=Path(folder), guess_header=True)
        names = {cell(place): name for place, name in enumerate(table.headers)}
        for batch in table.batches():
            count += batch.height
            _check_count(count)
            frames.append(batch.select(*names).rename(names))
    empty = pl.DataFrame(schema={name: pl.String() for name in names.values()})
    return pl.concat([empty, *frames])


def _check_count(count: int) -> None:
    if count > limits.MAX_ROWS:
        raise TooManyRows(limit=limits.MAX_ROWS)

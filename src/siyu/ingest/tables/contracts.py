"""What a table offers, whatever file it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import polars as pl

# Column of a frame with the number of the row as a person sees it in a spreadsheet (the first line is 1).
ROW = "row"
# Column of a frame that is true where a row has more cells than the header.
RAGGED = "ragged"


def cell(position: int) -> str:
    """Name of the frame's column at a position of the header."""
    return f"c{position}"


def text_schema(width: int) -> dict[str, pl.DataType]:
    return {cell(position): pl.String() for position in range(width)}


class Table(Protocol):
    """An open table. `batches` may be called again and starts over, cutting the same batches."""

    kind: str
    encoding: str
    headers: tuple[str, ...]
    header_row: int
    repeated_headers: tuple[str, ...]
    # False where no name was known and the header row is a guess.
    header_known: bool

    def batches(self) -> Iterator[pl.DataFrame]:
        """Frames of `row`, `ragged` and the text columns c0, c1 …, in file order."""
        ...

    def share_read(self) -> float:
        """How much of the file the running `batches` has passed, 0 to 1."""
        ...

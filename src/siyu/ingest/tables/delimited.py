"""Delimited text (CSV): delimiter and header found, then frames by Polars, rows counted as a spreadsheet does."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path

import polars as pl

from siyu.ingest.contracts import OpenQuote, TooManyColumns
from siyu.ingest.rules import headers as header_rules
from siyu.ingest.tables import encodings, limits
from siyu.ingest.tables.contracts import RAGGED, ROW, text_schema
from siyu.ingest.tables.files import ByteSource
from siyu.ingest.tables.quotes import is_well_quoted, last_record_end

DELIMITERS = (",", "\t", ";", "|")


class DelimitedTable:
    """A text table. `known` holds the header keys by which the header row is found; `guess` takes any other too."""

    kind = "csv"

    def __init__(
        self, source: ByteSource, known: Collection[str], *, encoding_note: Path | None = None, guess: bool = False
    ) -> None:
        self._source = source
        self.encoding = encodings.detect(source, encoding_note)
        head = self._head()
        # Old Mac exports end lines by a carriage return alone.
        self._only_returns = b"\n" not in head and b"\r" in head
        text = self._as_lines(head).decode(errors="ignore")
        self.delimiter = _best_delimiter(text, known)
        rows, line_ends = _head_rows(text, self.delimiter)
        index, self.header_known = header_rules.find_header(rows, known, guess=guess)
        cells = _without_blank_tail(rows[index])
        if len(cells) > limits.MAX_COLUMNS:
            raise TooManyColumns(count=len(cells), limit=limits.MAX_COLUMNS)
        self.headers, self.repeated_headers = header_rules.distinct_headers(cells)
        # Consoles end each line with a separator: nameless columns are read over, not taken for ragged rows.
        self._raw_width = len(rows[index])
        self.header_row = index + 1
        self._lines_before_data = line_ends[index]
        self._row = 0

    def share_read(self) -> float:
        return min(1.0, self._source.position / max(self._source.size_bytes, 1))

    def batches(self) -> Iterator[pl.DataFrame]:
        """Frames of whole records; see `Table.batches`."""
        self._row = self.header_row + 1
        for frame in self._frames():
            if frame.height:
                yield frame.with_columns(pl.int_range(self._row, self._row + frame.height, dtype=pl.Int64).alias(ROW))
            self._row += frame.height

    def _head(self) -> bytes:
        head = b""
        for chunk in encodings.utf8_chunks(self._source, self.encoding):
            head += chunk
            if len(head) >= limits.HEAD_BYTES:
                break
        return head[: limits.HEAD_BYTES]

    def _as_lines(self, text: bytes) -> bytes:
        return text.replace(b"\r", b"\n") if self._only_returns else text

    def _blocks(self) -> Iterator[bytes]:
        """The data as UTF-8 in blocks, without the lines up to the header."""
        text, started = b"", False
        for chunk in encodings.utf8_chunks(self._source, self.encoding):
            text += self._as_lines(chunk)
            if not started and text.count(b"\n") >= self._lines_before_data:
                text = text.split(b"\n", self._lines_before_data)[-1]
                started = True
            if started and len(text) >= limits.BLOCK_BYTES:
                yield text
                text = b""
        if started:
            yield text

    def _frames(self) -> Iterator[pl.DataFrame]:
        carry = b""
        blocks = self._blocks()
        for block in blocks:
            text = carry + block
            end = last_record_end(text)
            if (not end and len(text) > limits.BLOCK_BYTES) or not is_well_quoted(text[:end], self.delimiter):
                yield from self._frames_exactly(chain([text], blocks))
                return
            carry = text[end:]
            if end:
                yield self._frame(text[:end])
        if carry:
            yield from self._frames_exactly([carry])

    def _frame(self, text: bytes) -> pl.DataFrame:
        """Well-quoted whole records by Polars; by the exact reader where rows are wider than the header."""
        try:
            frame = pl.read_csv(
                text,
                has_header=False,
                schema=text_schema(self._raw_width),
                separator=self.delimiter,
                quote_char='"' if b'"' in text else None,
            )
        except (pl.exceptions.ComputeError, pl.exceptions.SchemaError):
            return pl.concat(list(self._frames_exactly([text])))
        return frame.select(*text_schema(len(self.headers)), pl.lit(False).alias(RAGGED))

    def _frames_exactly(self, blocks: Iterable[bytes]) -> Iterator[pl.DataFrame]:
        lines = _Lines(blocks)
        reader = csv.reader(lines, delimiter=self.delimiter)
        row = self._row
        try:
            while rows := list(islice(reader, limits.BATCH_ROWS)):
                row += len(rows)
                if lines.ended and _is_open(rows[-1], lines.last):
                    raise OpenQuote(row=row - 1)
                yield _frame_of_rows(rows, len(self.headers), self._raw_width)
        except csv.Error as error:
            raise OpenQuote(row=row) from error


class _Lines:
    """Lines of text blocks with their ends; remembers the last one."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._lines = self._split(blocks)
        self.last = ""
        self.ended = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        try:
            self.last = next(self._lines)
        except StopIteration:
            self.ended = True
            raise
        return self.last

    @staticmethod
    def _split(blocks: Iterable[bytes]) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder("utf-8")()
        rest = ""
        for block in blocks:
            *whole, rest = (rest + decoder.decode(block)).split("\n")
            yield from (line + "\n" for line in whole)
        if rest:
            yield rest


def _is_open(row: Sequence[str], last_line: str) -> bool:
    """Whether the file ended inside a quoted cell: it swallowed lines and the last one does not close it."""
    return bool(row) and "\n" in row[-1] and not last_line.rstrip("\r\n").endswith('"')


def _frame_of_rows(rows: Sequence[Sequence[str]], width: int, raw_width: int) -> pl.DataFrame:
    ragged = [any(extra.strip() for extra in row[raw_width:]) for row in rows]
    padded = [(*row[:width], *([None] * (width - len(row)))) for row in rows]
    columns = dict(zip(text_schema(width), zip(*padded, strict=True), strict=True))
    frame = pl.DataFrame(columns, schema=text_schema(width))
    return frame.with_columns(pl.Series(RAGGED, ragged, dtype=pl.Boolean))


def _head_rows(text: str, delimiter: str) -> tuple[list[list[str]], list[int]]:
    """The first records, and for each the number of lines up to its end."""
    lines = [line + "\n" for line in text.removesuffix("\n").split("\n")]
    reader = csv.reader(lines, delimiter=delimiter)
    rows: list[list[str]] = []
    line_ends: list[int] = []
    try:
        for row in islice(reader, limits.HEAD_ROWS):
            rows.append(row)
            line_ends.append(reader.line_num)
    except csv.Error:
        return rows, line_ends
    return rows, line_ends


def _best_delimiter(text: str, known: Collection[str]) -> str:
    """The delimiter under which a row of the head has most known names, then under which rows are widest."""

    def quality(delimiter: str) -> tuple[int, int]:
        rows, _ = _head_rows(text, delimiter)
        names = max((header_rules.header_score(row, known) for row in rows), default=0)
        widths = sorted(len(row) for row in rows)
        return names, widths[len(widths) // 2] if widths else 0

    return max(DELIMITERS, key=quality)


def _without_blank_tail(cells: Sequence[str]) -> list[str]:
    kept = list(cells)
    while kept and not kept[-1].strip():
        kept.pop()
    return kept

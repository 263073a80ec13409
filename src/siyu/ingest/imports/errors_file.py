"""The file of rejected rows: streamed while the import runs, safe to open in a spreadsheet."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import polars as pl
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from siyu.ingest.rules.reasons import SENTENCES

HEADERS = (_("Row"), _("Column"), _("Value"), _("Code"), _("Reason"))
# Characters of a rejected value that are shown; the rest helps nobody.
MAX_VALUE_LENGTH = 500
# A spreadsheet takes a cell that begins like this for a formula.
_FORMULA_START = r"^[=+\-@\t\r]"


class ErrorsFile:
    """Writes beside `path` and moves into place at the end, so that a download never sees half a file.

    A resumed import writes it anew: the same file under the same mapping is rejected the same way.
    """

    def __init__(self, path: Path, language: str) -> None:
        self._path = path
        self._part = path.with_suffix(f".{os.getpid()}.part")
        self._row_count = 0
        with translation.override(language):
            self._headers = [gettext(name) for name in HEADERS]
            self._sentences: Mapping[str, str] = {reason.value: gettext(text) for reason, text in SENTENCES.items()}

    def __enter__(self) -> Self:
        self._file = self._part.open("wb")
        # The mark makes Excel read UTF-8.
        self._file.write("\ufeff".encode() + ",".join(self._headers).encode() + b"\r\n")
        return self

    def __exit__(self, kind: object, *_: Any) -> None:
        self._file.close()
        if kind is None and self._row_count:
            self._part.replace(self._path)
        else:
            self._part.unlink(missing_ok=True)

    def add(self, rejected: pl.DataFrame) -> None:
        """Appends rows of `row, column, value, reason`."""
        if not rejected.height:
            return
        self._row_count += rejected.height
        rejected.select(
            "row",
            _guarded("column"),
            _guarded("value"),
            "reason",
            pl.col("reason").replace_strict(self._sentences).alias("sentence"),
        ).write_csv(self._file, include_header=False, line_terminator="\r\n")

    @property
    def path(self) -> Path | None:
        """Where the file will be, or None if no row was rejected."""
        return self._path if self._row_count else None


def _guarded(name: str) -> pl.Expr:
    text = pl.col(name).str.slice(0, MAX_VALUE_LENGTH)
    return pl.when(text.str.contains(_FORMULA_START)).then(pl.lit("'") + text).otherwise(text).alias(name)

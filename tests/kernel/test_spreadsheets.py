"""Exports never carry a live formula into a spreadsheet program."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import pytest

from siyu.kernel.spreadsheets import ROWS_PER_PIECE, csv_pieces, guarded


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "  =1"])
def test_formulas_become_texts(text: str) -> None:
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize("value", ["", "plain", "a=b", "鲜果里", 12, -5, Decimal("-3.20")])
def test_everything_else_stays(value: object) -> None:
    assert guarded(value) == value


def test_a_long_file_comes_in_pieces_that_join() -> None:
    rows = [(number, f"={number}") for number in range(ROWS_PER_PIECE * 2 + 3)]
    pieces = list(csv_pieces(("id", "text"), rows))
    assert len(pieces) == 3
    read = list(csv.reader(io.StringIO("".join(pieces).removeprefix("\ufeff"))))
    assert read[0] == ["id", "text"]
    assert read[1:] == [[str(number), f"'={number}"] for number, _ in rows]

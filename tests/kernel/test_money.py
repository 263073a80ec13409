"""Amounts become minor units without a binary float in between."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siyu.kernel.money import decimal_from_fen, fen_from_decimal, format_fen


@pytest.mark.parametrize(
    ("text", "fen"),
    [("2.55", 255), ("2.555", 256), ("-2.555", -256), ("0.005", 1), ("0.0049", 0), ("1e3", 100_000), ("7", 700)],
)
def test_rounds_half_away_from_zero(text: str, fen: int) -> None:
    assert fen_from_decimal(text) == fen


@pytest.mark.parametrize("text", ["", "abc", "NaN", "Infinity", "1,5"])
def test_refuses_what_is_no_amount(text: str) -> None:
    with pytest.raises(ValueError):
        fen_from_decimal(text)


@given(st.integers(-(10**15), 10**15))
def test_minor_and_major_units_are_the_same_amount(fen: int) -> None:
    assert fen_from_decimal(decimal_from_fen(fen)) == fen
    assert decimal_from_fen(fen) * 100 == Decimal(fen)


def test_shows_money_as_people_write_it() -> None:
    assert format_fen(123_450) == "¥1,234.50"
    assert format_fen(-5) == "−¥0.05"

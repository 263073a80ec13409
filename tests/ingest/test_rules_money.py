"""Amounts and quantities as people write them."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siyu.ingest.rules import money
from siyu.ingest.rules.reasons import BadValue, Reason
from siyu.kernel.money import fen_from_decimal


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2.55", "2.55"),
        ("0", "0"),
        ("-11062.06", "-11062.06"),
        ("¥1,234.50", "1234.50"),
        ("￥１，２３４．５０", "1234.50"),
        ("1234.50元", "1234.50"),
        ("RMB 88", "88"),
        ("(1,234.50)", "-1234.50"),
        ("（12.5）", "-12.5"),
        ("-¥5", "-5"),
        ("¥-5", "-5"),
        ("−5", "-5"),
        ("+7.", "7"),
        (".5", "0.5"),
        ("1,234,567", "1234567"),
        ("1.234,50", "1234.50"),
        ("1 234,50", "1234.50"),
        ("1 234.5", "1234.5"),
        ("0.001", "0.001"),
        ("3.3333333333", "3.333333"),
        ("\t9.90\u3000", "9.90"),
    ],
)
def test_an_amount_is_read_exactly(cell: str, expected: str) -> None:
    assert money.parse_micro(cell) == int(Decimal(expected) * money.MICRO)


@pytest.mark.parametrize("cell", ["", " ", "-", "—", "NULL", "\u00a0"])
def test_nothing_is_nothing(cell: str) -> None:
    assert money.parse_micro(cell) is None


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("1234,5", Reason.AMBIGUOUS_MONEY),
        ("12,50", Reason.AMBIGUOUS_MONEY),
        ("1,23,456", Reason.BAD_MONEY),
        ("1e5", Reason.BAD_MONEY),
        ("abc", Reason.BAD_MONEY),
        ("1.2.3", Reason.BAD_MONEY),
        ("--5", Reason.BAD_MONEY),
        ("=1+1", Reason.BAD_MONEY),
        ("12345678901.00", Reason.AMOUNT_TOO_LARGE),
    ],
)
def test_what_is_no_amount_is_refused_with_a_reason(cell: str, reason: Reason) -> None:
    with pytest.raises(BadValue) as caught:
        money.parse_micro(cell)
    assert caught.value.reason is reason


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=3, allow_nan=False))
def test_thousands_separators_change_nothing(amount: Decimal) -> None:
    assert money.parse_micro(f"{amount:,.3f}") == money.parse_micro(f"{amount:.3f}") == int(amount * money.MICRO)


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=6, allow_nan=False))
def test_rounding_to_fen_agrees_with_the_kernel(amount: Decimal) -> None:
    assert money.fen_from_micro(int(amount * money.MICRO)) == fen_from_decimal(amount)


@given(st.integers(1, 10_000), st.decimals(min_value=0, max_value=10_000, places=3, allow_nan=False))
def test_a_line_is_rounded_half_up_once(quantity: int, price: Decimal) -> None:
    micro = money.parse_micro(str(price))
    assert micro is not None
    expected = (quantity * price * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    assert money.fen_from_micro(quantity * micro) == int(expected)


@pytest.mark.parametrize(
    ("cell", "expected"), [("6", 6), ("6.0", 6), ("-12", -12), ("1,200", 1200), ("２", 2), ("", None)]
)
def test_a_quantity_is_a_whole_number(cell: str, expected: int | None) -> None:
    assert money.parse_quantity(cell) == expected


@pytest.mark.parametrize(
    ("cell", "reason"),
    [("1.5", Reason.FRACTION_QUANTITY), ("two", Reason.BAD_QUANTITY), ("99999999999", Reason.BAD_QUANTITY)],
)
def test_what_is_no_quantity_is_refused_with_a_reason(cell: str, reason: Reason) -> None:
    with pytest.raises(BadValue) as caught:
        money.parse_quantity(cell)
    assert caught.value.reason is reason

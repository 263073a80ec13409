"""Whole columns are read as the rules read their cells."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siyu.ingest.contracts import DateStyle
from siyu.ingest.imports import columns
from siyu.ingest.rules import moments, money, phones, texts, words
from siyu.ingest.rules.reasons import BadValue

_DIGITS = st.text("0123456789.,-+¥()元 eE", max_size=14)
_IDS = st.one_of(st.text(max_size=12), st.from_regex(r"[A-Z]?\d{1,19}(\.0)?", fullmatch=True), st.just('="123"'))
_TIMES = st.one_of(
    st.datetimes(datetime(1980, 1, 1), datetime(2040, 1, 1)).map(lambda m: f"{m:%Y-%m-%d %H:%M:%S}"),  # noqa: DTZ001
    st.datetimes(datetime(2000, 1, 1), datetime(2020, 1, 1)).map(lambda m: f"{m:%m/%d/%Y %H:%M}"),  # noqa: DTZ001
    st.from_regex(r"\d{4}[-/]\d\d[-/]\d\d \d\d:\d\d:\d\d", fullmatch=True),
    st.text("0123456789-/: 年月日", max_size=16),
)


def _by_rule(rule: Callable[[str], Any], cell: str | None) -> tuple[Any, str | None]:
    if cell is None:
        return None, None
    try:
        return rule(cell), None
    except BadValue as error:
        return None, error.reason.value


def _check(cells: list[str], read: Callable[[pl.Series], columns.Column], rule: Callable[[str], Any]) -> None:
    raw = columns.cleaned(pl.Series(cells, dtype=pl.String))
    column = read(raw)
    reasons = column.reasons.to_list() if column.reasons is not None else [None] * len(cells)
    expected = [_by_rule(rule, cell) for cell in raw.to_list()]
    assert list(zip(column.values.to_list(), reasons, strict=True)) == expected


@given(st.lists(st.text(max_size=6)))
def test_cleaning(cells: list[str]) -> None:
    assert columns.cleaned(pl.Series(cells, dtype=pl.String)).to_list() == [texts.clean_text(cell) for cell in cells]


@given(st.lists(_IDS))
def test_identifiers(cells: list[str]) -> None:
    _check(cells, columns.identifiers, texts.clean_id)


@given(st.lists(_DIGITS))
def test_money(cells: list[str]) -> None:
    _check(cells, columns.micros, money.parse_micro)


@given(st.lists(_DIGITS))
def test_quantities(cells: list[str]) -> None:
    _check(cells, columns.quantities, money.parse_quantity)


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Europe/Berlin", "America/St_Johns"])
@given(cells=st.lists(_TIMES))
def test_moments(zone: str, cells: list[str]) -> None:
    tz = ZoneInfo(zone)
    for style in (DateStyle.AUTO, DateStyle.MDY):
        _check(
            cells,
            lambda raw, style=style: columns.millis(raw, style, tz),
            lambda cell, style=style: moments.parse_millis(cell, style, tz),
        )


@given(st.lists(st.from_regex(r"1\d{10}|\+?\d{5,14}|1\d{2}\*{4}\d{4}", fullmatch=True)))
def test_phones(cells: list[str]) -> None:
    expected = [phones.parse_phone(cell) for cell in cells]
    assert columns.phone_numbers(pl.Series(cells, dtype=pl.String)).to_list() == expected


def test_digits_of_other_scripts_are_left_to_the_rules() -> None:
    arabic = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
    cells = [cell.translate(arabic) for cell in ("12", "3.50", "13800005678", "2024-05-01 10:00:00")]
    raw = pl.Series(cells, dtype=pl.String)
    _check(cells, columns.quantities, money.parse_quantity)
    _check(cells, columns.micros, money.parse_micro)
    _check(
        cells,
        lambda column: columns.millis(column, DateStyle.AUTO, ZoneInfo("UTC")),
        lambda cell: moments.parse_millis(cell, DateStyle.AUTO, ZoneInfo("UTC")),
    )
    assert columns.phone_numbers(raw).to_list() == [phones.parse_phone(cell) for cell in cells]


def test_words_and_an_empty_column() -> None:
    raw = pl.Series(["是", None, "否", "x"], dtype=pl.String)
    assert columns.yes_or_no(raw).to_list() == [True, None, False, None]
    empty = pl.Series([], dtype=pl.String)
    assert columns.identifiers(empty).values.to_list() == []
    states = columns.order_states(pl.Series(["待付款", None], dtype=pl.String))
    assert states.to_list() == [words.OrderState.UNPAID.value, None]


def test_moments_around_a_clock_change_agree() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    cells = ["2011-03-27 02:30:00", "2011-10-30 02:30:00", "2011-03-27 03:00:00"]
    column = columns.millis(pl.Series(cells), DateStyle.AUTO, berlin)
    assert column.values.to_list() == [
        None,
        int(datetime(2011, 10, 30, 0, 30, tzinfo=UTC).timestamp()) * 1000,
        int(datetime(2011, 3, 27, 1, 0, tzinfo=UTC).timestamp()) * 1000,
    ]
    assert column.reasons is not None
    assert column.reasons.to_list() == ["time_skipped", None, None]


def test_the_short_cut_for_mobile_numbers_takes_only_what_the_library_takes() -> None:
    cells = [f"1{prefix:04d}005678" for prefix in range(10_000)]
    expected = [phones.parse_phone(cell) for cell in cells]
    assert columns.phone_numbers(pl.Series(cells)).to_list() == expected
    assert sum(1 for phone in expected if phone) > 4_000

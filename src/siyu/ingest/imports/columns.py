"""Whole columns by the rules of `ingest.rules`: the common spellings by Polars, the rest once per distinct text.

Every function returns the values and, where a text could not be read, the reason. The property tests hold these
functions to the rules cell by cell. Patterns say [0-9]: the short form takes every script's digits, which Polars then
fails to cast.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import polars as pl

from siyu.ingest.contracts import DateStyle
from siyu.ingest.rules import moments, money, phones, texts, words
from siyu.ingest.rules.reasons import BadValue
from siyu.kernel import clock

# Characters of a text kept in the records (their columns are as long).
MAX_TITLE_LENGTH = 200
MAX_SKU_LENGTH = 80
MAX_NAME_LENGTH = 120
# Ranges of mainland mobile numbers that the phone library calls valid, whatever follows (a test goes through them all).
_CHINA_MOBILE = r"^1(?:3[0-9]|5[0-35-9]|7[0-35-8]|8[0-9]|9[0-35-9])[0-9]{8}$"


class Column(NamedTuple):
    """Values with nulls, and reasons where a text was unreadable (None if all could be read)."""

    values: pl.Series
    reasons: pl.Series | None


def cleaned(raw: pl.Series) -> pl.Series:
    """Texts without invisible blanks, null for every way of writing nothing."""
    stripped = raw.str.strip_chars(texts.BLANKS)
    return pl.select(pl.when(stripped.is_in(list(texts.MISSING))).then(None).otherwise(stripped)).to_series()


def identifiers(raw: pl.Series) -> Column:
    plain = raw.str.contains(r"^[A-Za-z0-9_\-]+$")
    return _with_rest(raw, _where(plain, raw), texts.clean_id, pl.String)


def micros(raw: pl.Series) -> Column:
    """Money in 10^-6 major units."""
    plain = raw.str.contains(r"^-?[0-9]{1,10}(?:\.[0-9]{1,6})?$")
    numbers = _where(plain, raw).cast(pl.Decimal(20, 6)).to_physical().cast(pl.Int64)
    numbers = _where(numbers.abs() <= money.MAX_MICRO, numbers)
    return _with_rest(raw, numbers, money.parse_micro, pl.Int64)


def quantities(raw: pl.Series) -> Column:
    plain = raw.str.contains(r"^-?[0-9]{1,7}$")
    return _with_rest(raw, _where(plain, raw).cast(pl.Int64), money.parse_quantity, pl.Int64)


def millis(raw: pl.Series, style: DateStyle, zone: ZoneInfo) -> Column:
    """Unix milliseconds; year-first times to the second by Polars, all other styles by rule."""
    plain = raw.str.contains(r"^[0-9]{4}[-/][0-9]{2}[-/][0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$")
    local = (
        _where(plain, raw)
        .str.replace_all("/", "-", literal=True)
        .str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="ms", strict=False)
    )
    moment = local.dt.replace_time_zone(zone.key, ambiguous="earliest", non_existent="null").dt.epoch("ms")
    upto = clock.to_millis(clock.now()) + moments.FUTURE_MS
    in_range = (moment >= moments.FIRST_MS) & (moment <= upto)
    return _with_rest(raw, _where(in_range, moment), lambda cell: moments.parse_millis(cell, style, zone), pl.Int64)


def phone_numbers(raw: pl.Series) -> pl.Series:
    """E.164 or null; never a reason, because an order is an order without a phone."""
    plain = raw.str.contains(_CHINA_MOBILE)
    return _with_rest(raw, _where(plain, "+86" + raw), phones.parse_phone, pl.String).values


def masked_count(raw: pl.Series) -> int:
    return int(raw.str.contains(r"[*＊xX#]{2,}").sum() or 0)


def order_states(raw: pl.Series) -> pl.Series:
    return _with_rest(raw, _nothing(raw, pl.String), words.order_state, pl.String).values


def after_sales(raw: pl.Series) -> pl.Series:
    return _with_rest(raw, _nothing(raw, pl.String), words.after_sale, pl.String).values


def yes_or_no(raw: pl.Series) -> pl.Series:
    return _with_rest(raw, _nothing(raw, pl.Boolean), words.yes_or_no, pl.Boolean).values


def _where(condition: pl.Series, values: pl.Series | pl.Expr) -> pl.Series:
    return pl.select(pl.when(condition).then(values)).to_series()


def _nothing(raw: pl.Series, dtype: Any) -> pl.Series:
    return pl.Series([None], dtype=dtype).new_from_index(0, len(raw))


def _with_rest(raw: pl.Series, values: pl.Series, rule: Callable[[str], Any], dtype: Any) -> Column:
    """Fills what the fast reading left open, by applying `rule` to each distinct text."""
    rest = raw.filter(values.is_null() & raw.is_not_null()).unique()
    if not len(rest):
        return Column(values.cast(dtype), None)
    read: list[Any] = []
    reasons: list[str | None] = []
    for cell in rest.to_list():
        try:
            read.append(rule(cell))
            reasons.append(None)
        except BadValue as error:
            read.append(None)
            reasons.append(error.reason.value)
    by_text = pl.DataFrame(
        {"raw": rest, "value": pl.Series(read, dtype=dtype), "reason": pl.Series(reasons, dtype=pl.String)}
    )
    joined = pl.DataFrame({"raw": raw}).join(by_text, on="raw", how="left", maintain_order="left")
    filled = pl.select(pl.coalesce(values.cast(dtype), joined["value"])).to_series()
    return Column(filled, joined["reason"] if any(reasons) else None)

"""Checking one parameter of a leaf: every field type has one spelling after it, or a phrase that says what is wrong."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from siyu.audiences.contracts import FieldType, LeafField, Phrase
from siyu.audiences.contracts import gettext_noop as _
from siyu.audiences.rules import limits

SCORES = range(1, 6)
CUT_COUNT = 4
_MEASURES = ("recency_days", "frequency", "monetary_fen")
_NOT_TEXT = Phrase(_("This must be a text of 1 to %(limit)s characters."), {"limit": limits.MAX_TEXT_CHARS})
_NOT_DAY = Phrase(_("This must be a day like 2026-01-31."))
_NOT_METHOD = Phrase(
    _('This must be "quantile", or four growing whole numbers for each of recency_days, frequency, monetary_fen.')
)
_NOT_BOUNDS = Phrase(_("This must give one whole number for each of recency_days, frequency, monetary_fen."))


def keys_of(field: LeafField) -> tuple[str, ...]:
    """The keys under which a document may give a field: money as major units or, with ``_fen``, as fen."""
    return (field.name, f"{field.name}_fen") if field.type is FieldType.MONEY else (field.name,)


def stored_name(field: LeafField) -> str:
    """The one key under which the checked value is kept."""
    return keys_of(field)[-1]


def checked(field: LeafField, key: str, raw: Any) -> Any:
    """The value in its one spelling, or a `Phrase` that says what it must be."""
    if field.type is FieldType.MONEY:
        return _money(field, raw, is_fen=key.endswith("_fen"))
    return _CHECKS[field.type](field, raw)


def _choice(field: LeafField, raw: Any) -> Any:
    if isinstance(raw, str) and raw in field.choices:
        return raw
    return Phrase(_("This must be one of: %(choices)s."), {"choices": ", ".join(field.choices)})


def _choices(field: LeafField, raw: Any) -> Any:
    given = raw if isinstance(raw, list) else [raw]
    if given and all(isinstance(item, str) and item in field.choices for item in given):
        return sorted(set(given), key=field.choices.index)
    return Phrase(_("This must be one or more of: %(choices)s."), {"choices": ", ".join(field.choices)})


def _whole(field: LeafField, raw: Any) -> Any:
    """A whole number, or a pair of them for ``between``."""
    low = 0 if field.low is None else field.low
    high = limits.MAX_COUNT if field.high is None else field.high
    if isinstance(raw, list):
        return _pair(raw, lambda item: _whole(field, item))
    number = _as_int(raw)
    if number is None or not low <= number <= high:
        return Phrase(_("This must be a whole number from %(low)s to %(high)s."), {"low": low, "high": high})
    return number


def _days(field: LeafField, raw: Any) -> Any:
    number = _as_int(raw)
    low = 0 if field.low is None else field.low
    if number is None or not low <= number <= limits.MAX_DAYS:
        return Phrase(_("This must be a whole number of days from %(low)s to %(high)s."),
                      {"low": low, "high": limits.MAX_DAYS})  # fmt: skip
    return number


def _money(field: LeafField, raw: Any, *, is_fen: bool) -> Any:
    if isinstance(raw, list):
        return _pair(raw, lambda item: _money(field, item, is_fen=is_fen))
    fen = _as_int(raw) if is_fen else _as_fen(raw)
    if fen is None or abs(fen) > limits.MAX_FEN:
        wanted = _("This must be a whole number of fen.") if is_fen else _("This must be an amount like 99 or 99.90.")
        return Phrase(wanted)
    return fen


def _pair(raw: list[Any], check: Callable[[Any], Any]) -> Any:
    if len(raw) != 2 or any(isinstance(item, list) for item in raw):
        return Phrase(_("A range has two values: the lowest and the highest."))
    low, high = (check(item) for item in raw)
    for item in (low, high):
        if isinstance(item, Phrase):
            return item
    return [low, high] if low <= high else Phrase(_("The lowest value stands first."))


def _day(field: LeafField, raw: Any) -> Any:
    try:
        day = date.fromisoformat(raw) if isinstance(raw, str) else None
    except ValueError:
        day = None
    if day is None or not limits.FIRST_YEAR <= day.year <= limits.LAST_YEAR:
        return _NOT_DAY
    return day.isoformat()


def _flag(field: LeafField, raw: Any) -> Any:
    return True if raw is True else Phrase(_("This must be true."))


def _text(field: LeafField, raw: Any) -> Any:
    if isinstance(raw, str) and len(raw.strip()) > 0 and len(raw) <= limits.MAX_TEXT_CHARS:
        return raw
    return _NOT_TEXT


def _value(field: LeafField, raw: Any) -> Any:
    """A text, a number, or a list of either (of an attribute, whose own type decides what fits)."""
    if isinstance(raw, list):
        if not 0 < len(raw) <= limits.MAX_LIST_VALUES:
            return Phrase(_("A list has 1 to %(limit)s values."), {"limit": limits.MAX_LIST_VALUES})
        items = [_value(field, item) for item in raw]
        wrong = next((item for item in items if isinstance(item, (Phrase, list))), None)
        return items if wrong is None else (wrong if isinstance(wrong, Phrase) else _NOT_TEXT)
    if isinstance(raw, (int, float)) and not isinstance(raw, bool):
        return raw if math.isfinite(raw) else Phrase(_("This must be a number."))
    return _text(field, raw)


def _scores(field: LeafField, raw: Any) -> Any:
    given = raw if isinstance(raw, list) else [raw]
    if given and all(_as_int(item) in SCORES for item in given):
        return sorted({int(item) for item in given})
    return Phrase(_("This must be one or more scores from 1 to 5."))


def _method(field: LeafField, raw: Any) -> Any:
    if raw == "quantile":
        return raw
    if not isinstance(raw, Mapping) or set(raw) != set(_MEASURES):
        return _NOT_METHOD
    bounds = {name: raw[name] for name in _MEASURES}
    return bounds if all(_grows(cuts) for cuts in bounds.values()) else _NOT_METHOD


def _grows(cuts: Any) -> bool:
    if not isinstance(cuts, list) or len(cuts) != CUT_COUNT:
        return False
    numbers = [_as_int(cut) for cut in cuts]
    if any(number is None or abs(number) > limits.MAX_FEN for number in numbers):
        return False
    return all(a < b for a, b in pairwise(cuts))


def _bounds(field: LeafField, raw: Any) -> Any:
    if not isinstance(raw, Mapping) or set(raw) != set(_MEASURES):
        return _NOT_BOUNDS
    bounds = {name: _as_int(raw[name]) for name in _MEASURES}
    ok = all(number is not None and abs(number) <= limits.MAX_FEN for number in bounds.values())
    return bounds if ok else _NOT_BOUNDS


def _audience(field: LeafField, raw: Any) -> Any:
    number = _as_int(raw)
    return number if number is not None and number > 0 else Phrase(_("This must be the number of an audience."))


def _as_int(raw: Any) -> int | None:
    if isinstance(raw, bool) or not isinstance(raw, (int, float)):
        return None
    return int(raw) if isinstance(raw, int) or raw.is_integer() else None


def _as_fen(raw: Any) -> int | None:
    """Major units to fen, exactly; None for anything finer than a fen."""
    if isinstance(raw, bool) or not isinstance(raw, (int, float, str)) or len(str(raw)) > 40:
        return None
    try:
        fen = Decimal(str(raw)) * 100
        return int(fen) if fen.is_finite() and fen == fen.to_integral_value() else None
    except (ArithmeticError, ValueError):
        return None


_CHECKS: Mapping[FieldType, Callable[[LeafField, Any], Any]] = {
    FieldType.CHOICE: _choice,
    FieldType.CHOICES: _choices,
    FieldType.COUNT: _whole,
    FieldType.DAYS: _days,
    FieldType.DAY: _day,
    FieldType.FLAG: _flag,
    FieldType.TEXT: _text,
    FieldType.NAME: _text,
    FieldType.VALUE: _value,
    FieldType.SCORES: _scores,
    FieldType.METHOD: _method,
    FieldType.BOUNDS: _bounds,
    FieldType.AUDIENCE: _audience,
}

"""Filters as addresses and forms write them: reading, writing, and saying them in words.

In an address a filter is ``f=orders:ge:2``, ``f=city:in:上海|杭州``, ``f=net_sales:between:100.00|500.00``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from siyu.kernel.errors import InvalidInput
from siyu.kernel.money import decimal_from_fen, fen_from_decimal
from siyu.org.contracts import Viewer
from siyu.ui import formats
from siyu.ui.contracts import Filter, FilterField, FilterType, Op
from siyu.ui.contracts.lists import RANGES, WITHOUT_VALUE

# More filters than this in one address are nobody's question.
MAX_FILTERS = 12
MAX_TEXT_LENGTH = 80
# Choices ticked in one filter: an address must stay below what servers and browsers take.
MAX_VALUES = 30
MAX_NUMBER = 10**12
# A hundred years, as in audiences.
MAX_DAYS = 36_500
_BETWEEN_VALUES = "|"

OP_LABELS = {
    Op.IS: _("is"),
    Op.STARTS: _("starts with"),
    Op.CONTAINS: _("contains"),
    Op.IN: _("is one of"),
    Op.AT_LEAST: _("at least"),
    Op.AT_MOST: _("at most"),
    Op.EQUAL: _("exactly"),
    Op.BETWEEN: _("from … to …"),
    Op.WITHIN: _("in the last … days"),
    Op.OLDER: _("more than … days ago"),
    Op.AGES: _("from … to … days ago"),
    Op.NEVER: _("never"),
    Op.YES: _("yes"),
    Op.NO: _("no"),
}
_WORDS = {
    Op.IS: _("%(field)s: %(value)s"),
    Op.STARTS: _("%(field)s starts with “%(value)s”"),
    Op.CONTAINS: _("%(field)s contains “%(value)s”"),
    Op.IN: _("%(field)s: %(value)s"),
    Op.AT_LEAST: _("%(field)s ≥ %(value)s"),
    Op.AT_MOST: _("%(field)s ≤ %(value)s"),
    Op.EQUAL: _("%(field)s = %(value)s"),
    Op.BETWEEN: _("%(field)s %(value)s–%(second)s"),
    Op.WITHIN: _("%(field)s in the last %(value)s"),
    Op.OLDER: _("%(field)s more than %(value)s ago"),
    Op.AGES: _("%(field)s %(value)s–%(second)s days ago"),
    Op.NEVER: _("%(field)s: never"),
    Op.YES: _("%(field)s: yes"),
    Op.NO: _("%(field)s: no"),
}


def choices_of(field: FilterField, viewer: Viewer) -> Sequence[tuple[str, Any]]:
    return field.choices(viewer) if callable(field.choices) else field.choices


def read(field: FilterField, op_text: str, given: Sequence[str], viewer: Viewer) -> Filter:
    """A filter from its comparison and its values as typed; InvalidInput with what to do where they do not fit."""
    if op_text not in field.comparisons:
        raise InvalidInput(reason="%(field)s: choose a comparison.", field=str(field.label))
    op = Op(op_text)
    if op in WITHOUT_VALUE:
        return Filter(field.key, op)
    typed = [text.strip() for text in given if text.strip()]
    if op is Op.IN:
        return Filter(field.key, op, _chosen(field, typed, viewer))
    if not typed:
        raise InvalidInput(reason="%(field)s: give a value.", field=str(field.label))
    if op not in RANGES:
        value = _value(field, typed[0])
        if field.check is not None:
            field.check(viewer, value)
        return Filter(field.key, op, (value,))
    if len(typed) < 2:
        raise InvalidInput(reason="%(field)s: give both ends of the range.", field=str(field.label))
    low, high = sorted(_value(field, text) for text in typed[:2])
    return Filter(field.key, op, (low, high))


def _chosen(field: FilterField, typed: Sequence[str], viewer: Viewer) -> tuple[str, ...]:
    offered = {value for value, _label in choices_of(field, viewer)}
    chosen = tuple(dict.fromkeys(value for value in typed if value in offered))
    if not chosen or len(chosen) > MAX_VALUES:
        raise InvalidInput(reason="%(field)s: choose from 1 to %(most)s.", field=str(field.label), most=MAX_VALUES)
    return chosen


def _value(field: FilterField, text: str) -> Any:
    match field.type:
        case FilterType.MONEY:
            return _fen(field, text)
        case FilterType.NUMBER:
            return _whole(field, text, MAX_NUMBER)
        case FilterType.AGE:
            return _whole(field, text, MAX_DAYS)
    return "".join(filter(str.isprintable, text))[:MAX_TEXT_LENGTH]


def _whole(field: FilterField, text: str, most: int) -> int:
    digits = text.replace(",", "").replace(" ", "")
    # int() would take the digits of every script, and texts of any length for a long time.
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 13 and int(digits) <= most):
        raise InvalidInput(
            reason="%(field)s: give a whole number from 0 to %(most)s.",
            field=str(field.label),
            most=formats.number(most),
        )
    return int(digits)


def _fen(field: FilterField, text: str) -> int:
    try:
        amount = fen_from_decimal(text.replace(",", "").removeprefix("¥").strip())
    except (ValueError, ArithmeticError):
        amount = None
    if amount is None or abs(amount) > MAX_NUMBER:
        raise InvalidInput(reason="%(field)s: give an amount such as 280 or 280.50.", field=str(field.label))
    return amount


def written(found: Filter, field: FilterField) -> str:
    """A filter as it stands in an address."""
    return ":".join((found.key, found.op.value, _BETWEEN_VALUES.join(typed(found, field))))


def typed(found: Filter, field: FilterField) -> list[str]:
    """The values of a filter as somebody would type them."""
    return [str(decimal_from_fen(v)) if field.type is FilterType.MONEY else str(v) for v in found.values]


def split(text: str, field: FilterField | None) -> tuple[str, list[str]]:
    """Comparison and values of a filter in an address, after its key. Texts may hold the sign between values."""
    op, _colon, rest = text.partition(":")
    if field is not None and field.type is FilterType.TEXT:
        return op, [rest]
    return op, rest.split(_BETWEEN_VALUES)[: MAX_VALUES + 1] if rest else []


def in_words(found: Filter, field: FilterField, viewer: Viewer) -> str:
    """What a chip says."""
    words = {"field": str(field.label), "value": "", "second": ""}
    if found.values:
        words["value"] = _spoken(found, field, viewer)
    if len(found.values) > 1 and found.op in RANGES:
        words["second"] = _shown(field, found.values[1])
    return str(_WORDS[found.op]) % words


def _spoken(found: Filter, field: FilterField, viewer: Viewer) -> str:
    if found.op is Op.IN:
        labels = {value: str(label) for value, label in choices_of(field, viewer)}
        return gettext(", ").join(labels.get(value, value) for value in found.values)
    if found.op in (Op.WITHIN, Op.OLDER):
        days = found.values[0]
        return ngettext("%(count)s day", "%(count)s days", days) % {"count": formats.number(days)}
    return _shown(field, found.values[0])


def _shown(field: FilterField, value: Any) -> str:
    match field.type:
        case FilterType.MONEY:
            return formats.money(value)
        case FilterType.NUMBER | FilterType.AGE:
            return formats.number(value)
    return str(value)

"""Leaves over the money facts: how many orders, how much net sales, when the first and the last order were."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext_noop as _

from siyu.audiences import moments
from siyu.audiences.contracts import Both, Condition, EventTest, FieldType, LeafField, LeafKind, Moment, Not, Phrase
from siyu.audiences.leaves import windows
from siyu.commerce.events import MONEY_EVENTS, ORDER_PAID
from siyu.kernel.money import decimal_from_fen

_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge, ">": operator.gt, "<=": operator.le, "<": operator.lt, "=": operator.eq,
}  # fmt: skip
OPS = (*_COMPARE, "between")
_NEGATED = {">=": "<", ">": "<=", "<=": ">", "<": ">=", "=": "!="}
OP_FIELD = LeafField("op", FieldType.CHOICE, _("Comparison"), required=True, choices=OPS)


def op_problem(params: Mapping[str, Any], name: str) -> Phrase | None:
    """A range goes with ``between`` and with nothing else."""
    if name not in params:
        return Phrase(_("%(name)s is needed."), {"name": name})
    if isinstance(params[name], list) != (params["op"] == "between"):
        return Phrase(_("between takes two values in a list, every other comparison one value."))
    return None


def compared(op: str, value: Any, test: Callable[[str], Condition]) -> Condition:
    """The comparison of a sum that is 0 for people without events: what holds for 0 is asked as its opposite."""
    if op == "between":
        low, high = value
        return Both(compared(">=", low, test), compared("<=", high, test))
    if _COMPARE[op](0, value):
        return Not(test(f"{_NEGATED[op]} {value}"))
    return test(f"{op} {value}")


def _check_count(params: Mapping[str, Any]) -> Phrase | None:
    return op_problem(params, "value") or windows.window_problem(params)


def _check_money(params: Mapping[str, Any]) -> Phrase | None:
    return op_problem(params, "value_fen") or windows.window_problem(params)


def _order_count(params: Mapping[str, Any], moment: Moment) -> Condition:
    since, until = windows.span(params, moment)

    def test(condition: str) -> Condition:
        # "Has any" needs no grouping by customer, which makes the most usual question ten times cheaper.
        if condition in {">= 1", "> 0", "!= 0"}:
            return EventTest((ORDER_PAID,), since, until)
        return EventTest((ORDER_PAID,), since, until, "uniqExact", "object_id", condition)

    return compared(params["op"], params["value"], test)


def _net_sales(params: Mapping[str, Any], moment: Moment) -> Condition:
    since, until = windows.span(params, moment)
    return compared(
        params["op"], params["value_fen"],
        lambda condition: EventTest(MONEY_EVENTS, since, until, "sum", "amount_fen", condition),
    )  # fmt: skip


def _last_order(params: Mapping[str, Any], moment: Moment) -> Condition:
    ever = EventTest((ORDER_PAID,), None, moment.until)
    if "never" in params:
        return Not(ever)
    days = params.get("within_days", params.get("older_than_days"))
    since = moments.days_before(moment, days)
    recent = EventTest((ORDER_PAID,), since, moment.until)
    return recent if "within_days" in params else Both(ever, Not(recent))


def _first_order(params: Mapping[str, Any], moment: Moment) -> Condition:
    if "older_than_days" in params:
        since = moments.days_before(moment, params["older_than_days"])
        return EventTest((ORDER_PAID,), None, since or moment.until)
    since, until = windows.span(params, moment)
    bought = EventTest((ORDER_PAID,), since, until)
    return bought if since is None else Both(bought, Not(EventTest((ORDER_PAID,), None, since)))


def _check_last(params: Mapping[str, Any]) -> Phrase | None:
    return windows.one_of(params, "within_days", "older_than_days", "never")


def check_first(params: Mapping[str, Any]) -> Phrase | None:
    """Of a first time: an age, or a span of days."""
    if ("since" in params or "until" in params) and "older_than_days" not in params:
        return windows.window_problem(params)
    return windows.one_of(params, "within_days", "older_than_days", "since", "until")


def _order_count_phrases(params: Mapping[str, Any]) -> list[Phrase]:
    return [_comparison(_("orders %(op)s %(value)s"), params["op"], params["value"]), *windows.window_phrases(params)]


def _net_sales_phrases(params: Mapping[str, Any]) -> list[Phrase]:
    fen = params["value_fen"]
    value = [decimal_from_fen(item) for item in fen] if isinstance(fen, list) else decimal_from_fen(fen)
    return [_comparison(_("net sales %(op)s %(value)s"), params["op"], value), *windows.window_phrases(params)]


def _comparison(msgid: str, op: str, value: Any) -> Phrase:
    if isinstance(value, list):
        return Phrase(msgid, {"op": "=", "value": f"{value[0]}–{value[1]}"})
    return Phrase(msgid, {"op": op, "value": value})


def _last_order_phrases(params: Mapping[str, Any]) -> list[Phrase]:
    if "never" in params:
        return [Phrase(_("never ordered"))]
    return [Phrase(_("last order")), *windows.age_phrases(params)]


def _first_order_phrases(params: Mapping[str, Any]) -> list[Phrase]:
    return [Phrase(_("first order")), *windows.age_phrases(params)]


KINDS = (
    LeafKind(
        "order_count",
        _("Number of orders"),
        (OP_FIELD, LeafField("value", FieldType.COUNT, _("Orders"), required=True), *windows.WINDOW),
        _check_count, _order_count, _order_count_phrases, frozenset({ORDER_PAID}), windows.moves, "shopping-bag",
    ),
    LeafKind(
        "net_sales",
        _("Net sales"),
        (OP_FIELD, LeafField("value", FieldType.MONEY, _("Amount"), required=True), *windows.WINDOW),
        _check_money, _net_sales, _net_sales_phrases, frozenset(MONEY_EVENTS), windows.moves, "coin-yuan",
    ),
    LeafKind(
        "last_order",
        _("Last order"),
        (*windows.AGE, LeafField("never", FieldType.FLAG, _("Never ordered"))),
        _check_last, _last_order, _last_order_phrases, frozenset({ORDER_PAID}), windows.moves, "clock",
    ),
    LeafKind(
        "first_order",
        _("First order"),
        (*windows.WINDOW, windows.AGE[1]),
        check_first, _first_order, _first_order_phrases, frozenset({ORDER_PAID}), windows.moves, "flag",
    ),
)  # fmt: skip

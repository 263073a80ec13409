"""Leaves over people's profiles: attributes, and since when the brand knows them. They look at the person's profile."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_noop as _

from siyu.audiences import moments
from siyu.audiences.contracts import (
    Both,
    Condition,
    FieldType,
    LeafField,
    LeafKind,
    Moment,
    Not,
    Phrase,
    ProfileTest,
)
from siyu.audiences.leaves import windows
from siyu.audiences.leaves.orders import check_first
from siyu.customers.events import PROFILE_CHANGED

# Texts and numbers live in two maps; `is` and `in` look where the value's type says.
TEXT_OPS = {
    "is": "attributes[{name:String}] = {value:String}",
    "in": "has({value:Array(String)}, attributes[{name:String}])",
    "contains": "positionCaseInsensitiveUTF8(attributes[{name:String}], {value:String}) > 0",
    "starts": "startsWith(lowerUTF8(attributes[{name:String}]), lowerUTF8({value:String}))",
}
NUMBER_OPS = {
    "is": "numbers[{name:String}] = {value:Float64}",
    "in": "has({value:Array(Float64)}, numbers[{name:String}])",
    ">=": "numbers[{name:String}] >= {value:Float64}",
    ">": "numbers[{name:String}] > {value:Float64}",
    "<=": "numbers[{name:String}] <= {value:Float64}",
    "<": "numbers[{name:String}] < {value:Float64}",
    "between": "numbers[{name:String}] BETWEEN {low:Float64} AND {high:Float64}",
}
OPS = ("is", "in", "is_set", "contains", "starts", ">=", ">", "<=", "<", "between")
_IS_SET = "(mapContains(attributes, {name:String}) OR mapContains(numbers, {name:String}))"


def _attribute(params: Mapping[str, Any], moment: Moment) -> Condition:
    name, op = params["name"], params["op"]
    if op == "is_set":
        return ProfileTest(_IS_SET, (("name", name),))
    value: Any = params["value"]
    if op == "between":
        given = (("name", name), ("low", float(value[0])), ("high", float(value[1])))
        return ProfileTest(f"mapContains(numbers, {{name:String}}) AND {NUMBER_OPS[op]}", given)
    if _is_number(value):
        number = tuple(map(float, value)) if isinstance(value, list) else float(value)
        return ProfileTest(f"mapContains(numbers, {{name:String}}) AND {NUMBER_OPS[op]}",
                           (("name", name), ("value", number)))  # fmt: skip
    text = tuple(value) if isinstance(value, list) else value
    return ProfileTest(f"mapContains(attributes, {{name:String}}) AND {TEXT_OPS[op]}",
                       (("name", name), ("value", text)))  # fmt: skip


def _is_number(value: Any) -> bool:
    return all(not isinstance(item, str) for item in value) if isinstance(value, list) else not isinstance(value, str)


def _check_attribute(params: Mapping[str, Any]) -> Phrase | None:
    op, value = params["op"], params.get("value")
    if op == "is_set":
        return None if value is None else Phrase(_("is_set takes no value."))
    return Phrase(_("%(name)s is needed."), {"name": "value"}) if value is None else _value_problem(op, value)


def _value_problem(op: str, value: Any) -> Phrase | None:
    if isinstance(value, list) != (op in {"in", "between"}):
        return Phrase(_("in and between take a list of values, every other comparison one value."))
    if isinstance(value, list) and len({isinstance(item, str) for item in value}) > 1:
        return Phrase(_("A list holds either texts or numbers."))
    if op == "between" and (len(value) != 2 or not _is_number(value) or value[0] > value[1]):
        return Phrase(_("A range has two numbers: the lowest and the highest."))
    if op not in (NUMBER_OPS if _is_number(value) else TEXT_OPS):
        return Phrase(_("The comparison %(op)s does not fit this value."), {"op": op})
    return None


def _attribute_phrases(params: Mapping[str, Any]) -> list[Phrase]:
    value = params.get("value")
    shown = ", ".join(map(str, value)) if isinstance(value, list) else value
    data = {"name": params["name"], "value": shown, "op": params["op"]}
    return [Phrase(_WORDS.get(params["op"], "%(name)s %(op)s %(value)s"), data)]


_WORDS = {
    "is": _("%(name)s is %(value)s"),
    "in": _("%(name)s is one of %(value)s"),
    "is_set": _("%(name)s is known"),
    "contains": _("%(name)s contains %(value)s"),
    "starts": _("%(name)s starts with %(value)s"),
    "between": _("%(name)s is in the range %(value)s"),
}


def _first_seen(params: Mapping[str, Any], moment: Moment) -> Condition:
    if "older_than_days" in params:
        since = moments.days_before(moment, params["older_than_days"])
        return _seen_before(since or moment.until)
    since, until = windows.span(params, moment)
    before = _seen_before(until)
    return before if since is None else Both(before, Not(_seen_before(since)))


def _seen_before(until: datetime) -> ProfileTest:
    return ProfileTest("first_seen < {until:DateTime64(3, 'UTC')}", (("until", until),))


def _first_seen_phrases(params: Mapping[str, Any]) -> list[Phrase]:
    return [Phrase(_("known")), *windows.age_phrases(params)]


def _audience(params: Mapping[str, Any], moment: Moment) -> Condition:
    raise RuntimeError("references to audiences are written out before a rule is evaluated")


def _nothing(params: Mapping[str, Any]) -> Phrase | None:
    return None


def _never(params: Mapping[str, Any]) -> bool:
    return False


KINDS = (
    LeafKind(
        "attribute",
        _("Attribute"),
        (
            LeafField("name", FieldType.NAME, _("Attribute"), required=True),
            LeafField("op", FieldType.CHOICE, _("Comparison"), required=True, choices=OPS),
            LeafField("value", FieldType.VALUE, _("Value")),
        ),
        _check_attribute, _attribute, _attribute_phrases, frozenset({PROFILE_CHANGED}), _never, "id-badge",
    ),
    LeafKind(
        "first_seen",
        _("First seen"),
        (*windows.WINDOW, windows.AGE[1]),
        check_first, _first_seen, _first_seen_phrases, frozenset({PROFILE_CHANGED}), windows.moves, "eye",
    ),
    LeafKind(
        "audience",
        _("Another audience"),
        (LeafField("id", FieldType.AUDIENCE, _("Audience"), required=True),),
        _nothing, _audience, lambda params: [Phrase(_("in audience no. %(id)s"), {"id": params["id"]})],
        frozenset(), _never, "users-group",
    ),
)  # fmt: skip

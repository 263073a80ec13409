"""Rule documents: every problem is named at its place, spellings do not matter, and people can read them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.audiences import world

from siyu.audiences import rules
from siyu.audiences.contracts import InvalidRule
from siyu.audiences.registries import LEAVES
from siyu.audiences.rules import limits

LEAF = {"leaf": "order_count", "op": ">=", "value": 2, "within_days": 90}


def problems(document: Any) -> list[tuple[str, str]]:
    return [(problem.path, problem.phrase.text()) for problem in rules.parse(document, LEAVES).problems]


def params(leaf: dict[str, Any]) -> dict[str, Any]:
    parsed = rules.parse(leaf, LEAVES)
    assert not parsed.problems
    assert isinstance(parsed.root, rules.Leaf)
    return dict(parsed.root.params)


@pytest.mark.parametrize(
    ("document", "path", "says"),
    [
        (None, "", "an object in braces"),
        ([LEAF], "", "an object in braces"),
        ({}, "", "one of the keys all, any, none"),
        ({"all": []}, "", "at least one condition"),
        ({"all": LEAF}, "", "at least one condition"),
        ({"all": [LEAF], "any": [LEAF]}, "", "one key only"),
        ({"all": [LEAF, 7]}, "all.1", "an object in braces"),
        ({"leaf": "magic"}, "leaf", "no such condition"),
        ({"leaf": ["order_count"]}, "leaf", "no such condition"),
        ({"any": [{"none": [LEAF | {"op": "~"}]}]}, "any.0.none.0.op", "must be one of"),
        (LEAF | {"value": -1}, "value", "from 0 to 1000000"),
        (LEAF | {"value": 1.5}, "value", "whole number"),
        (LEAF | {"value": True}, "value", "whole number"),
        (LEAF | {"value": [1, 2]}, "", "between takes two values"),
        (LEAF | {"op": "between", "value": [3, 2]}, "value", "lowest value stands first"),
        (LEAF | {"op": "between", "value": [1, 2, 3]}, "value", "two values"),
        (LEAF | {"op": "between", "value": [[1], 2]}, "value", "two values"),
        (LEAF | {"within_days": 40_000}, "within_days", "days from 0 to 36500"),
        (LEAF | {"since": "2026-01-01"}, "", "not both"),
        (LEAF | {"typo": 1}, "typo", "does not know it"),
        ({"leaf": "order_count", "op": ">="}, "value", "needed"),
        ({"leaf": "order_count", "value": 1}, "op", "needed"),
        ({"leaf": "first_order", "since": "2026-13-01"}, "since", "a day like"),
        ({"leaf": "first_order", "since": "2026-02-01", "until": "2026-01-01"}, "", "ends before it begins"),
        ({"leaf": "first_order", "since": "2026-02-01", "older_than_days": 3}, "", "exactly one of"),
        ({"leaf": "first_order"}, "", "exactly one of"),
        ({"leaf": "last_order"}, "", "exactly one of"),
        ({"leaf": "last_order", "never": False}, "never", "must be true"),
        ({"leaf": "last_order", "never": True, "within_days": 1}, "", "exactly one of"),
        ({"leaf": "net_sales", "op": ">", "value": "9.999"}, "value", "an amount like"),
        ({"leaf": "net_sales", "op": ">", "value": "1e999999999"}, "value", "an amount like"),
        ({"leaf": "net_sales", "op": ">", "value": float("nan")}, "value", "an amount like"),
        ({"leaf": "net_sales", "op": ">", "value_fen": 10**16}, "value_fen", "number of fen"),
        ({"leaf": "net_sales", "op": ">", "value": 1, "value_fen": 100}, "value_fen", "said twice"),
        ({"leaf": "attribute", "name": " ", "op": "is_set"}, "name", "a text"),
        ({"leaf": "attribute", "name": "a", "op": "is"}, "", "value is needed"),
        ({"leaf": "attribute", "name": "a", "op": "is_set", "value": "x"}, "", "takes no value"),
        ({"leaf": "attribute", "name": "a", "op": ">=", "value": "x"}, "", "does not fit"),
        ({"leaf": "attribute", "name": "a", "op": "starts", "value": 7}, "", "does not fit"),
        ({"leaf": "attribute", "name": "a", "op": "in", "value": "x"}, "", "take a list"),
        ({"leaf": "attribute", "name": "a", "op": "in", "value": ["x", 1]}, "", "either texts or numbers"),
        ({"leaf": "attribute", "name": "a", "op": "in", "value": []}, "value", "1 to 500 values"),
        ({"leaf": "attribute", "name": "a", "op": "between", "value": [2, 1]}, "", "two numbers"),
        ({"leaf": "rfm"}, "", "at least one of"),
        ({"leaf": "rfm", "r": [6]}, "r", "scores from 1 to 5"),
        ({"leaf": "rfm", "segment": "vip"}, "segment", "one or more of"),
        ({"leaf": "rfm", "r": 5, "method": {"frequency": [1, 2, 3, 4]}}, "method", "four growing"),
        ({"leaf": "rfm", "r": 5, "window_days": 0}, "window_days", "days from 1"),
        ({"leaf": "audience", "id": 0}, "id", "number of an audience"),
    ],
)  # fmt: skip
def test_a_problem_is_named_at_its_place(document: Any, path: str, says: str) -> None:
    ((found_path, text),) = problems(document)
    assert found_path == path
    assert says in text


def test_all_problems_are_found_at_once() -> None:
    document = {"all": [LEAF | {"value": -1, "op": "~"}, {"none": []}, LEAF]}
    assert [path for path, _text in problems(document)] == ["all.0.op", "all.0.value", "all.1"]


def test_places_are_told_as_people_count() -> None:
    parsed = rules.parse({"all": [LEAF, {"any": [LEAF | {"value": -1}]}]}, LEAVES)
    error = InvalidRule(parsed.problems)
    assert str(error) == "At all › 2 › any › 1 › value: This must be a whole number from 0 to 1000000."


def nested(depth: int) -> dict[str, Any]:
    return {"all": [nested(depth - 1)]} if depth else LEAF


def test_groups_stand_at_most_so_deep() -> None:
    assert problems(nested(limits.MAX_DEPTH)) == []
    assert [text for _path, text in problems(nested(limits.MAX_DEPTH + 1))] == ["Groups stand at most 5 deep."]


def test_a_rule_has_at_most_so_many_conditions() -> None:
    most = {"any": [{"all": [LEAF] * 25}, {"all": [LEAF] * 25}]}
    assert problems(most) == []
    too_many = {"any": [{"all": [LEAF] * 25}, {"all": [LEAF] * 26}]}
    assert problems(too_many) == [("", "A rule has at most 50 conditions; this one has 51.")]


def test_money_is_given_in_major_units_or_fen() -> None:
    for given_value in ({"value": 99.9}, {"value": "99.90"}, {"value_fen": 9_990}):
        assert params({"leaf": "net_sales", "op": ">", **given_value}) == {"op": ">", "value_fen": 9_990}
    pair = {"leaf": "net_sales", "op": "between", "value": [1, "2.50"]}
    assert params(pair) == {"op": "between", "value_fen": [100, 250]}


def test_spelling_does_not_change_the_hash() -> None:
    one = {"all": [LEAF, {"any": [{"leaf": "rfm", "r": [5, 4, 4], "segment": "important_keep"}, LEAF]}]}
    two = {"all": [{"any": [LEAF, {"segment": ["important_keep"], "r": [4, 5], "leaf": "rfm"}]}, LEAF]}
    three = {"all": [{"any": [LEAF, {"segment": ["important_keep"], "r": [3, 5], "leaf": "rfm"}]}, LEAF]}
    hashes = [rules.rule_hash(rules.parse(document, LEAVES).root) for document in (one, two, three)]
    assert hashes[0] == hashes[1] != hashes[2]


@given(world.rules)
def test_the_canonical_form_is_a_rule_that_is_canonical(document: dict[str, Any]) -> None:
    parsed = rules.parse(document, LEAVES)
    if parsed.problems:
        assert all("deep" in problem.phrase.msgid for problem in parsed.problems)
        return
    again = json.loads(json.dumps(rules.canonical(parsed.root)))
    reparsed = rules.parse(again, LEAVES)
    assert not reparsed.problems
    assert rules.canonical(reparsed.root) == again
    assert len(rules.in_words(parsed.root, LEAVES).splitlines()) >= 1


keys = st.sampled_from(["all", "any", "none", "leaf", "op", "value", "r", "method", "within_days"])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner),
    max_leaves=12,
)


@given(json_values, st.sampled_from(["order_count", "net_sales", "attribute", "rfm", "last_order", "audience"]))
def test_nothing_that_json_can_hold_makes_the_parser_raise(document: Any, kind: str) -> None:
    rules.parse(document, LEAVES)
    if isinstance(document, dict):
        rules.parse({**document, "leaf": kind}, LEAVES)


def test_a_rule_reads_as_text() -> None:
    document = {
        "all": [
            LEAF,
            {"any": [
                {"leaf": "net_sales", "op": "between", "value": [100, 300.5], "since": "2026-01-01"},
                {"leaf": "attribute", "name": "city", "op": "in", "value": ["上海", "杭州"]},
            ]},
            {"none": [{"leaf": "last_order", "older_than_days": 30}, {"leaf": "rfm", "r": [4, 5]}]},
        ]
    }  # fmt: skip
    text = rules.in_words(rules.parse(document, LEAVES).root, LEAVES)
    assert text.splitlines() == [
        "All of:",
        "  orders >= 2 · within the last 90 days",
        "  At least one of:",
        "    net sales = 100.00–300.50 · from 2026-01-01",
        "    city is one of 上海, 杭州",
        "  None of:",
        "    last order · longer ago than 30 days",
        "    RFM · R 4/5",
    ]

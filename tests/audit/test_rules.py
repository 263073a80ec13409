"""What is written down, and what never is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siyu.audit import rules
from siyu.audit.rules import HIDDEN, MAX_ITEMS, MAX_TEXT_CHARS


def test_an_edit_keeps_the_changed_fields_only() -> None:
    before = {"name": "Old", "text": "same", "gone": 1}
    after = {"name": "New", "text": "same", "added": 2}
    assert rules.changed(before, after) == ({"name": "Old", "gone": 1}, {"name": "New", "added": 2})


def test_making_and_deleting_keep_the_whole() -> None:
    assert rules.changed(None, {"name": "New"}) == ({}, {"name": "New"})
    assert rules.changed({"name": "Old"}, None) == ({"name": "Old"}, {})


def test_a_changed_secret_shows_that_it_changed_and_nothing_else() -> None:
    assert rules.changed({"password": "one"}, {"password": "two"}) == ({"password": HIDDEN}, {"password": HIDDEN})
    assert rules.changed({"api_key": ""}, {"api_key": "k"}) == ({"api_key": ""}, {"api_key": HIDDEN})


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("call 13812345678 now", "call 138****5678 now"),
        ("+8613812345678", "138****5678"),
        ("138 1234 5678", "138****5678"),
        (13812345678, "138****5678"),
        ("zhang.san@brand.cn", "z***@brand.cn"),
        ("siyu_AbCdEfGh12345", f"siyu_{HIDDEN}"),
        ("order 2024061213812345678", "order 2024061213812345678"),
        (42, 42),
        (None, None),
        (True, True),
        (datetime(2026, 1, 2, 3, tzinfo=UTC), "2026-01-02T03:00:00+00:00"),
        ({"b", "a"}, ["a", "b"]),
        ({"deep": {"token": "x", "phone": "13812345678"}}, {"deep": {"token": HIDDEN, "phone": "138****5678"}}),
        ("x" * (MAX_TEXT_CHARS + 5), "x" * MAX_TEXT_CHARS + "…"),
    ],
)
def test_values_as_they_are_kept(value: Any, kept: Any) -> None:
    assert rules.masked({"field": value}) == {"field": kept}


def test_long_lists_are_cut_and_counted() -> None:
    kept = rules.masked({"ids": list(range(MAX_ITEMS + 7))})["ids"]
    assert (len(kept), kept[-1]) == (MAX_ITEMS + 1, "+7")


def test_nesting_ends() -> None:
    document: dict[str, Any] = {}
    for _ in range(100):
        document = {"a": document}
    assert HIDDEN in str(rules.masked(document))


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.sampled_from([" ", "，", "电话：", "(", '"', "tel:"]))
def test_no_phone_stays_readable(phone: str, before: str) -> None:
    assert phone not in str(rules.masked({"note": f"{before}{phone}{before}"}))

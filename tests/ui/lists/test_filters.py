"""Filters: read from forms and addresses, refused with what to do, written back the same, said in words."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from siyu.kernel.errors import InvalidInput
from siyu.org.contracts import SYSTEM, Viewer
from siyu.ui.contracts import Column, Filter, FilterField, FilterType, ListKind, ListQuery, Op
from siyu.ui.lists import filters
from siyu.ui.lists import query as addresses

pytestmark = pytest.mark.usefixtures("english")

LEVELS = (("gold", "Gold"), ("silver", "Silver"))
FIELDS = (
    FilterField("city", "City", icon="map-pin", type=FilterType.TEXT),
    FilterField("level", "Level", icon="crown", type=FilterType.CHOICE, choices=LEVELS),
    FilterField("orders", "Orders", icon="shopping-bag", type=FilterType.NUMBER),
    FilterField("spend", "Spend", icon="coin-yuan", type=FilterType.MONEY),
    FilterField("last", "Last order", icon="clock", type=FilterType.AGE),
    FilterField("friend", "Friend", icon="user", type=FilterType.FLAG),
)
COLUMNS = (
    Column("name", "Name", required=True),
    Column("spend", "Spend", sortable=True),
    Column("phone", "Phone", shown=False),
)
KIND = ListKind("people", "People", "people", COLUMNS, permission="", fields=FIELDS)


def field(key: str) -> FilterField:
    found = KIND.field(key)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("key", "op", "typed", "values", "words"),
    [
        ("city", "is", ["上海"], ("上海",), "City: 上海"),
        ("city", "contains", ["a|b:c"], ("a|b:c",), "City contains “a|b:c”"),
        ("level", "in", ["gold", "silver", "gold"], ("gold", "silver"), "Level: Gold, Silver"),
        ("orders", "ge", ["1,200"], (1200,), "Orders ≥ 1,200"),
        ("orders", "between", ["9", "3"], (3, 9), "Orders 3–9"),
        ("spend", "ge", ["¥280"], (28000,), "Spend ≥ ¥280.00"),
        ("spend", "between", ["0.50", "1,000"], (50, 100000), "Spend ¥0.50–¥1,000.00"),
        ("last", "within", ["1"], (1,), "Last order in the last 1 day"),
        ("last", "older", ["90"], (90,), "Last order more than 90 days ago"),
        ("last", "ages", ["45", "90"], (45, 90), "Last order 45–90 days ago"),
        ("last", "never", [], (), "Last order: never"),
        ("friend", "no", ["ignored"], (), "Friend: no"),
    ],
)
def test_a_filter_is_read_said_and_written_back(
    key: str, op: str, typed: list[str], values: tuple[Any, ...], words: str
) -> None:
    found = filters.read(field(key), op, typed, SYSTEM)
    assert found == Filter(key, Op(op), values)
    assert filters.in_words(found, field(key), SYSTEM) == words
    asked = addresses.given_of([("f", filters.written(found, field(key)))])
    again, problems = addresses.read(KIND, asked, SYSTEM)
    assert (again.filters, problems) == ((found,), [])


@pytest.mark.parametrize(
    ("key", "op", "typed", "says"),
    [
        ("orders", "is", ["3"], "choose a comparison"),
        ("orders", "", ["3"], "choose a comparison"),
        ("orders", "ge", [], "give a value"),
        ("orders", "ge", ["  "], "give a value"),
        ("orders", "ge", ["-1"], "whole number"),
        ("orders", "ge", ["1.5"], "whole number"),
        ("orders", "ge", ["²"], "whole number"),
        ("orders", "ge", ["9" * 40], "whole number"),
        ("orders", "between", ["3"], "both ends"),
        ("spend", "ge", ["a lot"], "an amount such as"),
        ("spend", "ge", ["1e400"], "an amount such as"),
        ("spend", "ge", ["NaN"], "an amount such as"),
        ("last", "within", ["36501"], "whole number"),
        ("level", "in", ["platinum"], "choose from 1"),
        ("level", "in", [], "choose from 1"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_to_do(key: str, op: str, typed: list[str], says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        filters.read(field(key), op, typed, SYSTEM)


@given(st.lists(st.text(max_size=60), max_size=20), st.text(max_size=200), st.text(max_size=30))
def test_no_address_breaks_a_list(written: list[str], text: str, sort: str) -> None:
    asked = QueryDict(mutable=True)
    asked.setlist("f", written)
    asked["q"], asked["sort"] = text, sort
    query, problems = addresses.read(KIND, asked, SYSTEM)
    assert len(query.filters) + len(problems) <= filters.MAX_FILTERS
    again, _problems = addresses.read(KIND, addresses.given_of(addresses.pairs(KIND, query)), SYSTEM)
    assert again == query


def test_an_address_names_what_it_does_not_understand() -> None:
    asked = addresses.given_of([("f", "mood:is:good"), ("f", "orders:ge:many"), ("f", "spend:ge:5"), ("sort", "phone")])
    query, problems = addresses.read(KIND, asked, SYSTEM)
    assert query == ListQuery(filters=(Filter("spend", Op.AT_LEAST, (500,)),))
    assert [problem.partition(":")[0] for problem in problems] == ["This list has no filter “mood”.", "Orders"]


def test_of_two_filters_of_a_field_the_later_counts() -> None:
    query, _problems = addresses.read(KIND, addresses.given_of([("f", "orders:ge:1"), ("f", "orders:le:5")]), SYSTEM)
    assert query.filters == (Filter("orders", Op.AT_MOST, (5,)),)


def test_the_order_goes_both_ways() -> None:
    for sort, ascending in (("spend", False), ("spend.asc", True)):
        query, _problems = addresses.read(KIND, addresses.given_of([("sort", sort)]), SYSTEM)
        assert (query.sort, query.ascending) == ("spend", ascending)
        assert addresses.pairs(KIND, query) == [("sort", sort)]


def test_a_field_may_refuse_a_text() -> None:
    def check(viewer: Viewer, text: str) -> None:
        if viewer is not SYSTEM or text != "Shanghai":
            raise InvalidInput(reason="Choose another one.")

    store = FilterField("store", "Store", icon="building-store", type=FilterType.TEXT, ops=(Op.IS,), check=check)
    assert filters.read(store, "is", [" Shanghai "], SYSTEM) == Filter("store", Op.IS, ("Shanghai",))
    with pytest.raises(InvalidInput):
        filters.read(store, "is", ["Hangzhou"], SYSTEM)

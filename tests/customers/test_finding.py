"""Customers are found as they were typed, page by page, without reading everybody."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pyroaring import BitMap
from tests.support.organisation import Chain, person
from tests.support.plans import effort

from siyu.customers import counting, finding, queries, services
from siyu.customers.contracts import IdentityKey, IdentityKind, PersonIn, PlaceIn
from siyu.customers.models import Fragment, Root
from siyu.eventlog import records
from siyu.kernel import clock
from siyu.kernel.errors import NotFound
from siyu.org.contracts import SYSTEM, Viewer

pytestmark = pytest.mark.django_db
MOMENT = datetime(2026, 5, 1, tzinfo=UTC)


def ensure(*names: str, shop: str = "main", first: int = 0) -> list[int]:
    """People with member numbers M0, M1, … of a shop and phones that end in 1000, 1001, …, counted from `first`."""
    people = [
        PersonIn(
            (
                IdentityKey(IdentityKind.MEMBER, shop, f"M{number}"),
                IdentityKey(IdentityKind.PHONE, "", f"+861380{len(shop):03}{1000 + number}"),
            ),
            MOMENT,
            name,
        )
        for number, name in enumerate(names, first)
    ]
    with records.transaction():
        return services.ensure_people(people, source="tests", trace_id="t")


def pages(text: str, size: int, among: set[int] | None = None) -> list[int]:
    """The ids of all pages."""
    found: list[int] = []
    cursor: str | None = None
    while True:
        page = queries.search(SYSTEM, text=text, cursor=cursor, limit=size, among=among)
        found += [view.id for view in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return found


@pytest.mark.parametrize("recent_rows", [1, 3, 5_000])
@pytest.mark.parametrize("size", [1, 2, 50])
def test_a_text_finds_names_and_numbers_of_any_age(
    recent_rows: int, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "RECENT_ROWS", recent_rows)
    first = ensure("王一", "李二", "王三", "赵四", "Ann Lee", "王五")
    second = ensure("王六", "M2", shop="other")
    assert pages("王", size) == [second[0], first[5], first[2], first[0]]
    assert pages("王", size, {first[0], first[2], first[3]}) == [first[2], first[0]]
    # A member number of two shops, and a name of the same letters.
    assert pages("M2", size) == [second[1], first[2]]
    assert pages("1003", size) == [first[3]]
    assert pages("13800041003", size) == pages("+8613800041003", size) == [first[3]]
    assert pages("ann", size) == pages("ANN", size) == pages("Ann L", size) == [first[4]]
    assert pages("孙", size) == pages("%", size) == pages("_", size) == []


@pytest.mark.parametrize("size", [1, 2, 50])
def test_a_set_is_walked_from_its_newest(size: int) -> None:
    everybody = ensure(*"一二三四五六")
    wanted = set(everybody[1:5]) | {everybody[-1] + 100}
    assert pages("", size, wanted) == everybody[4:0:-1]
    assert pages("", size, set()) == []
    assert list(finding.found_ids(SYSTEM, "", 1, BitMap(wanted), size)) == []


def test_whoever_was_merged_is_found_no_more() -> None:
    a, b, c = ensure("王一", "王二", "王三")
    Root.objects.create(fragment_id=b, root_id=a)
    assert pages("王", 50) == pages("", 50) == pages("", 50, {a, b, c}) == [c, a]
    assert pages("M1", 50) == []


@pytest.mark.parametrize("text", ["", "王", "M3", "1003", "13800041003", "孙"])
def test_a_search_costs_the_same_among_a_few_and_among_many(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "RECENT_ROWS", 10)

    def search() -> None:
        queries.search(SYSTEM, text=text, limit=5)

    ensure("王一", "王二", "王三", "王四", *["李"] * 26)
    few = effort(search)
    ensure(*["赵"] * 300, first=30)
    assert effort(search) < few * 1.5


def test_a_rare_kind_of_customer_is_found_in_one_step() -> None:
    everybody = ensure(*(f"王{number}" for number in range(40)))
    found = finding.found_ids(SYSTEM, "", None, BitMap(everybody[:2]), 1)
    assert next(found) == everybody[1]


def test_the_count_of_millions_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "SMALL_ROWS", 2)
    monkeypatch.setattr(counting, "_held", [counting._Mark()])
    old = ensure("一", "二", "三", "四")
    assert queries.count(SYSTEM) == 4
    assert counting._held[0].last_id < old[0], "transactions with such ids may be open still"
    later = clock.now() + counting.SETTLED + timedelta(seconds=1)
    with monkeypatch.context() as patched:
        patched.setattr(clock, "now", lambda: later)
        assert queries.count(SYSTEM) == 4
    assert counting._held[0] == counting._Mark(old[-1], 4)
    new = ensure("五", shop="other")
    Root.objects.create(fragment_id=new[0], root_id=old[0])
    ensure("六", shop="northern")
    assert queries.count(SYSTEM) == 5
    assert counting._held[0].last_id == old[-1]


def test_the_newest_settled_id_is_found_among_gaps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: MOMENT)
    for pk, minutes in ((10, 30), (20, 20), (30, 11), (40, 5), (50, 1)):
        Fragment.objects.create(pk=pk, created_at=MOMENT - timedelta(minutes=minutes))
    assert 30 <= counting._settled_id(0) < 40
    assert 30 <= counting._settled_id(20) < 40


def placed(names: str, node_id: int, first: int) -> list[int]:
    """People like `ensure`, who belong to a place."""
    ids = ensure(*names, first=first)
    services.place_customers(viewer=SYSTEM, places=dict.fromkeys(ids, PlaceIn(node_id)))
    return ids


@pytest.mark.parametrize("few_nodes", [0, 100])
@pytest.mark.parametrize("size", [1, 2, 50])
def test_a_place_has_its_customers_and_those_below_it(
    few_nodes: int, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "FEW_NODES", few_nodes)
    chain = Chain.make()
    store, west = placed("一二三", chain.east_store, 0), placed("四五", chain.west_store, 10)
    region, nowhere = placed("六", chain.east, 20), ensure("七", first=30)

    def at(node_id: int, viewer: Viewer = SYSTEM, **more: Any) -> list[int]:
        found: list[int] = []
        cursor: str | None = None
        while True:
            page = queries.search(viewer, node_id=node_id, limit=size, cursor=cursor, **more)
            found += [view.id for view in page.items]
            cursor = page.next_cursor
            if cursor is None:
                return found

    assert at(chain.east_store) == store[::-1]
    assert at(chain.east) == [*region, *store[::-1]]
    assert at(chain.company) == [*region, *west[::-1], *store[::-1]], "without those who belong nowhere"
    assert at(chain.east, among={store[0], west[0], *nowhere}) == [store[0]]
    assert at(chain.east, text="二") == [store[1]]
    assert at(chain.west, text="二") == []
    manager = person("store_manager", chain.east)
    assert at(chain.east_store, manager) == store[::-1]
    for unknown in (chain.west_store, chain.company, 10**30, 0):
        with pytest.raises(NotFound):
            at(unknown, manager)


def test_whoever_was_merged_is_at_no_place_any_more() -> None:
    chain = Chain.make()
    a, b, c = placed("一二三", chain.east_store, 0)
    Root.objects.create(fragment_id=c, root_id=b)
    found = finding.found_ids(SYSTEM.narrowed(chain.path(chain.east)), "", None, None, 1)
    assert list(found) == [b, a]


def test_one_s_own_customers_stand_beside_those_of_a_place() -> None:
    chain = Chain.make()
    guide = person("guide", chain.west_store)
    east, own = placed("一二", chain.east_store, 0), ensure("三", first=10)
    placed("四", chain.west_store, 20)
    services.place_customers(viewer=SYSTEM, places={own[0]: PlaceIn(chain.west_store, guide.staff_id)})
    both = replace(guide, scope=replace(guide.scope, paths=(chain.path(chain.east),)))
    assert [view.id for view in queries.search(both).items] == [*own, *east[::-1]]


def test_a_guide_s_own_customers_give_no_place_to_ask_for() -> None:
    chain = Chain.make()
    guide = person("guide", chain.east_store)
    (mine,) = ensure("一")
    services.place_customers(viewer=SYSTEM, places={mine: PlaceIn(chain.east_store, guide.staff_id)})
    assert [view.id for view in queries.search(guide).items] == [mine]
    with pytest.raises(NotFound):
        queries.search(guide, node_id=chain.east_store)


@pytest.mark.parametrize("text", ["", "王", "M1"])
def test_a_place_costs_the_same_among_a_few_and_among_many(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "RECENT_ROWS", 10)
    chain = Chain.make()
    # The place's customers are the oldest: whoever walks from the newest has to pass all others.
    placed("王李赵", chain.east_store, 0)

    def search() -> None:
        queries.search(SYSTEM, text=text, node_id=chain.east_store, limit=5)

    placed("孙" * 30, chain.west_store, 100)
    few = effort(search)
    placed("孙" * 400, chain.west_store, 200)
    assert effort(search) < few * 1.5


@pytest.mark.parametrize("place", ["store", "region"])
def test_a_place_asks_as_often_for_one_customer_as_for_three(place: str) -> None:
    chain = Chain.make()
    node_id = chain.east_store if place == "store" else chain.east
    placed("一", chain.east_store, 0)
    with CaptureQueriesContext(connection) as one:
        assert len(queries.search(SYSTEM, node_id=node_id).items) == 1
    placed("二三", chain.east_store, 10)
    with CaptureQueriesContext(connection) as three:
        assert len(queries.search(SYSTEM, node_id=node_id).items) == 3
    assert len(one) == len(three)

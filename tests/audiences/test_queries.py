"""Counting, previewing, sampling and listing by rule, for people who may see them, with how fresh it is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import translation
from tests.audiences import world
from tests.audiences.world import TODAY, UNTIL, Fact, Profile, World

from siyu.audiences import queries, watermark
from siyu.audiences.contracts import AsOf, InvalidRule, RfmFilter, Segment
from siyu.commerce.events import ORDER_PAID
from siyu.customers import services as customers
from siyu.customers.contracts import IdentityKey, IdentityKind, PersonIn
from siyu.eventlog import records
from siyu.kernel import clock
from siyu.kernel.errors import InvalidInput, NotAllowed
from siyu.kernel.settings import load
from siyu.org.contracts import STRANGER, SYSTEM
from siyu.warehouse import services as shipping
from siyu.warehouse.client import Warehouse

pytestmark = [pytest.mark.warehouse, pytest.mark.django_db]
PEOPLE = range(1, 11)
BUYERS = range(1, 7)
ANY_ORDER = {"leaf": "order_count", "op": ">=", "value": 1}
RECENT = {"leaf": "last_order", "within_days": 3}


@pytest.fixture
def small(put) -> Warehouse:
    """Ten people; number n of the first six bought n days ago for n yuan."""
    profiles = [Profile(person, UNTIL - timedelta(days=40), {}, {}) for person in PEOPLE]
    facts = [Fact(ORDER_PAID, UNTIL - timedelta(days=n, hours=1), n, n, 100 * n) for n in BUYERS]
    return put(World(profiles, facts))


@pytest.mark.usefixtures("small")
def test_every_place_of_a_rule_is_counted() -> None:
    found = queries.count(SYSTEM, {"all": [ANY_ORDER, {"none": [RECENT]}]}, TODAY)
    assert (found.count, found.universe_count) == (3, 10)
    assert found.nodes == {"": 3, "all.0": 6, "all.1": 7, "all.1.none.0": 3}
    assert found.as_of.until == UNTIL
    assert found.freshness.is_complete


@pytest.mark.usefixtures("small")
def test_a_pinned_as_of_asks_again_from_the_same_state() -> None:
    with clock.frozen(UNTIL):
        first = queries.count(SYSTEM, RECENT)
    with clock.frozen(UNTIL + timedelta(days=2)):
        assert queries.count(SYSTEM, RECENT, watermark.parse(str(first.as_of))).count == 3
        assert queries.count(SYSTEM, RECENT).count == 1


def test_answers_come_from_memory_while_nothing_has_come(small: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    plain = Warehouse.bitmap
    monkeypatch.setattr(Warehouse, "bitmap", lambda self, sql, *a, **k: asked.append(sql) or plain(self, sql, *a, **k))
    pinned = AsOf(UNTIL, "0.7")
    queries.count(SYSTEM, {"all": [ANY_ORDER, RECENT]}, pinned)
    assert len(asked) == 3
    queries.count(SYSTEM, {"any": [RECENT, {"leaf": "last_order", "never": True}]}, pinned)
    assert len(asked) == 3
    queries.count(SYSTEM, RECENT, AsOf(UNTIL, "0.8"))
    assert len(asked) == 5


@pytest.mark.parametrize("damaged", ["", "2026-05-20", "2026-05-20T00:00:00@1.1", "2026-05-20T00:00:00+00:00@x"])
def test_a_damaged_as_of_is_refused(damaged: str) -> None:
    with pytest.raises(InvalidInput):
        watermark.parse(damaged)


@pytest.mark.usefixtures("small")
def test_a_stranger_sees_nobody() -> None:
    found = queries.count(STRANGER, ANY_ORDER, TODAY)
    assert (found.count, found.universe_count, dict(found.nodes)) == (0, 0, {"": 0})
    assert not queries.customer_ids(STRANGER, ANY_ORDER, TODAY)
    assert queries.sample(STRANGER, ANY_ORDER, 3, 1, TODAY) == []
    assert queries.page_ids(STRANGER, ANY_ORDER, as_of=TODAY).items == []
    assert queries.preview(STRANGER, ANY_ORDER, TODAY).total == 0
    for refused in (
        lambda: queries.rfm(STRANGER, TODAY),
        lambda: next(queries.rfm_rows(STRANGER, queries.rfm(SYSTEM, TODAY).params)),
        lambda: queries.audiences(STRANGER),
        lambda: queries.audience(STRANGER, 1),
    ):
        with pytest.raises(NotAllowed):
            refused()


@pytest.mark.usefixtures("small")
def test_a_sample_is_random_and_repeatable() -> None:
    first = queries.sample(SYSTEM, ANY_ORDER, 3, 1, TODAY)
    assert len(set(first)) == 3
    assert set(first) <= set(BUYERS)
    assert queries.sample(SYSTEM, ANY_ORDER, 3, 1, TODAY) == first
    assert len({tuple(queries.sample(SYSTEM, ANY_ORDER, 3, seed, TODAY)) for seed in range(20)}) > 5
    assert sorted(queries.sample(SYSTEM, ANY_ORDER, 99, 1, TODAY)) == list(BUYERS)


@pytest.mark.usefixtures("small")
def test_a_list_comes_in_pages_that_stay_at_their_as_of() -> None:
    with clock.frozen(UNTIL):
        page = queries.page_ids(SYSTEM, RECENT, limit=2)
    assert page.items == [1, 2]
    with clock.frozen(UNTIL + timedelta(days=30)):
        page = queries.page_ids(SYSTEM, RECENT, limit=2, cursor=page.next_cursor)
    assert (page.items, page.next_cursor) == ([3], None)


def test_a_wrong_rule_is_told_in_the_readers_language() -> None:
    with pytest.raises(InvalidRule) as caught:
        queries.count(SYSTEM, {"all": [ANY_ORDER, {"leaf": "last_order"}]})
    assert caught.value.text() == "At all › 2: Give exactly one of: within_days, older_than_days, never."
    assert caught.value.text(lambda msgid: f"«{msgid}»") == (
        "«At all › 2: «Give exactly one of: within_days, older_than_days, never.»»"
    )


# --- preview ---------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("small")
def test_a_half_edited_rule_is_counted_where_it_is_complete() -> None:
    document = {"all": [ANY_ORDER, {"any": [RECENT, {"leaf": "net_sales", "op": ">="}]}, {"none": [RECENT]}]}
    found = queries.preview(SYSTEM, document, TODAY)
    assert found.total is None
    assert found.universe_count == 10
    assert found.nodes == {"all.0": 6, "all.1.any.0": 3, "all.2": 7, "all.2.none.0": 3}
    assert [problem.path for problem in found.problems] == ["all.1.any.1.value"]
    document["all"][1]["any"][1]["value"] = 4
    found = queries.preview(SYSTEM, document, TODAY)
    assert (found.total, found.problems) == (3, ())
    assert found.nodes[""] == 3


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("text", ["", "{", '{"all": [', "null", "7", '"x"', "[" * 100_000])
def test_preview_takes_any_text(text: str) -> None:
    found = queries.preview(SYSTEM, text, TODAY)
    assert found.total is None
    assert len(found.problems) == 1


@pytest.mark.usefixtures("small")
def test_preview_names_references_that_lead_nowhere() -> None:
    found = queries.preview(SYSTEM, {"any": [ANY_ORDER, {"leaf": "audience", "id": 999}]}, TODAY)
    assert found.total is None
    assert [problem.path for problem in found.problems] == ["any.1"]
    assert found.nodes == {"any.0": 6}


@pytest.mark.usefixtures("small")
def test_preview_says_when_the_warehouse_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load(), "warehouse_url", "http://siyu:wrong@127.0.0.1:9/none")
    with translation.override("en"):
        found = queries.preview(SYSTEM, ANY_ORDER, TODAY)
    assert (found.total, found.universe_count) == (None, None)
    assert "does not answer" in found.unavailable


# --- RFM -------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("small")
def test_a_snapshot_says_what_it_was_made_of() -> None:
    found = queries.rfm(SYSTEM, TODAY, 365)
    assert (found.params.as_of_day, found.params.window_days) == (TODAY, 365)
    assert (found.customer_count, found.monetary_fen) == (6, 2_100)
    assert found.cut_points is not None
    assert found.cut_points.recency_days == (2.0, 3.0, 4.0, 5.0)
    assert found.means == (3.5, 1.0, 350.0)
    assert sum(cell.customer_count for cell in found.cells) == 6
    assert sum(part.share for part in found.segments) == pytest.approx(1)
    counts = {part.segment: part.customer_count for part in found.segments if part.customer_count}
    assert counts == {Segment.GENERAL_VALUE: 3, Segment.IMPORTANT_KEEP: 3}
    assert found.freshness.is_complete


@pytest.mark.usefixtures("small")
def test_the_customers_of_a_cell_come_in_pages_with_their_numbers() -> None:
    with records.transaction():
        keys = [(IdentityKey(IdentityKind.MEMBER, "main", f"no-{number}"),) for number in BUYERS]
        ids = customers.ensure_people([PersonIn(key, UNTIL) for key in keys], source="tests", trace_id="")
    numbers = {customer_id: f"no-{number}" for number, customer_id in enumerate(ids, 1)}
    params = queries.rfm(SYSTEM, TODAY).params
    keep = RfmFilter(segments=(Segment.IMPORTANT_KEEP,))
    page = queries.rfm_customers(SYSTEM, params, keep, limit=2)
    assert [row.customer_id for row in page.items] == [4, 5]
    assert [row.member_no for row in page.items] == [numbers.get(4, ""), numbers.get(5, "")]
    rest = queries.rfm_customers(SYSTEM, params, keep, limit=2, cursor=page.next_cursor)
    assert ([row.customer_id for row in rest.items], rest.next_cursor) == ([6], None)
    assert [row.recency_days for row in queries.rfm_rows(SYSTEM, params)] == list(BUYERS)


def test_days_and_windows_outside_the_calendar_are_refused() -> None:
    for day, window in ((TODAY.replace(year=1900), None), (TODAY, 0), (TODAY, 10**9)):
        with pytest.raises(InvalidInput):
            queries.rfm(SYSTEM, day, window)


# --- freshness -------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_what_has_not_arrived_is_said(warehouse: Warehouse) -> None:
    with records.transaction():
        person = PersonIn((IdentityKey(IdentityKind.MEMBER, "main", "1"),), UNTIL)
        customers.ensure_people([person], source="tests", trace_id="")
    found = queries.count(SYSTEM, {"leaf": "last_order", "never": True})
    assert (found.count, found.freshness.is_complete, found.freshness.waiting_count) == (0, False, 1)
    watermark.wait_until_shipped(timeout_seconds=30)
    found = queries.count(SYSTEM, {"leaf": "last_order", "never": True})
    assert (found.count, found.freshness.is_complete, found.freshness.waiting_count) == (1, True, 0)
    assert shipping.ship_pending() == 0


assert world.ZONE.key == load().zone

"""Orders and refunds are recorded once, whatever comes twice, late or in pieces."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.log import published
from tests.support.plans import effort

from siyu.commerce import events, queries, services
from siyu.commerce.contracts import LineIn, OrderIn, OrderTooLong, RecordResult, RefundIn
from siyu.commerce.models import CustomerTotal, Order, OrderLine, Refund
from siyu.customers import services as customers
from siyu.customers.contracts import IdentityKey, IdentityKind, PersonIn
from siyu.eventlog import records
from siyu.eventlog.contracts import StoredEvent
from siyu.kernel import ids
from siyu.kernel.errors import NotFound
from siyu.org.contracts import STRANGER, SYSTEM

pytestmark = pytest.mark.django_db
MOMENT = datetime(2026, 5, 1, tzinfo=UTC)
# A shop of its own for each generated example: examples share one database.
SHOPS = count()


@pytest.fixture
def buyer() -> int:
    with records.transaction():
        key = IdentityKey(IdentityKind.MEMBER, "main", "1")
        return customers.ensure_people([PersonIn((key,), MOMENT)], source="tests", trace_id="")[0]


def line(key: str, fen: int = 100) -> LineIn:
    return LineIn(ids.digest16(key), f"sku-{key}", f"title {key}", 1, fen)


def order(number: str, buyer: int | None, *lines: LineIn, day: int = 0) -> OrderIn:
    return OrderIn("main", number, buyer, MOMENT + timedelta(days=day), lines)


def refund(number: str, buyer: int | None, *lines: LineIn, order_no: str = "", day: int = 0) -> RefundIn:
    return RefundIn("main", number, buyer, MOMENT + timedelta(days=day), lines, order_no)


def record(*orders: OrderIn, refunds: tuple[RefundIn, ...] = ()) -> RecordResult:
    with records.transaction():
        return services.record_orders(orders, refunds, source="tests", trace_id="trace")


def money_events() -> Iterator[StoredEvent]:
    return (event for event in published() if event.name in events.MONEY_EVENTS)


def test_a_paid_order_is_stored_published_and_added_up(buyer: int) -> None:
    result = record(order("A1", buyer, line("a", 250), line("b", 50)))
    assert result == RecordResult(1, 0, 2, 0, 300, 0)
    (event,) = money_events()
    assert (event.name, event.fragment_id, event.trace_id) == (events.ORDER_PAID, buyer, "trace")
    order_id = Order.objects.get().pk
    assert event.body == {"object_id": order_id, "order_no": "A1", "amount_fen": 300, "shop": "main", "line_count": 2}
    view, lines = queries.order(SYSTEM, order_id)
    assert (view.amount_fen, view.line_count, view.paid_at) == (300, 2, MOMENT)
    assert [shown.sku for shown in lines] == ["sku-a", "sku-b"]


def test_the_same_rows_twice_change_nothing(buyer: int) -> None:
    given_order = order("A1", buyer, line("a"), line("b"))
    given_refund = refund("C1", buyer, line("a"))
    record(given_order, refunds=(given_refund,))
    events_before = len(published())
    assert record(given_order, refunds=(given_refund,)) == RecordResult(0, 0, 0, 3, 0, 0)
    assert len(published()) == events_before
    assert queries.totals_of(SYSTEM, [buyer])[buyer].net_sales_fen == 100


def test_lines_that_come_later_revise_the_order_by_their_difference(buyer: int) -> None:
    record(order("A1", buyer, line("a", 100)))
    result = record(order("A1", buyer, line("a", 100), line("b", 40)))
    assert (result.new_order_count, result.new_line_count, result.duplicate_line_count, result.gmv_fen) == (0, 1, 1, 40)
    assert [(e.name, e.body["amount_fen"]) for e in money_events()] == [
        (events.ORDER_PAID, 100),
        (events.ORDER_REVISED, 40),
    ]
    assert Order.objects.get().amount_fen == 140
    assert queries.totals_of(SYSTEM, [buyer])[buyer].order_count == 1


def test_a_refund_lowers_net_sales_and_never_makes_an_order_negative(buyer: int) -> None:
    record(order("A1", buyer, line("a", 100)), refunds=(refund("C1", buyer, line("a", 130), order_no="A1"),))
    totals = queries.totals_of(SYSTEM, [buyer])[buyer]
    assert (totals.gmv_fen, totals.refunds_fen, totals.net_sales_fen) == (100, 130, -30)
    assert Order.objects.get().amount_fen == 100
    assert Refund.objects.get().order_id == Order.objects.get().pk
    assert sum(event.body["amount_fen"] for event in money_events()) == -30


def test_a_sale_to_nobody_counts_in_sales_and_for_no_customer() -> None:
    record(order("A1", None, line("a", 100)))
    (event,) = money_events()
    assert (event.fragment_id, event.body["amount_fen"]) == (None, 100)
    assert not CustomerTotal.objects.exists()


def test_totals_keep_the_first_and_last_day_in_any_order_of_arrival(buyer: int) -> None:
    for day in (5, 1, 9, 3):
        record(order(f"A{day}", buyer, line("a"), day=day))
    totals = queries.totals_of(SYSTEM, [buyer])[buyer]
    assert (totals.first_paid_at, totals.last_paid_at) == (MOMENT + timedelta(days=1), MOMENT + timedelta(days=9))
    assert totals.order_count == 4


def test_each_fact_is_published_at_its_own_time(buyer: int) -> None:
    record(order("A1", buyer, line("a", 100), day=0), refunds=(refund("C1", buyer, line("a", 30), day=10),))
    assert [(event.occurred_at, event.body["amount_fen"]) for event in money_events()] == [
        (MOMENT, 100),
        (MOMENT + timedelta(days=10), -30),
    ]


def test_an_absurdly_long_order_is_refused(buyer: int) -> None:
    lines = tuple(line(str(n)) for n in range(services.MAX_LINES + 1))
    with pytest.raises(OrderTooLong):
        record(order("A1", buyer, *lines))
    assert not Order.objects.exists()


def test_a_stranger_sees_no_sales(buyer: int) -> None:
    record(order("A1", buyer, line("a")))
    assert queries.totals_of(STRANGER, [buyer]) == {}
    assert queries.orders_of(STRANGER, [buyer]) == []
    with pytest.raises(NotFound):
        queries.order(SYSTEM, 0)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3)), min_size=1, max_size=6), max_size=5))
def test_any_cut_of_the_rows_into_batches_ends_the_same(buyer: int, batches: list[list[tuple[int, int]]]) -> None:
    """(order, line) pairs arrive in any grouping and repetition; amounts follow from the set of pairs alone."""
    shop = f"shop-{next(SHOPS)}"
    for batch in batches:
        numbers = {number for number, _ in batch}
        record(
            *(
                OrderIn(shop, str(n), buyer, MOMENT, tuple(line(str(k), 10**k) for m, k in batch if m == n))
                for n in numbers
            )
        )
    expected: dict[str, int] = {}
    for number, key in {pair for batch in batches for pair in batch}:
        expected[str(number)] = expected.get(str(number), 0) + 10**key
    stored = Order.objects.filter(shop=shop)
    assert {row.number: row.amount_fen for row in stored} == expected
    assert OrderLine.objects.filter(head__in=stored).count() == len({pair for batch in batches for pair in batch})
    published = [e.body for e in money_events() if e.body["shop"] == shop]
    assert sum(body["amount_fen"] for body in published) == sum(expected.values())


def _buyers(count: int) -> list[int]:
    with records.transaction():
        people = [PersonIn((IdentityKey(IdentityKind.MEMBER, "main", f"B{n}"),), MOMENT) for n in range(count)]
        found = customers.ensure_people(people, source="tests", trace_id="")
    record(*(order(f"R{n}", pk, line("a", 100 + n), day=n) for n, pk in enumerate(found)))
    return found


@pytest.mark.parametrize("ascending", [False, True])
@pytest.mark.parametrize("sort", sorted(queries.SORTS))
def test_a_late_page_of_a_sorted_list_costs_what_the_first_one_does(sort: str, ascending: bool) -> None:
    _buyers(200)

    def page(cursor: str | None) -> str | None:
        found = queries.ranked_customers(SYSTEM, sort=sort, cursor=cursor, limit=5, ascending=ascending)
        return found.next_cursor

    cursor = page(None)
    early = effort(lambda: page(cursor))
    for _ in range(30):
        cursor = page(cursor)
    assert effort(lambda: page(cursor)) < early * 1.5


def test_sorting_a_few_customers_does_not_read_all_totals() -> None:
    few = _buyers(3)

    def sort() -> None:
        assert len(queries.ranked_customers(SYSTEM, sort="net_sales", among=set(few)).items) == 3

    alone = effort(sort)
    _buyers(300)
    assert effort(sort) < alone * 1.5

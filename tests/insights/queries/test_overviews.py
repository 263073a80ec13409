"""The overview against a naive recount of the same facts, in the brand's days and after merges."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from django.db.models import F
from tests.support import messaging as brand

from siyu.commerce.contracts import LineIn, OrderIn, RefundIn
from siyu.commerce.services import record_orders
from siyu.customers.contracts import IdentityKey, IdentityKind, PersonIn
from siyu.customers.services import ensure_people
from siyu.eventlog import records
from siyu.insights import queries
from siyu.insights.contracts import DayFigures, Figures, Period
from siyu.kernel.errors import InvalidInput, NotAllowed
from siyu.org.contracts import STRANGER, SYSTEM
from siyu.warehouse import services as shipping
from siyu.warehouse.client import Warehouse
from siyu.warehouse.models import Stream

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.warehouse]
ZONE = ZoneInfo("Asia/Shanghai")
PERIOD = Period(date(2026, 5, 1), date(2026, 5, 14))


def local(day: date, hour: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=ZONE).astimezone(UTC)


def line(key: str, amount_fen: int) -> tuple[LineIn, ...]:
    return (LineIn(key.encode().ljust(16), "S", "茶", 1, amount_fen),)


def person(number: int, seen_at: datetime) -> int:
    key = IdentityKey(IdentityKind.MEMBER, "main", f"V{number}")
    with records.transaction():
        return ensure_people([PersonIn((key,), seen_at, f"客户{number}")], source="tests", trace_id="t")[0]


def record(orders=(), refunds=()) -> None:
    with records.transaction():
        record_orders(orders, refunds, source="tests", trace_id="t")


def test_figures_equal_a_recount(warehouse):
    random = Random(4)
    first = PERIOD.previous.first_day - timedelta(days=5)
    people = [person(n, local(first + timedelta(days=random.randrange(35)), 0)) for n in range(40)]
    orders, refunds = [], []
    for n in range(300):
        day, hour = first + timedelta(days=random.randrange(35)), random.randrange(24)
        buyer = random.choice([*people, None])
        amount_fen = random.randrange(100, 9_000)
        orders.append(OrderIn("main", f"O{n}", buyer, local(day, hour), line(f"O{n}", amount_fen)))
        if n % 9 == 0:
            at = local(day + timedelta(days=3), hour)
            refunds.append(RefundIn("main", f"R{n}", buyer, at, line(f"R{n}", amount_fen // 2)))
    record(orders, refunds)
    shipping.ship_pending()
    found = queries.overview(SYSTEM, PERIOD)
    seen = {pk: at.astimezone(ZONE).date() for pk, at in first_seen(people).items()}
    assert found.figures == recount(PERIOD, orders, refunds, seen)
    assert found.previous == recount(PERIOD.previous, orders, refunds, seen)
    assert found.days == tuple(recount_day(day, orders, refunds, seen) for day in PERIOD.days)
    assert found.previous_days == tuple(recount_day(day, orders, refunds, seen) for day in PERIOD.previous.days)
    assert found.freshness.is_complete
    assert found.change("order_count") == pytest.approx(
        (found.figures.order_count - found.previous.order_count) / found.previous.order_count
    )
    assert queries.sales_days(SYSTEM) == (min(days(orders)), max(days(orders)))


def first_seen(people):
    from siyu.customers.models import Profile

    return dict(Profile.objects.filter(pk__in=people).values_list("pk", "first_seen_at"))


def days(orders):
    return [order.paid_at.astimezone(ZONE).date() for order in orders]


def recount(period, orders, refunds, seen) -> Figures:
    inside = [o for o in orders if period.first_day <= o.paid_at.astimezone(ZONE).date() <= period.last_day]
    back = [r for r in refunds if period.first_day <= r.refunded_at.astimezone(ZONE).date() <= period.last_day]
    per_person = defaultdict(int)
    for order in inside:
        if order.fragment_id is not None:
            per_person[order.fragment_id] += 1
    gmv_fen = sum(order.lines[0].amount_fen for order in inside)
    return Figures(
        new_customer_count=sum(period.first_day <= day <= period.last_day for day in seen.values()),
        paying_customer_count=len(per_person),
        returning_customer_count=sum(count >= 2 for count in per_person.values()),
        order_count=len(inside),
        gmv_fen=gmv_fen,
        net_sales_fen=gmv_fen - sum(refund.lines[0].amount_fen for refund in back),
    )


def recount_day(day, orders, refunds, seen) -> DayFigures:
    whole = recount(Period(day, day), orders, refunds, seen)
    return DayFigures(
        day, whole.new_customer_count, whole.paying_customer_count, whole.order_count, whole.gmv_fen,
        whole.net_sales_fen,
    )  # fmt: skip


def test_derived_figures():
    figures = Figures(0, 4, 1, 6, 1_000, 700)
    assert (figures.refunds_fen, figures.aov_fen, figures.repurchase_rate) == (300, 117, 0.25)
    assert Figures().aov_fen is None
    assert Figures().repurchase_rate is None


def test_an_empty_brand(warehouse):
    found = queries.overview(SYSTEM, PERIOD)
    assert found.figures == found.previous == Figures()
    assert len(found.days) == 14
    assert found.change("gmv_fen") is None
    assert queries.sales_days(SYSTEM) is None


def test_merged_customers_are_one(warehouse):
    one, other = person(1, local(date(2026, 5, 2), 9)), person(2, local(date(2026, 5, 3), 9))
    at = local(date(2026, 5, 4), 9)
    record([OrderIn("main", str(n), who, at, line(str(n), 100)) for n, who in enumerate((one, other))])
    shipping.ship_pending()
    before = queries.overview(SYSTEM, PERIOD).figures
    assert (before.paying_customer_count, before.returning_customer_count, before.new_customer_count) == (2, 0, 2)
    warehouse.insert("roots", ["fragment", "root", "version"], [(other, one, 1)])
    warehouse.command("SYSTEM RELOAD DICTIONARY roots_dict")
    # As the stream of roots would: answers are kept while nothing has arrived.
    Stream.objects.update(event_id=F("event_id") + 1)
    after = queries.overview(SYSTEM, PERIOD).figures
    assert (after.paying_customer_count, after.returning_customer_count, after.new_customer_count) == (1, 1, 1)
    assert after.net_sales_fen == before.net_sales_fen == 200


def test_the_latest_plans_stand_beside_it(warehouse):
    account_id = brand.account()
    ids = [brand.plan([1], account_id, name=f"Plan {n}") for n in range(7)]
    assert [plan.id for plan in queries.overview(SYSTEM, PERIOD).plans] == ids[:1:-1]


def test_what_has_not_arrived_is_said(warehouse):
    record([OrderIn("main", "1", None, local(date(2026, 5, 2), 9), line("1", 100))])
    found = queries.overview(SYSTEM, PERIOD)
    assert found.figures.order_count == 0
    assert not found.freshness.is_complete
    assert found.freshness.waiting_count == 1


def test_periods():
    assert Period.ending(date(2026, 5, 14), 14) == PERIOD
    assert PERIOD.previous == Period(date(2026, 4, 17), date(2026, 4, 30))
    with pytest.raises(InvalidInput):
        Period(date(2026, 5, 2), date(2026, 5, 1))
    with pytest.raises(InvalidInput):
        Period(date(2020, 1, 1), date(2026, 1, 1))


def test_a_stranger():
    with pytest.raises(NotAllowed):
        queries.overview(STRANGER, PERIOD)
    with pytest.raises(NotAllowed):
        queries.sales_days(STRANGER)


def test_the_same_question_is_asked_once_while_nothing_arrives(warehouse, monkeypatch):
    buyer = person(1, local(date(2026, 5, 2), 9))
    record([OrderIn("main", "1", buyer, local(date(2026, 5, 4), 9), line("1", 100))])
    shipping.ship_pending()
    asked = []
    rows = Warehouse.rows
    monkeypatch.setattr(Warehouse, "rows", lambda *args, **named: asked.append(args[1]) or rows(*args, **named))
    first = queries.overview(SYSTEM, PERIOD)
    count = len(asked)
    assert queries.overview(SYSTEM, PERIOD).figures == first.figures
    assert len(asked) == count > 0
    queries.overview(SYSTEM, PERIOD.previous)
    assert len(asked) > count
    count = len(asked)
    record([OrderIn("main", "2", buyer, local(date(2026, 5, 4), 10), line("2", 50))])
    shipping.ship_pending()
    assert queries.overview(SYSTEM, PERIOD).figures.gmv_fen == 150
    assert len(asked) > count

"""The result of a plan: by assignment, within the window, over all fragments of a person."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from tests.support import messaging as brand

from siyu.commerce.contracts import LineIn, OrderIn, RefundIn
from siyu.commerce.services import record_orders
from siyu.customers.models import Root
from siyu.eventlog import records
from siyu.experiments import queries as experiments
from siyu.experiments.contracts import HOLDOUT, TREATED
from siyu.insights import queries
from siyu.insights.contracts import VerdictCode
from siyu.kernel import clock
from siyu.kernel.errors import NotAllowed, NotFound
from siyu.messaging import services
from siyu.org.contracts import STRANGER, SYSTEM

pytestmark = pytest.mark.django_db


def buy(customer_id: int, number: str, at: datetime, amount_fen: int = 5_000, refund_fen: int = 0) -> None:
    line = LineIn(number.encode().ljust(16), "S1", "茶", 1, amount_fen)
    back = LineIn(number.encode().ljust(16), "S1", "茶", 1, refund_fen)
    with records.transaction():
        record_orders(
            [OrderIn("main", number, customer_id, at, (line,))],
            [RefundIn("main", f"R{number}", customer_id, at, (back,), order_no=number)] if refund_fen else [],
            source="tests",
            trace_id="t",
        )


def launched(count: int = 60, holdout_percent: int = 50, window_days: int = 7) -> tuple[int, dict[int, str]]:
    ids = brand.people(range(1, count + 1))
    plan_id = brand.plan(ids, brand.account(), holdout_percent=holdout_percent, window_days=window_days)
    brand.launch(plan_id)
    return plan_id, experiments.arms_of(SYSTEM, f"plan:{plan_id}", ids)


def of(arms: dict[int, str], arm: str) -> list[int]:
    return sorted(customer_id for customer_id, given in arms.items() if given == arm)


def test_a_draft_has_an_empty_result():
    plan_id = brand.plan(brand.people([1]), brand.account())
    found = queries.plan_result(SYSTEM, plan_id)
    assert found.verdict.code is VerdictCode.NOT_LAUNCHED
    assert (found.treated.customer_count, found.series, found.window_ends_at) == (0, (), None)
    assert found.effect.order_rate is None


def test_orders_count_by_assignment_within_the_window():
    plan_id, arms = launched()
    treated, held = of(arms, TREATED), of(arms, HOLDOUT)
    moment = clock.now()
    buy(treated[0], "1", moment, 5_000)
    buy(treated[0], "2", moment + timedelta(days=1), 3_000)
    buy(treated[1], "3", moment + timedelta(days=2), 4_000, refund_fen=1_500)
    buy(held[0], "4", moment + timedelta(days=3), 2_000)
    buy(treated[2], "early", moment - timedelta(days=1), 9_999)
    buy(treated[2], "late", moment + timedelta(days=8), 9_999)
    (stranger,) = brand.people([999])
    buy(stranger, "other", moment, 9_999)
    with clock.frozen(moment + timedelta(days=8)):
        found = queries.plan_result(SYSTEM, plan_id)
    assert found.is_over
    result = found.treated
    assert (result.customer_count, result.buyer_count, result.order_count) == (len(treated), 2, 3)
    assert (result.gmv_fen, result.refunds_fen, result.net_sales_fen) == (12_000, 1_500, 10_500)
    control = found.holdout
    assert (control.customer_count, control.buyer_count, control.net_sales_fen) == (len(held), 1, 2_000)
    assert found.naive.order_count == 3
    n1, n0 = len(treated), len(held)
    assert found.effect.order_rate.difference == pytest.approx(2 / n1 - 1 / n0)
    assert found.effect.incremental_orders.value == pytest.approx((3 / n1 - 1 / n0) * n1)
    assert found.effect.incremental_net_sales_fen.value == pytest.approx((10_500 / n1 - 2_000 / n0) * n1)
    assert found.effect.incremental_orders.value in found.effect.incremental_orders.interval
    assert found.verdict.code is VerdictCode.TOO_FEW


def test_an_order_of_the_launchs_own_second_counts():
    plan_id, arms = launched()
    launched_at = queries.plan_result(SYSTEM, plan_id).plan.launched_at
    assert launched_at is not None
    buy(of(arms, TREATED)[0], "1", launched_at.replace(microsecond=0))  # shops tell whole seconds
    buy(of(arms, TREATED)[1], "2", launched_at.replace(microsecond=0) - timedelta(seconds=1))
    assert queries.plan_result(SYSTEM, plan_id).treated.order_count == 1


def test_while_the_window_is_open_there_is_no_verdict_yet():
    plan_id, arms = launched()
    for place, customer_id in enumerate(of(arms, TREATED)):
        buy(customer_id, f"o{place}", clock.now())
    found = queries.plan_result(SYSTEM, plan_id)
    assert found.verdict.code is VerdictCode.NOT_YET
    assert not found.verdict.is_final
    with clock.frozen(clock.now() + timedelta(days=8)):
        assert queries.plan_result(SYSTEM, plan_id).verdict.code is VerdictCode.POSITIVE


def test_without_a_holdout_nothing_is_claimed():
    plan_id, arms = launched(holdout_percent=0)
    buy(of(arms, TREATED)[0], "1", clock.now())
    found = queries.plan_result(SYSTEM, plan_id)
    assert found.verdict.code is VerdictCode.NO_HOLDOUT
    assert found.effect.incremental_orders is None
    assert found.naive.order_count == 1


def test_whoever_was_treated_but_never_reached_still_counts():
    plan_id, arms = launched()
    treated = of(arms, TREATED)
    services.suppress(customer_ids=treated[:1], evidence="by hand")
    buy(treated[0], "1", clock.now())
    found = queries.plan_result(SYSTEM, plan_id)
    assert (found.treated.customer_count, found.treated.buyer_count) == (len(treated), 1)


def test_a_merged_person_counts_once():
    plan_id, arms = launched()
    treated = of(arms, TREATED)
    (later,) = brand.people([500])
    Root.objects.create(fragment_id=later, root_id=treated[0])
    buy(later, "1", clock.now())
    buy(treated[0], "2", clock.now())
    Root.objects.create(fragment_id=treated[2], root_id=treated[1])
    buy(treated[1], "3", clock.now())
    found = queries.plan_result(SYSTEM, plan_id)
    assert (found.treated.buyer_count, found.treated.order_count) == (2, 3)


def test_arms_out_of_ratio_give_no_verdict():
    from siyu.experiments.models import Assignment

    plan_id, _ = launched(200)
    Assignment.objects.filter(arm=HOLDOUT).delete()
    found = queries.plan_result(SYSTEM, plan_id)
    assert found.sample_ratio.is_alarm
    assert found.verdict.code is VerdictCode.RATIO_ALARM


def test_the_series_is_hourly_first_and_daily_later(stand_in):
    plan_id, arms = launched()
    brand.pump()
    brand.receive(stand_in.deliver())
    treated, held = of(arms, TREATED), of(arms, HOLDOUT)
    buy(treated[0], "1", clock.now(), 700)
    buy(held[0], "2", clock.now(), 300)
    found = queries.plan_result(SYSTEM, plan_id)
    assert found.series_step_hours == 1
    assert sum(point.sent_count for point in found.series) == len(treated) == found.tally.sent_count
    assert sum(point.treated_net_sales_fen for point in found.series) == 700
    assert sum(point.holdout_order_count for point in found.series) == 1
    buy(treated[1], "3", clock.now() + timedelta(days=4), 100)
    daily = queries.plan_result(SYSTEM, plan_id)
    assert daily.series_step_hours == 24
    assert [point.at for point in daily.series] == sorted(point.at for point in daily.series)
    assert sum(point.treated_order_count for point in daily.series) == 2
    assert {point.at.astimezone(zone()).hour for point in daily.series} == {0}


def zone():
    from django.conf import settings

    return settings.SIYU.tz


def test_cost_is_of_what_was_sent(stand_in):
    plan_id, arms = launched()
    brand.pump()
    count = len(of(arms, TREATED))
    assert queries.plan_result(SYSTEM, plan_id).cost_fen == (count * 4_500 + 500) // 1_000


def test_a_stranger_and_an_unknown_plan():
    plan_id, _ = launched(4)
    with pytest.raises(NotAllowed):
        queries.plan_result(STRANGER, plan_id)
    with pytest.raises(NotFound):
        queries.plan_result(SYSTEM, plan_id + 1)


def test_a_result_costs_the_same_number_of_queries_for_few_and_many(django_assert_num_queries):
    plan_id, arms = launched()
    buy(of(arms, TREATED)[0], "1", clock.now())
    with django_assert_num_queries(10):
        queries.plan_result(SYSTEM, plan_id)
    for place, customer_id in enumerate(arms):
        buy(customer_id, f"m{place}", clock.now())
    with django_assert_num_queries(10):
        queries.plan_result(SYSTEM, plan_id)

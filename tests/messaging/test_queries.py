"""Lists, forecasts and traces of plans and messages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.support import messaging as brand

from siyu.customers import queries as customers
from siyu.eventlog.registries import TRACES
from siyu.kernel import clock
from siyu.kernel.errors import NotFound
from siyu.messaging import queries, services, wording
from siyu.messaging.contracts import OutboxState, PlanState, Reason
from siyu.messaging.models import Outbox
from siyu.org.contracts import SYSTEM

pytestmark = pytest.mark.django_db


def test_a_forecast_says_what_the_launch_then_does():
    ids = brand.people(range(1, 301)) + brand.people(range(301, 341), consents=None)
    ids += brand.people(range(341, 346), has_phone=False)
    plan_id = brand.plan(ids, brand.account(), holdout_percent=20)
    found = queries.plan_forecast(SYSTEM, plan_id)
    assert (found.audience_count, found.reachable_count, found.suppressed_count) == (345, 300, 45)
    assert found.suppressed == {Reason.NO_CONSENT: 40, Reason.NO_PHONE: 5}
    assert found.is_exact
    assert found.unit_count == found.treated_count
    assert found.cost_fen == -(-found.unit_count * 4_500 // 1_000)
    assert found.problems == ()
    assert found.waits_until is None
    brand.launch(plan_id)
    view = queries.plan(SYSTEM, plan_id)
    assert (view.treated_count, view.holdout_count) == (found.treated_count, found.holdout_count)
    assert queries.plan_tally(SYSTEM, plan_id).suppressed == found.suppressed


@pytest.mark.parametrize(
    ("text", "problems", "units"),
    [("{{ x }}", ["unknown_variable", "no_words", "opt_out"], 3), ("{{ x", ["syntax"], 0)],
)
def test_a_forecast_of_an_unsaved_plan_names_its_problems(text, problems, units):
    account_id = brand.account()
    audience = brand.audience_of(brand.people(range(1, 4)))
    found = queries.forecast(
        SYSTEM, audience=audience, holdout_percent=0, text=text, target_url="", account_id=account_id
    )
    assert [problem.code for problem in found.problems] == problems
    assert (found.treated_count, found.unit_count) == (3, units)


def test_a_forecast_of_many_is_an_estimate():
    ids = brand.people(range(1, 1_001))
    plan_id = brand.plan(ids, brand.account())
    found = queries.plan_forecast(SYSTEM, plan_id)
    assert not found.is_exact
    assert found.unit_count == 1_000


def test_a_forecast_outside_the_window_says_when_sending_begins():
    now = clock.now().astimezone(zone())
    window = ((now + timedelta(hours=1)).time(), (now + timedelta(hours=2)).time())
    plan_id = brand.plan(brand.people([1]), brand.account(window=window))
    waits_until = queries.plan_forecast(SYSTEM, plan_id).waits_until
    assert waits_until is not None
    assert timedelta(minutes=59) < waits_until - clock.now() <= timedelta(minutes=60)


def zone():
    from django.conf import settings

    return settings.SIYU.tz


def test_a_preview_is_the_message_of_one_customer():
    account_id = brand.account()
    (customer_id,) = brand.people([7])
    arguments = {"text": brand.TEXT, "account_id": account_id, "target_url": brand.TARGET}
    known = queries.preview(SYSTEM, customer_id=customer_id, **arguments)
    unknown = queries.preview(SYSTEM, **arguments)
    base = queries.link_base()
    assert known.text == f"【鲜果里】客户7您好，好久不见！点 {base}xxxxxxx 领取，拒收请回复R"
    assert unknown.text == f"【鲜果里】会员您好，好久不见！点 {base}xxxxxxx 领取，拒收请回复R"
    assert (known.template_code, known.provider_text) == (brand.CODE, brand.template_text())
    assert known.char_count == len(known.text)
    with pytest.raises(NotFound):
        queries.preview(SYSTEM, customer_id=customer_id + 99, **arguments)


def test_recipients_page_by_page_and_by_reason():
    ids = brand.people(range(1, 8)) + brand.people(range(8, 11), consents=None)
    plan_id = brand.plan(ids, brand.account())
    brand.launch(plan_id)
    seen, cursor = [], None
    while True:
        page = queries.recipients(SYSTEM, plan_id, cursor=cursor, limit=4)
        seen += [row.customer_id for row in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert sorted(seen) == ids
    refused = queries.recipients(SYSTEM, plan_id, state=OutboxState.SUPPRESSED, reason=Reason.NO_CONSENT)
    assert [row.customer_id for row in refused.items] == ids[7:]
    assert {row.reason for row in refused.items} == {Reason.NO_CONSENT}
    assert queries.recipients(SYSTEM, plan_id, state=OutboxState.SENT).items == []


@pytest.mark.parametrize("count", [1, 3])
def test_lists_cost_the_same_for_one_row_and_three(count, django_assert_num_queries):
    account_id = brand.account()
    ids = brand.people(range(1, count + 1))
    plan_ids = [brand.plan(ids, account_id, name=f"Plan {n}") for n in range(count)]
    brand.launch(plan_ids[0])
    with django_assert_num_queries(1):
        assert len(queries.plans(SYSTEM).items) == count
    with django_assert_num_queries(2):
        assert len(queries.recipients(SYSTEM, plan_ids[0]).items) == count
    with django_assert_num_queries(6):
        assert len(queries.messages_of(SYSTEM, ids[0])) == 1


def test_plans_page_newest_first():
    account_id = brand.account()
    ids = [brand.plan([1], account_id, name=f"Plan {n}") for n in range(5)]
    first = queries.plans(SYSTEM, limit=2)
    second = queries.plans(SYSTEM, limit=2, cursor=first.next_cursor)
    assert [plan.id for plan in (*first.items, *second.items)] == ids[:0:-1]
    assert queries.plans(SYSTEM, state=PlanState.DONE).items == []


def test_a_trace_prints_the_way_of_one_message(stand_in):
    plan_id = brand.plan(brand.people(range(1, 3)), brand.account())
    brand.launch(plan_id)
    brand.pump()
    brand.receive(stand_in.deliver())
    row = Outbox.objects.order_by("pk").first()
    assert row is not None
    hops = TRACES.get("messaging")(row.trace_id)
    assert [hop.what for hop in hops] == ["entered", "claimed", "sent", "delivered"]
    assert hops[1].detail["biz_id"]
    (plan_hop,) = TRACES.get("messaging")(queries.plan(SYSTEM, plan_id).trace_id)
    assert plan_hop.detail == {"plan_id": plan_id}


def test_every_state_and_reason_has_words():
    assert set(wording.PLAN_STATES) == set(PlanState)
    assert set(wording.OUTBOX_STATES) == set(OutboxState)
    assert set(wording.REASONS) == set(Reason)


def test_exclusions_by_hand_can_be_taken_back():
    ids = brand.people(range(1, 4))
    assert services.suppress(customer_ids=ids[:2], evidence="phone call") == 2
    assert services.suppress(customer_ids=ids, evidence="phone call") == 1
    assert services.unsuppress(customer_ids=ids[:1]) == 1
    plan_id = brand.plan(ids, brand.account())
    assert queries.plan_forecast(SYSTEM, plan_id).suppressed == {Reason.EXCLUDED: 2}
    assert customers.count(SYSTEM) == 3

"""From a launched plan to sent messages: the provider's answers, in all their kinds, and what follows from them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from tests.support import messaging as brand
from tests.support.log import published
from tests.support.messaging import StandIn

from siyu.customers import services as customers
from siyu.eventlog import records
from siyu.kernel import clock
from siyu.messaging import queries, services
from siyu.messaging.contracts import OutboxState, PlanState, Reason
from siyu.messaging.models import Outbox, SendBatch, SmsTemplate, TouchBudget
from siyu.messaging.queries import provider_for
from siyu.messaging.rules import retry
from siyu.org.contracts import SYSTEM
from siyu.org.services import calendar

pytestmark = pytest.mark.django_db


def launched(count: int, account_id: int | None = None, *, first: int = 1, **changes) -> int:
    plan_id = brand.plan(brand.people(range(first, first + count)), account_id or brand.account(), **changes)
    brand.launch(plan_id)
    return plan_id


def states(plan_id: int) -> dict[OutboxState, int]:
    return dict(queries.plan_tally(SYSTEM, plan_id).states)


def test_everybody_gets_one_message(stand_in: StandIn):
    plan_id = launched(250)
    brand.pump()
    assert sorted(message["phone"] for message in stand_in.messages()) == [f"139{n:08d}" for n in range(1, 251)]
    assert states(plan_id) == {OutboxState.SENT: 250}
    assert SendBatch.objects.count() == 3
    assert queries.plan(SYSTEM, plan_id).state is PlanState.DONE
    brand.receive(stand_in.deliver())
    tally = queries.plan_tally(SYSTEM, plan_id)
    assert tally.states == {OutboxState.DELIVERED: 250}
    assert (tally.sent_count, tally.delivered_count, tally.unit_count) == (250, 250, 250)
    assert tally.cost_fen == 250 * 4_500 // 1_000


def test_the_phone_shows_what_the_preview_shows(stand_in: StandIn):
    plan_id = launched(2)
    brand.pump()
    first = Outbox.objects.order_by("pk").first()
    assert first is not None
    shown = queries.preview(
        SYSTEM, text=brand.TEXT, account_id=queries.plan(SYSTEM, plan_id).account_id,
        target_url=brand.TARGET, customer_id=first.fragment_id,
    )  # fmt: skip
    assert shown.problems == ()
    assert stand_in.messages()[0]["content"] == shown.text.replace("xxxxxxx", first.link_token)
    assert (shown.unit_count, first.units) == (1, 1)


def test_sent_is_told_to_the_log_with_the_recipients_trace(stand_in: StandIn):
    plan_id = launched(1)
    brand.pump()
    row = Outbox.objects.get()
    (event,) = [event for event in published() if event.name == "messaging.sent"]
    assert event.body == {"plan_id": plan_id, "channel": "sms", "object_id": row.pk, "units": row.units}
    assert (event.fragment_id, event.trace_id) == (row.fragment_id, row.trace_id)


def test_consent_withdrawn_after_the_launch_stops_the_message(stand_in: StandIn):
    plan_id = launched(3)
    row = Outbox.objects.order_by("pk").first()
    assert row is not None
    with records.transaction():
        customers.record_consent(
            fragment_id=row.fragment_id, consent=brand.consent(granted=False, at=clock.now()), source="tests"
        )
    brand.pump()
    assert len(stand_in.messages()) == 2
    assert queries.plan_tally(SYSTEM, plan_id).suppressed == {Reason.NO_CONSENT: 1}
    suppressed = [event for event in published() if event.name == "messaging.suppressed"]
    assert [event.fragment_id for event in suppressed] == [row.fragment_id]


def test_two_plans_on_one_day_reach_a_customer_once(stand_in: StandIn):
    account_id = brand.account()
    ids = brand.people(range(1, 31))
    first, second = (brand.plan(ids, account_id, name=name) for name in ("First", "Second"))
    brand.launch(first)
    brand.launch(second)
    brand.pump()
    assert len({message["phone"] for message in stand_in.messages()}) == len(stand_in.messages()) == 30
    assert states(first) == {OutboxState.SENT: 30}
    assert queries.plan_tally(SYSTEM, second).suppressed == {Reason.CAP_DAY: 30}


def test_the_cap_of_a_month(stand_in: StandIn):
    account_id = brand.account(month_cap=2)
    ids = brand.people([1])
    moment = clock.now()
    for number in range(4):
        with clock.frozen(moment + timedelta(days=number)):
            brand.launch(brand.plan(ids, account_id, name=f"Plan {number}"))
            brand.pump()
    assert [message["phone"] for message in stand_in.messages()] == ["13900000001"] * 2
    assert Outbox.objects.filter(reason=Reason.CAP_MONTH).count() == 2


def test_outside_the_window_messages_are_held_until_it_opens(stand_in: StandIn):
    zone_now = clock.now().astimezone(brand_zone())
    opening = (zone_now + timedelta(hours=2)).replace(minute=0, second=0, microsecond=0)
    window = (opening.time(), (opening + timedelta(hours=3)).time())
    account_id = brand.account(window=window)
    plan_id = launched(150, account_id)
    brand.pump()
    assert stand_in.messages() == []
    tally = queries.plan_tally(SYSTEM, plan_id)
    assert tally.held == {Reason.QUIET_HOURS: 150}
    assert set(Outbox.objects.values_list("due_at", flat=True)) == {opening}
    assert TouchBudget.objects.exclude(touched_json="[]").count() == 0
    services.save_sms_account(
        account_id=account_id, name="Marketing", sign_name="鲜果里", window=(time(0), time(0)), settle_seconds=60
    )
    with clock.frozen(opening):
        brand.pump()
    assert states(plan_id)[OutboxState.SENT] == 100  # held time does not pass, so the rate allows one batch


def test_on_public_holidays_messages_wait_for_the_next_other_day(stand_in: StandIn):
    """National Day: the calendar knows 1 to 7 October; the brand says that it works on the 3rd."""
    calendar.set_public_day(viewer=SYSTEM, day=date(2026, 10, 3), is_workday=True)
    account_id = brand.account(skips_holidays=True)
    noon = datetime(2026, 10, 1, 12, tzinfo=brand_zone())
    with clock.frozen(noon):
        drafted = brand.plan(brand.people(range(1, 4)), account_id)
        waits_until = queries.plan_forecast(SYSTEM, drafted).waits_until
        brand.launch(drafted)
        brand.pump()
    opening = datetime(2026, 10, 3, tzinfo=brand_zone())
    assert waits_until == opening
    assert stand_in.messages() == []
    assert queries.plan_tally(SYSTEM, drafted).held == {Reason.HOLIDAY: 3}
    assert set(Outbox.objects.values_list("due_at", flat=True)) == {opening}
    with clock.frozen(opening):
        brand.pump()
    assert states(drafted) == {OutboxState.SENT: 3}


def test_an_account_without_the_switch_sends_on_holidays(stand_in: StandIn):
    account_id = brand.account()
    with clock.frozen(datetime(2026, 10, 1, 12, tzinfo=brand_zone())):
        plan_id = launched(3, account_id)
        brand.pump()
    assert states(plan_id) == {OutboxState.SENT: 3}


def brand_zone():
    from django.conf import settings

    return settings.SIYU.tz


def test_a_silent_provider_leaves_messages_unknown_and_never_sends_twice(stand_in: StandIn):
    plan_id = launched(120)
    stand_in.fault("reset_after_accept")
    brand.pump()
    assert states(plan_id) == {OutboxState.UNKNOWN: 120}
    assert len(stand_in.messages()) == 120
    stand_in.heal()
    brand.pump()
    assert len(stand_in.messages()) == 120
    with clock.frozen(clock.now() + timedelta(seconds=retry.FIRST_QUESTION_SECONDS + 1)):
        brand.ask()
    assert states(plan_id) == {OutboxState.SENT: 120}
    assert len(stand_in.messages()) == 120


def test_what_the_provider_never_got_is_sent_again_once_its_records_have_settled(stand_in: StandIn):
    plan_id = launched(3)
    stand_in.fault("reset_before", count=1)
    brand.pump()
    assert states(plan_id) == {OutboxState.UNKNOWN: 3}
    moment = clock.now()
    with clock.frozen(moment + timedelta(seconds=30)):
        brand.ask()
        brand.pump()
        assert states(plan_id) == {OutboxState.UNKNOWN: 3}
    with clock.frozen(moment + timedelta(seconds=90)):
        brand.ask()
        assert states(plan_id) == {OutboxState.QUEUED: 3}
        assert {row.reason for row in Outbox.objects.all()} == {Reason.NOT_FOUND}
        brand.pump()
    assert states(plan_id) == {OutboxState.SENT: 3}
    assert len(stand_in.messages()) == 3
    assert len({batch.out_id for batch in SendBatch.objects.all()}) == 2


def test_trouble_of_the_account_rests_it_and_loses_nothing(stand_in: StandIn):
    account_id = brand.account()
    plan_id = launched(5, account_id)
    stand_in.fault("amount_not_enough")
    brand.pump()
    view = queries.sms_account(SYSTEM, account_id)
    assert "AMOUNT_NOT_ENOUGH" in view.problem
    assert view.paused_until is not None
    assert view.paused_until > clock.now()
    assert states(plan_id) == {OutboxState.QUEUED: 5}
    assert {row.reason for row in Outbox.objects.all()} == {Reason.ACCOUNT}
    assert {row.tries for row in Outbox.objects.all()} == {0}
    stand_in.heal()
    with clock.frozen(view.paused_until):
        brand.pump()
    assert states(plan_id) == {OutboxState.SENT: 5}
    assert queries.sms_account(SYSTEM, account_id).problem == ""


def test_an_unreachable_provider_delays_and_gives_the_touch_back(stand_in: StandIn, settings):
    plan_id = launched(4)
    port = stand_in.sandbox.port
    settings.SIYU = settings.SIYU.model_copy(update=brand.endpoint_settings(1))
    provider_for.cache_clear()
    brand.pump()
    assert states(plan_id) == {OutboxState.QUEUED: 4}
    assert set(TouchBudget.objects.values_list("touched_json", flat=True)) == {"[]"}
    settings.SIYU = settings.SIYU.model_copy(update=brand.endpoint_settings(port))
    provider_for.cache_clear()
    with clock.frozen(clock.now() + timedelta(minutes=1)):
        brand.pump()
    assert states(plan_id) == {OutboxState.SENT: 4}


def test_too_fast_is_tried_again_later_and_not_for_ever(stand_in: StandIn):
    plan_id = launched(2)
    stand_in.fault("business_limit")
    moment = clock.now()
    for step in range(retry.MAX_TRIES):
        with clock.frozen(moment + timedelta(hours=2 * step)):
            brand.pump()
    assert states(plan_id) == {OutboxState.FAILED: 2}
    assert queries.plan_tally(SYSTEM, plan_id).failed == {Reason.GAVE_UP: 2}
    assert queries.plan(SYSTEM, plan_id).state is PlanState.DONE
    assert set(TouchBudget.objects.values_list("touched_json", flat=True)) == {"[]"}


def test_a_refused_batch_is_split_so_that_one_number_costs_nobody_else(stand_in: StandIn):
    rewrite(stand_in, refuse_whole_batch=True)
    with stand_in.sandbox._store.transaction() as db:
        db.execute("INSERT INTO blacklist VALUES ('13900000002', 'isv.CUSTOMER_REFUSED', 0)")
    plan_id = launched(3)
    brand.pump()
    assert sorted(message["phone"] for message in stand_in.messages()) == ["13900000001", "13900000003"]
    assert queries.plan_tally(SYSTEM, plan_id).failed == {Reason.OPTED_OUT: 1}
    with clock.frozen(clock.now() + timedelta(days=2)):
        second = launched(3, queries.plan(SYSTEM, plan_id).account_id, name="Second")
        assert queries.plan_tally(SYSTEM, second).suppressed == {Reason.OPTED_OUT: 1}


def rewrite(stand_in: StandIn, **changes) -> None:
    from dataclasses import replace

    from siyu.sandbox import config

    held = config.ConfigFile(config.config_path(stand_in.home)).current()
    config.write(stand_in.home, replace(held, **changes))


def test_a_text_that_nobody_may_get_stops_the_plan(stand_in: StandIn):
    plan_id = launched(20)
    rewrite(stand_in, templates=())
    brand.pump()
    view = queries.plan(SYSTEM, plan_id)
    assert view.state is PlanState.STOPPED
    assert "refused the text" in view.problem
    tally = queries.plan_tally(SYSTEM, plan_id)
    assert tally.failed == {Reason.CONTENT: retry.MAX_CONTENT_REFUSALS}
    assert tally.states[OutboxState.QUEUED] == 20 - retry.MAX_CONTENT_REFUSALS
    assert stand_in.messages() == []


def test_a_template_that_was_changed_stops_the_plan_before_anything_is_claimed(stand_in: StandIn):
    plan_id = launched(3)
    SmsTemplate.objects.update(text="完全不同的内容，拒收请回复R")
    brand.pump()
    view = queries.plan(SYSTEM, plan_id)
    assert view.state is PlanState.STOPPED
    assert "template" in view.problem
    assert states(plan_id) == {OutboxState.QUEUED: 3}


def test_a_sandbox_never_talks_to_the_real_provider(settings):
    account_id = brand.account()
    plan_id = launched(2, account_id)
    settings.SIYU = settings.SIYU.model_copy(
        update={"sandbox": True, "aliyun_sms_endpoint": "dysmsapi.aliyuncs.com"}
    )
    provider_for.cache_clear()
    brand.pump()
    assert states(plan_id) == {OutboxState.QUEUED: 2}
    assert "dysmsapi.aliyuncs.com" in queries.sms_account(SYSTEM, account_id).problem


def test_a_sender_that_died_after_the_claim_leaves_unknown_messages(stand_in: StandIn):
    from siyu.messaging.services import claiming, results

    plan_id = launched(2)
    claim = claiming.claim_batch(account_id=queries.plan(SYSTEM, plan_id).account_id)
    assert len(claim.messages) == 2
    assert results.expire_leases() == 0
    moment = clock.now() + timedelta(seconds=claiming.LEASE_SECONDS + 1)
    with clock.frozen(moment):
        assert results.expire_leases() == 2
        assert states(plan_id) == {OutboxState.UNKNOWN: 2}
        brand.pump()
        assert stand_in.messages() == []
    # The sender was only slow: its late answer settles what nobody knew.
    answers = provider_for("aliyun").send(claim.messages)
    results.record_results(claim, answers)
    assert states(plan_id) == {OutboxState.SENT: 2}
    assert len(stand_in.messages()) == 2


def test_an_idle_pump_writes_nothing(django_assert_num_queries):
    from siyu.messaging.jobs import asking, sending

    launched_id = launched(0)
    brand.pump()
    assert queries.plan(SYSTEM, launched_id).state is PlanState.DONE
    with django_assert_num_queries(3):
        assert sending.send_once() == 0
    with django_assert_num_queries(1):
        assert asking.ask_once() == 0

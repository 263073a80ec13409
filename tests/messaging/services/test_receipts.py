"""Receipts twice, late, early or never; replies; clicks."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from tests.support import messaging as brand
from tests.support.log import published
from tests.support.messaging import StandIn

from siyu.customers import queries as customers
from siyu.customers import services as people
from siyu.eventlog import records, registries, runner
from siyu.kernel import clock
from siyu.links import services as links
from siyu.links.contracts import Click
from siyu.messaging import queries
from siyu.messaging.contracts import OutboxState, Reason
from siyu.messaging.models import Outbox, SendBatch
from siyu.messaging.queries import provider_for
from siyu.messaging.rules import retry
from siyu.messaging.services import claiming, results
from siyu.org.contracts import SYSTEM

pytestmark = pytest.mark.django_db


def launched(count: int) -> int:
    plan_id = brand.plan(brand.people(range(1, count + 1)), brand.account())
    brand.launch(plan_id)
    return plan_id


def states(plan_id: int) -> dict[OutboxState, int]:
    return dict(queries.plan_tally(SYSTEM, plan_id).states)


def receipt(number: int, *, out_id: str = "", biz_id: str = "B1", code: str = "DELIVERED", units: int = 1) -> dict:
    return {
        "phone_number": f"139{number:08d}", "send_time": "2026-05-14 10:00:00", "report_time": "2026-05-14 10:00:05",
        "success": code == "DELIVERED", "err_code": code, "err_msg": "x", "sms_size": str(units), "biz_id": biz_id,
        "out_id": out_id,
    }  # fmt: skip


def receive(*items: dict) -> None:
    brand.receive([json.dumps(items, ensure_ascii=False).encode()])


def reply(number: int, content: str, sequence: str = "1", at: str = "2026-05-14 10:00:00") -> dict:
    return {
        "phone_number": f"139{number:08d}", "content": content, "send_time": at, "sign_name": "鲜果里",
        "dest_code": "1", "sequence_id": sequence,
    }  # fmt: skip


def names() -> list[str]:
    return [event.name for event in published() if event.name.startswith("messaging.")]


def test_the_same_receipt_counts_once(stand_in: StandIn):
    plan_id = launched(3)
    brand.pump()
    bodies = stand_in.deliver()
    for _ in range(3):
        brand.receive(bodies)
    brand.receive(bodies * 2)
    tally = queries.plan_tally(SYSTEM, plan_id)
    assert (tally.sent_count, tally.delivered_count) == (3, 3)
    assert names().count("messaging.delivered") == 3


def test_a_receipt_that_overtakes_the_answer(stand_in: StandIn):
    plan_id = launched(2)
    claim = claiming.claim_batch(account_id=queries.plan(SYSTEM, plan_id).account_id)
    answers = provider_for("aliyun").send(claim.messages)
    brand.receive(stand_in.deliver())
    assert states(plan_id) == {OutboxState.DELIVERED: 2}
    results.record_results(claim, answers)
    assert states(plan_id) == {OutboxState.DELIVERED: 2}
    assert names().count("messaging.sent") == 2
    assert SendBatch.objects.get().biz_id != ""


def test_a_receipt_without_our_number_is_found_by_the_providers(stand_in: StandIn):
    plan_id = launched(1)
    brand.pump()
    receive(receipt(1, biz_id=SendBatch.objects.get().biz_id))
    assert states(plan_id) == {OutboxState.DELIVERED: 1}


def test_receipts_that_fit_nothing_are_passed_over(stand_in: StandIn, caplog):
    plan_id = launched(1)
    brand.pump()
    out_id = SendBatch.objects.get().out_id
    receive(receipt(1, out_id="nobody", biz_id="other"), receipt(999, out_id=out_id))
    assert states(plan_id) == {OutboxState.SENT: 1}
    assert caplog.text.count("fits no message") == 2
    assert "139" not in caplog.text


def test_a_message_that_failed_at_the_carrier_keeps_the_reason_and_its_number_is_remembered(stand_in: StandIn):
    plan_id = launched(3)
    brand.pump()
    out_id = SendBatch.objects.get().out_id
    receive(receipt(1, out_id=out_id, code="MN:0001"), receipt(2, out_id=out_id, code="UNDELIV"))
    tally = queries.plan_tally(SYSTEM, plan_id)
    assert tally.failed == {Reason.NUMBER_DEAD: 1, Reason.UNDELIVERED: 1}
    assert tally.sent_count == 3
    details = {row.reason: row.detail for row in queries.recipients(SYSTEM, plan_id, state=OutboxState.FAILED).items}
    assert details == {Reason.NUMBER_DEAD: "MN:0001 x", Reason.UNDELIVERED: "UNDELIV x"}
    with clock.frozen(clock.now() + timedelta(days=2)):
        second = brand.plan(list(Outbox.objects.values_list("fragment_id", flat=True)), brand.account("B"), name="S")
        brand.launch(second)
    assert queries.plan_tally(SYSTEM, second).suppressed == {Reason.NUMBER_DEAD: 1}


def test_a_failure_after_a_delivery_changes_nothing(stand_in: StandIn):
    plan_id = launched(1)
    brand.pump()
    out_id = SendBatch.objects.get().out_id
    receive(receipt(1, out_id=out_id))
    receive(receipt(1, out_id=out_id, code="UNDELIV"))
    assert states(plan_id) == {OutboxState.DELIVERED: 1}


def test_the_bill_counts_the_providers_units(stand_in: StandIn):
    plan_id = launched(2)
    brand.pump()
    receive(receipt(1, out_id=SendBatch.objects.get().out_id, units=3))
    tally = queries.plan_tally(SYSTEM, plan_id)
    assert tally.unit_count == sum(Outbox.objects.values_list("units", flat=True)) == 4
    assert tally.cost_milli_fen == sum(Outbox.objects.values_list("cost_milli_fen", flat=True)) == 4 * 4_500


def test_a_delivery_of_an_earlier_try_keeps_the_message_from_going_out_again(stand_in: StandIn):
    plan_id = launched(2)
    stand_in.fault("reset_before", count=1)
    brand.pump()
    first_out_id = SendBatch.objects.get().out_id
    with clock.frozen(clock.now() + timedelta(seconds=90)):
        brand.ask()
        assert states(plan_id) == {OutboxState.QUEUED: 2}
        receive(receipt(1, out_id=first_out_id), receipt(2, out_id=first_out_id, code="UNDELIV"))
        assert states(plan_id) == {OutboxState.DELIVERED: 1, OutboxState.QUEUED: 1}
        brand.pump()
    assert [message["phone"] for message in stand_in.messages()] == ["13900000002"]


def test_a_receipt_that_never_comes_is_asked_for(stand_in: StandIn):
    plan_id = launched(2)
    brand.pump()
    stand_in.deliver()  # posted into the void
    with clock.frozen(clock.now() + timedelta(seconds=retry.RECEIPT_WAIT_SECONDS + 1)):
        brand.ask()
    assert states(plan_id) == {OutboxState.DELIVERED: 2}


def test_a_provider_that_cannot_be_asked_is_asked_again(stand_in: StandIn, settings):
    plan_id = launched(1)
    stand_in.fault("reset_after_accept", count=1)
    brand.pump()
    settings.SIYU = settings.SIYU.model_copy(update=brand.endpoint_settings(1))
    provider_for.cache_clear()
    moment = clock.now()
    with clock.frozen(moment + timedelta(seconds=30)):
        brand.ask()
    assert states(plan_id) == {OutboxState.UNKNOWN: 1}
    (account,) = queries.sms_accounts(SYSTEM)
    assert account.problem
    settings.SIYU = settings.SIYU.model_copy(update=brand.endpoint_settings(stand_in.sandbox.port))
    provider_for.cache_clear()
    with clock.frozen(moment + timedelta(seconds=200)):
        brand.ask()
    assert states(plan_id) == {OutboxState.SENT: 1}


@pytest.mark.parametrize(
    ("word", "withdrawn"), [("R", True), (" td ", True), ("退订", True), ("好的", False), ("几点", False)]
)
def test_a_refusal_by_reply_withdraws_consent_at_once(word, withdrawn):
    (customer_id,) = brand.people([1])
    receive(reply(1, word))
    (consent,) = customers.consents(SYSTEM, customer_id)
    assert consent.granted is not withdrawn
    if withdrawn:
        assert word.strip().upper() in consent.evidence


def test_a_repeated_refusal_is_one_entry_and_a_later_consent_stands():
    (customer_id,) = brand.people([1])
    receive(reply(1, "R"))
    receive(reply(1, "R"), reply(1, "R", sequence="2"))
    assert [event.name for event in published()].count("customers.consent_changed") == 2  # granted, withdrawn
    moment = clock.now()
    with records.transaction():
        people.record_consent(fragment_id=customer_id, consent=brand.consent(granted=True, at=moment), source="tests")
    receive(reply(1, "R"))
    assert customers.consents(SYSTEM, customer_id)[0].granted


def test_a_reply_of_the_same_second_as_the_consent_counts():
    moment = clock.now()
    (customer_id,) = brand.people([1], consents=None)
    with records.transaction():
        people.record_consent(fragment_id=customer_id, consent=brand.consent(granted=True, at=moment), source="tests")
    local = moment.astimezone(clock_zone())
    with clock.frozen(moment + timedelta(seconds=5)):
        receive(reply(1, "R", at=f"{local:%Y-%m-%d %H:%M:%S}"))
    assert not customers.consents(SYSTEM, customer_id)[0].granted


def clock_zone():
    from siyu.messaging.kinds import ALIYUN

    return ALIYUN.zone


def test_a_reply_from_nobody_and_an_unreadable_item_cost_nothing_else(caplog):
    (customer_id,) = brand.people([1])
    receive(reply(777, "R"), {"nonsense": True}, reply(1, "R"))
    assert not customers.consents(SYSTEM, customer_id)[0].granted
    assert "cannot be read" in caplog.text


def click(token: str, number: int, *, bot: bool = False, minutes: int = 0) -> Click:
    return Click(token, clock.now() + timedelta(minutes=minutes), f"click-{number}", bot, "Mozilla")


def follow_clicks(*clicks: Click) -> None:
    with records.transaction():
        links.record_clicks(clicks)
    subscriber = registries.SUBSCRIBERS.get("messaging.clicks")
    events = [event for event in published() if event.name == "links.clicked"]
    with records.transaction():
        subscriber.handle(events)


def test_the_first_click_of_a_recipient_counts_once_without_bots(stand_in: StandIn):
    plan_id = launched(3)
    brand.pump()
    tokens = list(Outbox.objects.order_by("pk").values_list("link_token", flat=True))
    follow_clicks(click(tokens[0], 1), click(tokens[0], 2, minutes=5), click(tokens[1], 3, bot=True))
    follow_clicks(click(tokens[0], 4, minutes=9))
    tally = queries.plan_tally(SYSTEM, plan_id)
    assert tally.clicked_count == 1
    first = Outbox.objects.get(link_token=tokens[0])
    assert [row.clicked_at for row in queries.messages_of(SYSTEM, first.fragment_id)] == [first.clicked_at]
    assert Outbox.objects.exclude(clicked_at=None).count() == 1


@pytest.mark.django_db(transaction=True)
def test_clicks_reach_the_outbox_through_the_log(stand_in: StandIn):
    plan_id = launched(1)
    with records.transaction():
        links.record_clicks([click(Outbox.objects.get().link_token, 1)])
    runner.drain(registries.SUBSCRIBERS.get("messaging.clicks"))
    assert queries.plan_tally(SYSTEM, plan_id).clicked_count == 1


def test_hourly_tallies_add_up_to_the_rows(stand_in: StandIn):
    plan_id = launched(130)
    brand.pump()
    brand.receive(stand_in.deliver())
    rows = Outbox.objects.all()
    hours = queries.plan_hours(SYSTEM, plan_id)
    assert sum(hour.sent_count for hour in hours) == rows.exclude(sent_at=None).count() == 130
    assert sum(hour.delivered_count for hour in hours) == rows.filter(state="delivered").count() == 130
    assert all(hour.at.minute == 0 for hour in hours)

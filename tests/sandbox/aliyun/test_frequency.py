"""Counters at the edges of their windows."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.support.sandbox import CODE, NOTICE, PROMOTION, Caller, HeldClock, configure

PHONE = "13900000001"


def _codes(caller: Caller, times: int, template: str = CODE, phone: str = PHONE) -> list[str]:
    return [caller.send(phone, template).get("Message", "") for _ in range(times)]


def test_a_minute_is_a_window_of_the_clock(caller: Caller, clock: HeldClock) -> None:
    clock.moment = datetime(2026, 3, 2, 2, 0, 59, tzinfo=UTC)
    answers = [caller.send(PHONE, CODE), caller.send(PHONE, CODE)]
    assert [answer["Code"] for answer in answers] == ["OK", "isv.BUSINESS_LIMIT_CONTROL"]
    assert answers[1]["Message"] == "触发分钟级流控Permits:1"
    clock.forward(seconds=1)
    assert caller.send(PHONE, CODE)["Code"] == "OK"


def test_an_hour_is_a_window_of_the_clock(caller: Caller, clock: HeldClock) -> None:
    clock.moment = datetime(2026, 3, 2, 2, 54, tzinfo=UTC)
    messages = []
    for _ in range(6):
        messages.append(caller.send(PHONE, CODE)["Message"])
        clock.forward(minutes=1)
    assert messages == ["OK"] * 5 + ["触发小时级流控Permits:5"]
    assert clock.moment.hour == 3
    assert caller.send(PHONE, CODE)["Code"] == "OK"


def test_a_day_is_24_hours_from_the_first_message(caller: Caller, clock: HeldClock) -> None:
    first_at = datetime(2026, 3, 2, 10, 30, 0, tzinfo=UTC)
    clock.moment = first_at
    for _ in range(10):
        assert caller.send(PHONE, CODE)["Code"] == "OK"
        clock.forward(minutes=15)
    # Midnight in between changes nothing: it is not a calendar day.
    clock.moment = datetime(2026, 3, 3, 10, 29, 59, tzinfo=UTC)
    assert caller.send(PHONE, CODE)["Message"] == "触发天级流控Permits:10"
    clock.moment = datetime(2026, 3, 3, 10, 30, 0, tzinfo=UTC)
    assert caller.send(PHONE, CODE)["Code"] == "OK"


def test_a_number_gets_forty_codes_a_day_over_all_signatures(caller: Caller, clock: HeldClock) -> None:
    for number in range(5):
        caller.control("POST", "/control/signs", {"name": f"签名{number}"})
    accepted = 0
    for _ in range(10):
        for number in range(5):
            answer = caller.send(PHONE, CODE, SignName=f"签名{number}")
            accepted += answer["Code"] == "OK"
        clock.forward(minutes=13)
    assert (accepted, answer["Message"]) == (40, "触发天级流控Permits:40")


def test_other_messages_are_counted_by_template(caller: Caller, clock: HeldClock) -> None:
    assert _codes(caller, 51, NOTICE) == ["OK"] * 50 + ["触发天级流控Permits:50"]
    assert _codes(caller, 1, PROMOTION) == ["OK"]
    assert _codes(caller, 1, NOTICE, "13900000002") == ["OK"]
    clock.forward(hours=24)
    assert _codes(caller, 1, NOTICE) == ["OK"]


def test_a_refused_message_is_not_counted(caller: Caller, clock: HeldClock) -> None:
    clock.moment = datetime(2026, 3, 2, 2, 0, 0, tzinfo=UTC)
    assert _codes(caller, 3) == ["OK", "触发分钟级流控Permits:1", "触发分钟级流控Permits:1"]
    for _ in range(4):
        clock.forward(minutes=1)
        assert caller.send(PHONE, CODE)["Code"] == "OK"


def test_numbers_on_the_whitelist_are_not_counted(tmp_path, caller: Caller) -> None:
    configure(tmp_path, whitelist=(PHONE,))
    assert _codes(caller, 12) == ["OK"] * 12


def test_one_number_too_many_does_not_cost_the_batch(caller: Caller, clock: HeldClock, sandbox) -> None:
    _codes(caller, 50, NOTICE)
    assert caller.batch([PHONE, "13900000002"])["Code"] == "OK"
    sandbox.courier.step()
    (late, *_), (other,) = caller.details(PHONE), caller.details("13900000002")
    assert (late["SendStatus"], late["ErrCode"]) == (2, "isv.BUSINESS_LIMIT_CONTROL")
    assert (other["SendStatus"], other["ErrCode"]) == (3, "DELIVERED")


def test_by_setting_one_number_refuses_the_whole_batch_and_counts_nothing(tmp_path, caller: Caller) -> None:
    configure(tmp_path, refuse_whole_batch=True)
    _codes(caller, 50, NOTICE)
    assert caller.batch(["13900000002", PHONE])["Code"] == "isv.BUSINESS_LIMIT_CONTROL"
    assert caller.details("13900000002") == []
    assert _codes(caller, 50, NOTICE, "13900000002") == ["OK"] * 50

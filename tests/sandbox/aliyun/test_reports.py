"""Delivery reports and replies: their form, their repetitions, and what goes wrong with them on demand."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.sandbox import CODE, NOTICE, PROMOTION, Caller, HeldClock, Receiver, configure, hang_up

from siyu.sandbox.config import Planted
from siyu.sandbox.http import Response, json_response
from siyu.sandbox.server import Sandbox

PHONE = "13900000001"


def _reports(receiver: Receiver) -> list[dict]:
    return [item for body in receiver.bodies("/callback") for item in body]


def test_a_report_has_the_documented_form(
    caller: Caller, sandbox: Sandbox, receiver: Receiver, clock: HeldClock
) -> None:
    answer = caller.send(PHONE, OutId="out-7")
    clock.forward(seconds=2)
    sandbox.courier.step()
    assert receiver.bodies("/callback") == [
        [
            {
                "phone_number": PHONE,
                "send_time": "2026-03-02 10:00:00",
                "report_time": "2026-03-02 10:00:02",
                "success": True,
                "err_code": "DELIVERED",
                "err_msg": "用户接收成功",
                "sms_size": "1",
                "biz_id": answer["BizId"],
                "out_id": "out-7",
            }
        ]
    ]
    assert receiver.requests[0].headers["content-type"] == "application/json"


def test_nothing_is_reported_before_its_time(
    tmp_path: Path, caller: Caller, sandbox: Sandbox, receiver: Receiver, clock: HeldClock
) -> None:
    configure(tmp_path, sms_callback_url=receiver.url("/callback"), delivery_seconds=(10.0, 10.0), speed=2.0)
    caller.send(PHONE)
    assert sandbox.courier.step() == pytest.approx(5.0)
    assert _reports(receiver) == []
    clock.forward(seconds=5)
    assert sandbox.courier.step() is None
    assert len(_reports(receiver)) == 1


def test_reports_go_out_by_the_hundred(caller: Caller, sandbox: Sandbox, receiver: Receiver) -> None:
    for start in (0, 100, 200):
        caller.batch([f"1390000{n:04d}" for n in range(start, start + 100)])
    caller.send(PHONE)
    sandbox.courier.step()
    assert [len(body) for body in receiver.bodies("/callback")] == [100, 100, 100, 1]


@pytest.mark.parametrize(
    "answer",
    [
        json_response(500, {"code": 0}),
        json_response(202, {"code": 0}),
        json_response(200, {"code": "0"}),
        json_response(200, {"code": 1}),
        json_response(200, {"code": False}),
        json_response(200, {"msg": "ok"}),
        json_response(200, [0]),
        Response(200, b"OK", "text/plain"),
        Response(200, b""),
    ],
)
def test_only_the_documented_answer_counts_and_the_rest_is_tried_three_times_more(
    caller: Caller, sandbox: Sandbox, receiver: Receiver, clock: HeldClock, answer: Response
) -> None:
    receiver.answers["/callback"] = lambda _: answer
    caller.send(PHONE)
    counts = []
    for minutes in (0, 1, 5, 10, 60):
        clock.forward(minutes=minutes)
        sandbox.courier.step()
        counts.append(len(_reports(receiver)))
    assert counts == [1, 2, 3, 4, 4]
    assert caller.control("GET", "/control/summary")["reports"] == {"given_up": 1}


def test_retries_wait_their_time_scaled_by_the_speed(
    tmp_path: Path, caller: Caller, sandbox: Sandbox, receiver: Receiver, clock: HeldClock
) -> None:
    configure(tmp_path, sms_callback_url=receiver.url("/callback"), speed=10.0)
    receiver.answers["/callback"] = hang_up
    caller.send(PHONE)
    assert sandbox.courier.step() == pytest.approx(6.0)
    clock.forward(seconds=5.999)
    sandbox.courier.step()
    assert len(_reports(receiver)) == 1
    clock.forward(seconds=0.001)
    assert sandbox.courier.step() == pytest.approx(30.0)
    assert len(_reports(receiver)) == 2
    del receiver.answers["/callback"]
    clock.forward(seconds=30)
    assert sandbox.courier.step() is None
    assert caller.control("GET", "/control/summary")["reports"] == {"taken": 1}


def test_units_are_reported_per_message(caller: Caller, sandbox: Sandbox, receiver: Receiver) -> None:
    long = {"code": "SMS_9", "name": "长", "kind": "notification", "content": "鲜" * 66}
    caller.control("POST", "/control/templates", long)
    caller.send(PHONE, "SMS_9")
    sandbox.courier.step()
    assert _reports(receiver)[0]["sms_size"] == "2"


def test_dead_and_failing_numbers_follow_the_seed(
    tmp_path: Path, caller: Caller, sandbox: Sandbox, receiver: Receiver
) -> None:
    planted = Planted(dead_share=0.2, failed_share=0.2)
    configure(tmp_path, sms_callback_url=receiver.url("/callback"), planted=planted, seed=5)
    for start in range(0, 1000, 100):
        caller.batch([f"1390000{n:04d}" for n in range(start, start + 100)])
    sandbox.courier.step()
    codes = [report["err_code"] for report in _reports(receiver)]
    assert 160 <= codes.count("MN:0001") <= 240
    assert 600 <= codes.count("DELIVERED") <= 680
    assert {"UNDELIV", "EXPIRED", "MK:0010", "REJECTD"} <= set(codes)
    assert all(report["success"] is (report["err_code"] == "DELIVERED") for report in _reports(receiver))


def test_reports_come_twice_on_demand(caller: Caller, sandbox: Sandbox, receiver: Receiver) -> None:
    caller.control("POST", "/control/faults", {"kind": "duplicate_receipts"})
    caller.send(PHONE)
    sandbox.courier.step()
    first, second = _reports(receiver)
    assert first == second


def test_reports_get_lost_on_demand(caller: Caller, sandbox: Sandbox, receiver: Receiver) -> None:
    caller.control("POST", "/control/faults", {"kind": "drop_receipts"})
    caller.send(PHONE)
    sandbox.courier.step()
    assert _reports(receiver) == []
    assert caller.details(PHONE)[0]["SendStatus"] == 3


def test_results_are_mixed_on_demand(caller: Caller, sandbox: Sandbox, receiver: Receiver) -> None:
    caller.control("POST", "/control/faults", {"kind": "mixed_results", "share": 0.5, "seed": 3})
    caller.batch([f"1390000{n:04d}" for n in range(100)])
    sandbox.courier.step()
    failed = [report for report in _reports(receiver) if not report["success"]]
    assert 35 <= len(failed) <= 65
    assert len({report["err_code"] for report in failed}) == 4


def test_without_a_callback_nothing_is_posted(tmp_path: Path, caller: Caller, sandbox: Sandbox) -> None:
    configure(tmp_path)
    caller.send(PHONE)
    assert sandbox.courier.step() is None
    assert caller.control("GET", "/control/summary")["reports"] == {"none": 1}


def test_a_reply_is_forwarded_and_r_ends_promotion(caller: Caller, sandbox: Sandbox, receiver: Receiver) -> None:
    caller.send(PHONE, PROMOTION)
    sandbox.courier.step()
    caller.control("POST", "/control/replies", {"phone": f"+86{PHONE}", "content": "r "})
    sandbox.courier.step()
    assert receiver.bodies("/callback")[-1] == [
        {
            "phone_number": PHONE,
            "send_time": "2026-03-02 10:00:00",
            "content": "r ",
            "sign_name": "鲜果里",
            "dest_code": "1069",
            "sequence_id": 1,
        }
    ]
    assert caller.send(PHONE, PROMOTION)["Code"] == "isv.CUSTOMER_REFUSED"
    assert caller.send(PHONE, NOTICE)["Code"] == "OK"
    assert caller.send(PHONE, CODE)["Code"] == "OK"


def test_other_replies_end_nothing(caller: Caller, sandbox: Sandbox) -> None:
    caller.control("POST", "/control/replies", {"phone": PHONE, "content": "谢谢"})
    assert caller.send(PHONE, PROMOTION)["Code"] == "OK"


def test_a_refusal_inside_a_batch_comes_with_its_report(caller: Caller, sandbox: Sandbox, receiver: Receiver) -> None:
    caller.control("POST", "/control/replies", {"phone": PHONE})
    caller.batch([PHONE, "13900000002"], PROMOTION)
    sandbox.courier.step()
    reports = [item for item in _reports(receiver) if "success" in item]
    assert {item["phone_number"]: item["err_code"] for item in reports} == {
        PHONE: "isv.CUSTOMER_REFUSED",
        "13900000002": "DELIVERED",
    }


def test_replies_have_an_address_of_their_own_if_set(
    tmp_path: Path, caller: Caller, sandbox: Sandbox, receiver: Receiver
) -> None:
    configure(tmp_path, sms_callback_url=receiver.url("/callback"), sms_reply_url=receiver.url("/replies"))
    caller.control("POST", "/control/replies", {"phone": PHONE})
    sandbox.courier.step()
    assert receiver.paths() == ["/replies"]


def test_a_restart_delivers_and_reports_what_was_accepted(
    tmp_path: Path, caller: Caller, sandbox: Sandbox, receiver: Receiver, clock: HeldClock
) -> None:
    caller.batch([f"1390000{n:04d}" for n in range(5)])
    again = Sandbox(tmp_path, clock=clock)
    again.start(background=False)
    try:
        again.courier.step()
    finally:
        again.stop()
    sandbox.courier.step()
    assert sorted(item["phone_number"] for item in _reports(receiver)) == [f"1390000{n:04d}" for n in range(5)]

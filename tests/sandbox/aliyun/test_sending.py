"""Sending and looking up, as the API documents them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.sandbox import CODE, NOTICE, PROMOTION, SIGN, Caller, HeldClock, configure

from siyu.sandbox.server import Sandbox

PHONE = "13900000001"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"PhoneNumbers": "12345"}, "isv.MOBILE_NUMBER_ILLEGAL"),
        ({"PhoneNumbers": f"{PHONE},12345"}, "isv.MOBILE_NUMBER_ILLEGAL"),
        ({"PhoneNumbers": ",".join([PHONE] * 1001)}, "isv.MOBILE_COUNT_OVER_LIMIT"),
        ({"PhoneNumbers": f"{PHONE},13900000002", "TemplateCode": CODE}, "isv.MOBILE_COUNT_OVER_LIMIT"),
        ({"SignName": "别人家"}, "isv.SMS_SIGNATURE_ILLEGAL"),
        ({"TemplateCode": "SMS_404"}, "isv.SMS_TEMPLATE_ILLEGAL"),
        ({"TemplateParam": "{"}, "isv.INVALID_JSON_PARAM"),
        ({"TemplateParam": "{}"}, "isv.TEMPLATE_MISSING_PARAMETERS"),
        ({"TemplateParam": '{"name":"http://a.b"}'}, "isv.PARAM_NOT_SUPPORT_URL"),
        ({"TemplateParam": json.dumps({"name": "长" * 40})}, "isv.PARAM_LENGTH_LIMIT"),
        ({"SmsUpExtendCode": "12a"}, "isv.EXTEND_CODE_ERROR"),
        ({"OutId": "x" * 256}, "isv.PARAM_LENGTH_LIMIT"),
    ],
)
def test_what_send_sms_refuses(caller: Caller, changes: dict[str, str], code: str) -> None:
    answer = caller.send(PHONE, **changes)
    assert (answer["status"], answer["Code"]) == (200, code)
    assert "BizId" not in answer
    assert caller.details(PHONE) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"PhoneNumberJson": "[]"}, "isv.MOBILE_COUNT_OVER_LIMIT"),
        ({"PhoneNumberJson": "no"}, "isv.INVALID_JSON_PARAM"),
        ({"PhoneNumberJson": "{}"}, "isv.INVALID_JSON_PARAM"),
        ({"SignNameJson": json.dumps([SIGN])}, "isv.INVALID_PARAMETERS"),
        ({"SignNameJson": json.dumps([SIGN, "别人家"])}, "isv.SMS_SIGNATURE_ILLEGAL"),
        ({"TemplateParamJson": '[{"name":"a"}]'}, "isv.INVALID_PARAMETERS"),
        ({"TemplateParamJson": '[{"name":"a"},{}]'}, "isv.TEMPLATE_MISSING_PARAMETERS"),
        ({"TemplateParamJson": '[{"name":"a"},"b"]'}, "isv.INVALID_JSON_PARAM"),
        ({"SmsUpExtendCodeJson": '["1"]'}, "isv.INVALID_PARAMETERS"),
        ({"SmsUpExtendCodeJson": '["1","x"]'}, "isv.EXTEND_CODE_ERROR"),
        ({"PhoneNumberJson": json.dumps([PHONE, "1"])}, "isv.MOBILE_NUMBER_ILLEGAL"),
    ],
)
def test_what_send_batch_sms_refuses_as_a_whole(caller: Caller, changes: dict[str, str], code: str) -> None:
    assert caller.batch([PHONE, "13900000002"], **changes)["Code"] == code
    assert caller.details(PHONE) == []


def test_a_batch_has_at_most_a_hundred_numbers(caller: Caller) -> None:
    numbers = [f"1390000{n:04d}" for n in range(101)]
    assert caller.batch(numbers)["Code"] == "isv.MOBILE_COUNT_OVER_LIMIT"
    assert caller.batch(numbers[:100])["Code"] == "OK"


def test_a_batch_is_matched_by_index_and_shares_one_biz_id(caller: Caller) -> None:
    answer = caller.batch(["13900000001", "13900000002"], TemplateParamJson='[{"name":"甲"},{"name":"乙"}]')
    messages = caller.control("GET", "/control/messages")["messages"]
    contents = [message["content"] for message in messages]
    assert contents == ["【鲜果里】甲您好，订单已备好", "【鲜果里】乙您好，订单已备好"]
    assert {message["biz_id"] for message in messages} == {answer["BizId"]}


def test_requests_have_distinct_biz_ids(caller: Caller) -> None:
    assert caller.send(PHONE)["BizId"] != caller.send(PHONE)["BizId"]


def test_promotion_without_the_opt_out_text_is_refused_even_if_it_was_entered(caller: Caller) -> None:
    body = {"code": "SMS_9", "name": "旧", "kind": "promotion", "content": "限时优惠 回T退订"}
    caller.control("POST", "/control/templates", body)
    assert caller.send(PHONE, "SMS_9")["Code"] == "isv.SMS_CONTENT_ILLEGAL"


@pytest.mark.parametrize("state", ["reviewing", "turned_down"])
def test_what_has_not_passed_its_review_cannot_be_used(caller: Caller, state: str) -> None:
    template = {"code": "SMS_9", "name": "新", "kind": "notification", "content": "您好", "state": state}
    caller.control("POST", "/control/templates", template)
    caller.control("POST", "/control/signs", {"name": "新签名", "state": state})
    assert caller.send(PHONE, "SMS_9")["Code"] == "isv.SMS_TEMPLATE_ILLEGAL"
    assert caller.send(PHONE, SignName="新签名")["Code"] == "isv.SMS_SIGNATURE_ILLEGAL"


def test_promotion_keeps_to_its_hours_if_they_are_set(tmp_path: Path, caller: Caller, clock: HeldClock) -> None:
    configure(tmp_path, marketing_window=("08:00", "20:00"))
    clock.forward(hours=12)
    assert caller.send(PHONE, PROMOTION)["Code"] == "isv.BUSINESS_LIMIT_CONTROL"
    assert caller.send(PHONE, NOTICE)["Code"] == "OK"


def test_details_tell_where_a_message_is(caller: Caller, sandbox: Sandbox, clock: HeldClock) -> None:
    caller.send(PHONE, OutId="out-7")
    waiting = caller.details(PHONE)
    clock.forward(seconds=1)
    sandbox.courier.step()
    delivered = caller.details(PHONE)
    common = {
        "PhoneNum": PHONE,
        "SendDate": "2026-03-02 10:00:00",
        "TemplateCode": NOTICE,
        "Content": "【鲜果里】小李您好，订单已备好",
        "OutId": "out-7",
    }
    assert waiting == [common | {"SendStatus": 1}]
    done = {"SendStatus": 3, "ErrCode": "DELIVERED", "ReceiveDate": "2026-03-02 10:00:01"}
    assert delivered == [common | done]


def test_details_are_paged_newest_first_and_filtered(caller: Caller) -> None:
    for number in range(5):
        last = caller.send(PHONE, OutId=f"out-{number}")
    pages = [caller.details(PHONE, PageSize="2", CurrentPage=str(page)) for page in (1, 2, 3, 4)]
    assert [[row["OutId"] for row in page] for page in pages] == [["out-4", "out-3"], ["out-2", "out-1"], ["out-0"], []]
    assert [row["OutId"] for row in caller.details(PHONE, BizId=last["BizId"])] == ["out-4"]
    assert caller.details("13900000002") == []


def test_details_belong_to_the_local_day(caller: Caller, clock: HeldClock) -> None:
    clock.forward(hours=13, minutes=59)  # 23:59 in Shanghai
    caller.send(PHONE, OutId="before")
    clock.forward(minutes=1)
    caller.send(PHONE, OutId="after")
    assert [row["OutId"] for row in caller.details(PHONE, SendDate="20260302")] == ["before"]
    assert [row["OutId"] for row in caller.details(PHONE, SendDate="20260303")] == ["after"]


@pytest.mark.parametrize(
    "changes",
    [
        {"SendDate": "2026-03-02"},
        {"SendDate": "20260130"},
        {"SendDate": "20260303"},
        {"PageSize": "0"},
        {"PageSize": "51"},
        {"PageSize": "x"},
        {"CurrentPage": "0"},
    ],
)
def test_impossible_look_ups(caller: Caller, changes: dict[str, Any]) -> None:
    values = {"PhoneNumber": PHONE, "SendDate": "20260302", "PageSize": "10", "CurrentPage": "1"} | changes
    assert caller.call("QuerySendDetails", **values)["Code"] == "isv.INVALID_PARAMETERS"

"""Applying for signatures and templates, and what becomes of the applications."""

from __future__ import annotations

from tests.support.sandbox import SIGN, Caller, HeldClock


def _apply(caller: Caller, content: str, kind: str = "2") -> str:
    values = {"TemplateType": kind, "TemplateName": "召回", "TemplateContent": content}
    return caller.call("CreateSmsTemplate", **values)["TemplateCode"]


def test_a_template_is_reviewed_by_the_rules_and_after_a_while(caller: Caller, clock: HeldClock) -> None:
    good, bad = _apply(caller, "会员专享优惠，拒收请回复R"), _apply(caller, "会员专享优惠")
    assert caller.call("GetSmsTemplate", TemplateCode=good)["TemplateStatus"] == "0"
    assert caller.send("13900000001", good)["Code"] == "isv.SMS_TEMPLATE_ILLEGAL"
    clock.forward(seconds=60)
    assert caller.call("GetSmsTemplate", TemplateCode=good)["TemplateStatus"] == "1"
    turned_down = caller.call("GetSmsTemplate", TemplateCode=bad)
    assert turned_down["TemplateStatus"] == "2"
    assert "拒收请回复R" in turned_down["AuditInfo"]["RejectInfo"]
    assert caller.send("13900000001", good)["Code"] == "OK"


def test_unknown_kinds_and_codes(caller: Caller) -> None:
    values = {"TemplateType": "9", "TemplateName": "a", "TemplateContent": "b"}
    assert caller.call("CreateSmsTemplate", **values)["Code"] == "isv.INVALID_PARAMETERS"
    assert caller.call("GetSmsTemplate", TemplateCode="SMS_404")["Code"] == "isv.SMS_TEMPLATE_ILLEGAL"


def test_templates_are_listed_page_by_page(caller: Caller, clock: HeldClock) -> None:
    code = _apply(caller, "您好", "1")
    first = caller.call("QuerySmsTemplateList", PageIndex="1", PageSize="3")
    second = caller.call("QuerySmsTemplateList", PageIndex="2", PageSize="3")
    assert [row["TemplateCode"] for row in first["SmsTemplateList"]] == ["SMS_1", "SMS_2", "SMS_3"]
    (last,) = second["SmsTemplateList"]
    assert (last["TemplateCode"], last["AuditStatus"]) == (code, "AUDIT_STATE_INIT")
    assert [row["OuterTemplateType"] for row in first["SmsTemplateList"]] == [0, 1, 2]
    assert first["TotalCount"] == 4
    assert caller.call("QuerySmsTemplateList", PageSize="51")["Code"] == "isv.INVALID_PARAMETERS"


def test_a_signature_is_reviewed(caller: Caller, clock: HeldClock) -> None:
    caller.call("CreateSmsSign", SignName="鲜果里好店")
    caller.call("CreateSmsSign", SignName="测试店")
    assert caller.call("CreateSmsSign", SignName=SIGN)["Code"] == "isv.SMS_SIGNATURE_ILLEGAL"
    clock.forward(seconds=60)
    rows = caller.call("QuerySmsSignList")["SmsSignList"]
    assert {row["SignName"]: row["AuditStatus"] for row in rows} == {
        SIGN: "AUDIT_STATE_PASS",
        "鲜果里好店": "AUDIT_STATE_PASS",
        "测试店": "AUDIT_STATE_NOT_PASS",
    }
    assert caller.send("13900000001", SignName="鲜果里好店")["Code"] == "OK"

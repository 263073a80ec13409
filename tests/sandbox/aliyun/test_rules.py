"""Reviewers' and gateway's decisions as tables."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from siyu.sandbox.aliyun import rules
from siyu.sandbox.aliyun.rules import Kind, Refused


@pytest.mark.parametrize(
    ("length", "units"), [(1, 1), (70, 1), (71, 2), (134, 2), (135, 3), (160, 3), (201, 3), (202, 4)]
)
def test_units_are_those_of_the_reference(length: int, units: int) -> None:
    """Vector V11 of the provider reference."""
    assert rules.units("鲜" * length) == units


def test_an_emoji_takes_two_places() -> None:
    assert rules.units("🍓" * 35) == 1
    assert rules.units("🍓" * 35 + "a") == 2


@pytest.mark.parametrize(
    ("kind", "content", "passes"),
    [
        (Kind.PROMOTION, "会员专享优惠，拒收请回复R", True),
        (Kind.PROMOTION, "会员专享优惠", False),
        (Kind.PROMOTION, "会员专享优惠，回T退订", False),
        (Kind.PROMOTION, "拒收请回复R，会员专享优惠", False),
        (Kind.PROMOTION, "参加抽奖，拒收请回复R", False),
        (Kind.NOTIFICATION, "您的订单已备好", True),
        (Kind.NOTIFICATION, "您的订单已备好，拒收请回复R", False),
        (Kind.NOTIFICATION, "限时优惠等您", False),
        (Kind.VERIFICATION, "验证码${code}", True),
        (Kind.NOTIFICATION, "${all}", False),
        (Kind.NOTIFICATION, "您好${a}${b}", False),
        (Kind.NOTIFICATION, "您好${a}、${b}", True),
        (Kind.NOTIFICATION, "【鲜果里】您好", False),
        (Kind.NOTIFICATION, "", False),
        (Kind.NOTIFICATION, "鲜" * 501, False),
    ],
)
def test_review_of_templates(kind: Kind, content: str, passes: bool) -> None:
    assert (rules.review_template("名称", kind, content) is None) is passes


@pytest.mark.parametrize(("name", "passes"), [("鲜果里", True), ("鲜", False), ("鲜 果", False), ("测试店", False)])
def test_review_of_signatures(name: str, passes: bool) -> None:
    assert (rules.review_sign(name) is None) is passes


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "isv.INVALID_JSON_PARAM"),
        ("[1]", "isv.INVALID_JSON_PARAM"),
        ('{"a": {}}', "isv.INVALID_JSON_PARAM"),
        ('{"a": true}', "isv.INVALID_JSON_PARAM"),
    ],
)
def test_variables_must_be_plain_json(text: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        rules.read_params(text)
    assert refused.value.code == code


def test_numbers_are_taken_as_text() -> None:
    assert rules.read_params('{"a": 1, "b": "x"}') == {"a": "1", "b": "x"}


@pytest.mark.parametrize(
    ("kind", "value", "code"),
    [
        (Kind.VERIFICATION, "1234567", "isv.TEMPLATE_PARAMS_ILLEGAL"),
        (Kind.VERIFICATION, "abc", "isv.TEMPLATE_PARAMS_ILLEGAL"),
        (Kind.NOTIFICATION, "鲜" * 36, "isv.PARAM_LENGTH_LIMIT"),
        (Kind.NOTIFICATION, "https://a.b/c", "isv.PARAM_NOT_SUPPORT_URL"),
        (Kind.NOTIFICATION, "www.shop.xyz", "isv.PARAM_NOT_SUPPORT_URL"),
        (Kind.NOTIFICATION, "shop.com/x", "isv.PARAM_NOT_SUPPORT_URL"),
    ],
)
def test_values_that_are_refused(kind: Kind, value: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        rules.render(kind, "鲜果里", "您好${a}。", {"a": value})
    assert refused.value.code == code


def test_rendering_adds_the_signature_and_needs_every_variable() -> None:
    assert rules.render(Kind.NOTIFICATION, "鲜果里", "${a}您好", {"a": "李", "z": "-"}) == "【鲜果里】李您好"
    with pytest.raises(Refused) as refused:
        rules.render(Kind.NOTIFICATION, "鲜果里", "${a}您好${b}", {"a": "李"})
    assert refused.value.code == "isv.TEMPLATE_MISSING_PARAMETERS"


def test_a_token_of_a_short_link_is_no_address() -> None:
    assert "/s/Ab3dE9xYz2" in rules.render(Kind.NOTIFICATION, "店", "看 http://a.cn/s/${t} 。", {"t": "Ab3dE9xYz2"})


@pytest.mark.parametrize(
    ("number", "national"),
    [
        ("13900000001", "13900000001"),
        ("+8613900000001", "13900000001"),
        ("008613900000001", "13900000001"),
        ("8613900000001", "13900000001"),
        ("12900000001", None),
        ("1390000001", None),
        ("+4479000000", None),
        ("", None),
    ],
)
def test_spellings_of_a_number(number: str, national: str | None) -> None:
    assert rules.national(number) == national


@pytest.mark.parametrize(
    ("hour_utc", "minute", "inside"), [(23, 59, False), (0, 0, True), (11, 59, True), (12, 0, False)]
)
def test_the_window_is_local_and_its_end_lies_outside(hour_utc: int, minute: int, inside: bool) -> None:
    moment = datetime(2026, 3, 2, hour_utc, minute, tzinfo=UTC)
    assert rules.inside_window(("08:00", "20:00"), moment) is inside
    assert rules.inside_window(None, moment)

"""The contract's own rules: batches, units, numbers."""

from __future__ import annotations

import pytest

from siyu.messaging.providers.base import (
    ProviderError,
    Reply,
    SmsMessage,
    check_batch,
    e164,
    full_text,
    sms_chars,
    sms_units,
)


def _message(number: int = 1, **changes: str) -> SmsMessage:
    values = {"sign_name": "鲜果里", "template_code": "SMS_1", "out_id": "out-1"} | changes
    return SmsMessage(phone_e164=f"+86139{number:08d}", params={}, **values)


def test_a_batch_that_keeps_its_promises() -> None:
    check_batch([_message(1), _message(2, sign_name="别名")], max_batch=2)


@pytest.mark.parametrize(
    "batch",
    [
        [],
        [_message(1), _message(2), _message(3)],
        [_message(1), _message(1)],
        [_message(1), _message(2, template_code="SMS_2")],
        [_message(1), _message(2, out_id="out-2")],
        [_message(1, out_id="")],
        [_message(1, out_id="x" * 256)],
    ],
)
def test_a_batch_that_does_not(batch: list[SmsMessage]) -> None:
    with pytest.raises(ValueError):
        check_batch(batch, max_batch=2)


@pytest.mark.parametrize(
    ("length", "units"), [(0, 1), (70, 1), (71, 2), (134, 2), (135, 3), (160, 3), (201, 3), (202, 4)]
)
def test_units_are_those_of_the_reference(length: int, units: int) -> None:
    """Vector V11 of the provider reference."""
    assert sms_units("鲜" * length) == units


def test_the_signature_counts_with_its_brackets() -> None:
    text = full_text("鲜果里", "a" * 65)
    assert (text[:5], sms_chars(text), sms_units(text)) == ("【鲜果里】", 70, 1)


def test_an_emoji_counts_twice() -> None:
    assert sms_chars("果🍓") == 3


@pytest.mark.parametrize(
    ("number", "wanted"),
    [
        ("13900000001", "+8613900000001"),
        (" +8613900000001", "+8613900000001"),
        ("008613900000001", "+8613900000001"),
        ("8613900000001", "+8613900000001"),
        ("23900000001", None),
        ("139000000011", None),
        ("", None),
    ],
)
def test_numbers_in_the_providers_spellings(number: str, wanted: str | None) -> None:
    assert e164(number) == wanted


@pytest.mark.parametrize(
    ("content", "refuses"), [("R", True), (" td ", True), ("退订", True), ("好的", False), ("R?", False)]
)
def test_words_that_refuse(content: str, refuses: bool) -> None:
    reply = Reply("+8613900000001", content, "", "", "1", None)
    assert reply.refuses is refuses


def test_the_error_says_whether_trying_again_can_help() -> None:
    error = ProviderError(reason="busy", permanent=False)
    assert (error.permanent, str(error)) == (False, "The message provider answered with an error: busy")

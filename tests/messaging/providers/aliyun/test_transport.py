"""The adapter with the official SDK against the stand-in, over real HTTP."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.sandbox import KEY_ID, KEY_SECRET, NOTICE, PROMOTION, SIGN, Caller, Receiver, configure

from siyu.kernel.clock import local_day, now
from siyu.kernel.settings import Settings
from siyu.messaging.providers.aliyun.callbacks import parse_callback, parse_receipts
from siyu.messaging.providers.aliyun.transport import AliyunSms
from siyu.messaging.providers.base import (
    DeliveryState,
    Fault,
    Ok,
    ProviderError,
    Rejected,
    SmsMessage,
    SmsProvider,
    Unknown,
)
from siyu.sandbox.aliyun.rules import ZONE
from siyu.sandbox.http import LoopbackServer, Response
from siyu.sandbox.server import Sandbox


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.stop()


@pytest.fixture
def sandbox(tmp_path: Path, receiver: Receiver) -> Iterator[Sandbox]:
    configure(tmp_path, sms_callback_url=receiver.url("/callback"))
    sandbox = Sandbox(tmp_path)
    sandbox.start(background=False)
    yield sandbox
    sandbox.stop()


@pytest.fixture
def control(sandbox: Sandbox) -> Caller:
    return Caller(sandbox, now)


def _adapter(port: int, **changes: object) -> AliyunSms:
    values = {"key_id": KEY_ID, "key_secret": KEY_SECRET, "read_timeout_ms": 300} | changes
    return AliyunSms(endpoint=f"127.0.0.1:{port}", protocol="http", **values)


@pytest.fixture
def sms(sandbox: Sandbox) -> SmsProvider:
    return _adapter(sandbox.port)


def _message(number: int = 1, template: str = NOTICE, **changes: object) -> SmsMessage:
    values = {"sign_name": SIGN, "params": {"name": f"客户{number}", "token": "Ab3"}, "out_id": "out-1"} | changes
    return SmsMessage(phone_e164=f"+86139{number:08d}", template_code=template, **values)


def _fault(control: Caller, kind: str, **more: object) -> None:
    assert control.control("POST", "/control/faults", {"kind": kind, "count": 1, **more})["status"] == 200


def _held(control: Caller) -> list[tuple[str, str, str]]:
    messages = control.control("GET", "/control/messages", limit="1000")["messages"]
    return [(message["phone"], message["content"], message["out_id"]) for message in messages]


def _today() -> object:
    return local_day(now(), ZONE)


def test_one_message(sms: SmsProvider, control: Caller) -> None:
    (result,) = sms.send([_message()])
    assert isinstance(result, Ok)
    assert result.biz_id.endswith("^0")
    assert _held(control) == [("13900000001", "【鲜果里】客户1您好，订单已备好", "out-1")]


def test_a_batch_is_one_request_with_one_biz_id(sms: SmsProvider, control: Caller) -> None:
    batch = [_message(number, PROMOTION, out_id="batch-9") for number in range(1, 101)]
    results = sms.send(batch)
    assert len(results) == 100
    assert len(set(results)) == 1
    assert isinstance(results[0], Ok)
    held = _held(control)
    assert [phone for phone, _, _ in held] == [message.phone_e164[3:] for message in batch]
    assert held[41][1] == "【鲜果里】客户42您好，点 http://127.0.0.1/s/Ab3 领券，拒收请回复R"
    assert {out_id for _, _, out_id in held} == {"batch-9"}


def test_texts_that_need_encoding_arrive_as_they_left(sms: SmsProvider, control: Caller) -> None:
    name = 'A&B=“c” +%~*\\"李'
    for count in (1, 2):
        batch = [_message(number, params={"name": name}, out_id=f"o-{count}") for number in range(1, count + 1)]
        assert isinstance(sms.send(batch)[0], Ok)
    assert {content for _, content, _ in _held(control)} == {f"【鲜果里】{name}您好，订单已备好"}


@pytest.mark.parametrize(
    ("changes", "code", "permanent", "fault"),
    [
        ({"sign_name": "别人家"}, "isv.SMS_SIGNATURE_ILLEGAL", True, Fault.CONTENT),
        ({"template_code": "SMS_404"}, "isv.SMS_TEMPLATE_ILLEGAL", True, Fault.CONTENT),
        ({"params": {}}, "isv.TEMPLATE_MISSING_PARAMETERS", True, Fault.CONTENT),
        ({"phone_e164": "+8612345"}, "isv.MOBILE_NUMBER_ILLEGAL", True, Fault.NUMBER),
    ],
)
def test_business_refusals(sms: SmsProvider, changes: dict, code: str, permanent: bool, fault: Fault) -> None:
    values = {"phone_e164": "+8613900000001", "sign_name": SIGN, "template_code": NOTICE, "params": {"name": "a"}}
    message = SmsMessage(out_id="out-1", **(values | changes))
    (result,) = sms.send([message])
    assert isinstance(result, Rejected)
    assert (result.code, result.permanent, result.fault) == (code, permanent, fault)


def test_too_often_is_for_later(sms: SmsProvider) -> None:
    results = [sms.send([_message(out_id=f"out-{n}")])[0] for n in range(51)]
    assert all(isinstance(result, Ok) for result in results[:50])
    assert results[50] == Rejected("isv.BUSINESS_LIMIT_CONTROL", False, "触发天级流控Permits:50", Fault.RATE)


def test_a_wrong_key_stops_the_channel_not_the_message(sandbox: Sandbox) -> None:
    for changes, code in (
        ({"key_secret": "wrong"}, "SignatureDoesNotMatch"),
        ({"key_id": "stranger"}, "InvalidAccessKeyId.NotFound"),
    ):
        (result,) = _adapter(sandbox.port, **changes).send([_message()])
        assert isinstance(result, Rejected)
        assert (result.code, result.permanent, result.fault) == (code, False, Fault.ACCOUNT)


def test_throttling_is_for_later(sms: SmsProvider, control: Caller) -> None:
    _fault(control, "throttling")
    (result,) = sms.send([_message()])
    assert isinstance(result, Rejected)
    assert (result.code, result.permanent, result.fault) == ("Throttling.User", False, Fault.RATE)


@pytest.mark.parametrize("size", [1, 3])
@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        ("timeout_before", False),
        ("timeout_after_accept", True),
        ("reset_before", False),
        ("reset_after_accept", True),
        ("http_500", False),
        ("http_503_after_accept", True),
        ("garbage", True),
        ("system_error", True),
    ],
)
def test_what_is_not_known_is_looked_up_and_never_sent_twice(
    sms: SmsProvider, control: Caller, sandbox: Sandbox, kind: str, sent: bool, size: int
) -> None:
    _fault(control, kind, seconds=2)
    batch = [_message(number, out_id="batch-7") for number in range(1, size + 1)]
    results = sms.send(batch)
    assert [type(result) for result in results] == [Unknown] * size
    found = sms.query(phone_e164=batch[-1].phone_e164, day=_today(), out_id="batch-7")
    assert (found is not None) is sent
    assert len(_held(control)) == (size if sent else 0)
    if found is not None:
        sandbox.courier.step()
        detail = sms.query(phone_e164=batch[-1].phone_e164, day=_today(), out_id="batch-7")
        assert detail is not None
        assert (found.state, detail.state) == (DeliveryState.WAITING, DeliveryState.DELIVERED)


def test_the_reason_of_not_knowing_is_told(sms: SmsProvider, control: Caller) -> None:
    reasons = {}
    for kind in ("timeout_before", "reset_before", "http_500", "garbage", "system_error"):
        _fault(control, kind, seconds=2)
        (result,) = sms.send([_message()])
        assert isinstance(result, Unknown)
        reasons[kind] = result.reason
    assert reasons == {
        "timeout_before": "no answer in time",
        "reset_before": "the connection broke",
        "http_500": "HTTP 500",
        "garbage": "an unreadable answer (JSONDecodeError)",
        "system_error": "isp.SYSTEM_ERROR 系统错误",
    }


def test_a_connection_that_never_stood_has_sent_nothing() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        (result,) = _adapter(closed.getsockname()[1]).send([_message()])
    assert result == Rejected("unreachable", False, "no connection to the provider", Fault.PROVIDER)


@pytest.mark.parametrize("body", [b"{}", b'{"Code":"OK"}', b"[]", b"[1]", b"", b"null", b"5"])
def test_an_answer_without_substance_is_not_known(body: bytes) -> None:
    server = LoopbackServer(lambda _: Response(200, body))
    server.start()
    try:
        (result,) = _adapter(server.port).send([_message()])
    finally:
        server.stop()
    assert isinstance(result, Unknown)


def test_a_look_up_with_an_empty_answer_is_no_clear_answer() -> None:
    server = LoopbackServer(lambda _: Response(200, b"{}"))
    server.start()
    try:
        with pytest.raises(ProviderError) as error:
            _adapter(server.port).query(phone_e164="+8613900000001", day=_today(), out_id="o")
    finally:
        server.stop()
    assert not error.value.permanent


@pytest.mark.parametrize("status", [400, 404, 502])
def test_an_error_page_of_a_gateway_is_not_known(status: int) -> None:
    server = LoopbackServer(lambda _: Response(status, b"<html>bad gateway</html>", "text/html"))
    server.start()
    try:
        (result,) = _adapter(server.port).send([_message()])
    finally:
        server.stop()
    assert isinstance(result, Unknown)


def test_a_look_up_by_either_id(sms: SmsProvider, sandbox: Sandbox) -> None:
    first, second = (sms.send([_message(out_id=f"out-{n}")])[0] for n in (1, 2))
    assert isinstance(first, Ok)
    assert isinstance(second, Ok)
    by_biz = sms.query(phone_e164="+8613900000001", day=_today(), biz_id=first.biz_id)
    by_out = sms.query(phone_e164="+8613900000001", day=_today(), out_id="out-2")
    assert by_biz is not None
    assert by_out is not None
    assert (by_biz.out_id, by_out.out_id) == ("out-1", "out-2")
    assert (by_out.phone_e164, by_out.template_code) == ("+8613900000001", NOTICE)
    assert by_out.sent_at is not None
    assert abs((now() - by_out.sent_at).total_seconds()) < 60
    assert by_out.received_at is None


def test_a_look_up_reads_all_pages(tmp_path: Path, sms: SmsProvider) -> None:
    configure(tmp_path, whitelist=("13900000001",))
    for number in range(120):
        sms.send([_message(out_id=f"out-{number}")])
    oldest = sms.query(phone_e164="+8613900000001", day=_today(), out_id="out-0")
    assert oldest is not None
    assert oldest.out_id == "out-0"
    assert sms.query(phone_e164="+8613900000001", day=_today(), out_id="out-none") is None


def test_a_look_up_without_a_clear_answer(sandbox: Sandbox, sms: SmsProvider) -> None:
    with pytest.raises(ValueError):
        sms.query(phone_e164="+8613900000001", day=_today())
    with pytest.raises(ProviderError) as wrong_key:
        _adapter(sandbox.port, key_secret="x").query(phone_e164="+8613900000001", day=_today(), out_id="o")
    with pytest.raises(ProviderError) as wrong_day:
        sms.query(phone_e164="+8613900000001", day=_today().replace(year=2020), out_id="o")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        away = _adapter(closed.getsockname()[1])
        with pytest.raises(ProviderError) as unreachable:
            away.query(phone_e164="+8613900000001", day=_today(), out_id="o")
    assert [error.value.permanent for error in (wrong_key, wrong_day, unreachable)] == [False, True, False]


def test_receipts_find_their_messages_even_if_the_answer_was_lost(
    sms: SmsProvider, control: Caller, sandbox: Sandbox, receiver: Receiver
) -> None:
    """By out_id and phone, chosen before the send; repeats have the same key."""
    _fault(control, "timeout_after_accept", seconds=2)
    control.control("POST", "/control/faults", {"kind": "duplicate_receipts"})
    batch = [_message(number, out_id="batch-8") for number in range(1, 4)]
    assert isinstance(sms.send(batch)[0], Unknown)
    sandbox.courier.step()
    receipts = [receipt for request in receiver.requests for receipt in parse_receipts(request.body)]
    wanted = {("batch-8", message.phone_e164) for message in batch}
    assert {(receipt.out_id, receipt.phone_e164) for receipt in receipts} == wanted
    assert (len(receipts), len({receipt.dedupe_key for receipt in receipts})) == (6, 3)
    assert {receipt.state for receipt in receipts} == {DeliveryState.DELIVERED}


def test_a_reply_comes_over_the_same_callback(
    sms: SmsProvider, control: Caller, sandbox: Sandbox, receiver: Receiver
) -> None:
    sms.send([_message(1, PROMOTION)])
    sandbox.courier.step()
    control.control("POST", "/control/replies", {"phone": "13900000001", "content": "R"})
    sandbox.courier.step()
    (reply,) = parse_callback(receiver.requests[-1].body).replies
    assert (reply.phone_e164, reply.refuses, reply.sign_name) == ("+8613900000001", True, SIGN)
    (result,) = sms.send([_message(1, PROMOTION, out_id="out-2")])
    assert isinstance(result, Rejected)
    assert (result.code, result.fault) == ("isv.CUSTOMER_REFUSED", Fault.REFUSED)


def test_units_are_what_the_provider_bills(sms: SmsProvider, sandbox: Sandbox, receiver: Receiver) -> None:
    sms.send([_message(1, PROMOTION)])
    sandbox.courier.step()
    (receipt,) = parse_receipts(receiver.requests[0].body)
    assert receipt.sms_size == sms.units("【鲜果里】客户1您好，点 http://127.0.0.1/s/Ab3 领券，拒收请回复R") == 1


def test_the_batch_must_keep_its_promises(sms: SmsProvider) -> None:
    with pytest.raises(ValueError):
        sms.send([_message(1), _message(1)])
    with pytest.raises(ValueError):
        _adapter(1, max_batch=2).send([_message(n) for n in range(3)])


def test_the_settings_name_the_provider(sandbox: Sandbox, control: Caller) -> None:
    settings = Settings(
        aliyun_sms_endpoint=f"127.0.0.1:{sandbox.port}",
        aliyun_sms_protocol="http",
        aliyun_sms_key_id=KEY_ID,
        aliyun_sms_key_secret=KEY_SECRET,
    )
    assert isinstance(AliyunSms.from_settings(settings).send([_message()])[0], Ok)


def test_a_process_that_does_not_send_does_not_load_the_sdk() -> None:
    program = (
        "import sys, siyu.messaging.providers.aliyun.transport as t, siyu.messaging.providers.aliyun.callbacks\n"
        "t.AliyunSms(key_id='a', key_secret='b')\n"
        "sys.exit(any(name.startswith(('alibabacloud', 'Tea', 'requests', 'aiohttp')) for name in sys.modules))"
    )
    environment = {"PYTHONPATH": ":".join(sys.path)}
    assert subprocess.run([sys.executable, "-c", program], env=environment, check=False).returncode == 0

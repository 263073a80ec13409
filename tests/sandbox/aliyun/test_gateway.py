"""Who gets in and who does not."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from datetime import UTC, datetime

import pytest
from tests.support.sandbox import KEY_ID, KEY_SECRET, NOTICE, SIGN, Caller, HeldClock, form

from siyu.sandbox.aliyun import signing
from siyu.sandbox.http import HangUp, Request
from siyu.sandbox.server import Sandbox

PARAMS = {"PhoneNumbers": "13900000001", "SignName": SIGN, "TemplateCode": NOTICE, "TemplateParam": '{"name":"李"}'}


def test_a_signed_request_is_accepted_and_answers_like_the_provider(caller: Caller) -> None:
    answer = caller.call("SendSms", **PARAMS)
    assert (answer["status"], answer["Code"], answer["Message"]) == (200, "OK", "OK")
    assert answer["BizId"].endswith("^0")
    assert len(answer["RequestId"]) == 32


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"x_acs_version": "2016-01-01"}, 400, "InvalidVersion"),
        ({"x_acs_action": "SendFax"}, 404, "InvalidAction.NotFound"),
        ({"x_acs_date": "2026-03-02T01:44:59Z"}, 400, "InvalidTimeStamp.Expired"),
        ({"x_acs_date": "2026-03-02T02:15:01Z"}, 400, "InvalidTimeStamp.Expired"),
        ({"x_acs_date": "yesterday"}, 400, "InvalidTimeStamp.Format"),
        ({"x_acs_signature_nonce": ""}, 400, "SignatureDoesNotMatch"),
        ({"x_acs_content_sha256": "0" * 64}, 400, "SignatureDoesNotMatch"),
    ],
)
def test_what_the_gateway_turns_away(caller: Caller, headers: dict[str, str], status: int, code: str) -> None:
    answer = caller.answer(caller.request("SendSms", PARAMS, **headers))
    assert (answer["status"], answer["Code"]) == (status, code)
    assert set(answer) == {"status", "Code", "Message", "RequestId", "HostId"}


def test_the_clock_may_be_fifteen_minutes_off(caller: Caller, clock: HeldClock) -> None:
    early = caller.request("SendSms", PARAMS, x_acs_date="2026-03-02T01:45:00Z")
    assert caller.answer(early)["Code"] == "OK"


def test_a_nonce_is_good_once(caller: Caller) -> None:
    request = caller.request("SendSms", PARAMS)
    assert caller.answer(request)["Code"] == "OK"
    assert caller.answer(request)["Code"] == "SignatureNonceUsed"


def test_a_false_signature_uses_up_no_nonce(caller: Caller) -> None:
    request = caller.request("SendSms", PARAMS)
    forged = dataclasses.replace(request, query={**PARAMS, "PhoneNumbers": "13900000002"})
    assert caller.answer(forged)["Code"] == "SignatureDoesNotMatch"
    assert caller.answer(request)["Code"] == "OK"


@pytest.mark.parametrize("name", ["host", "x-acs-action", "x-acs-date", "x-acs-signature-nonce"])
def test_headers_that_must_be_signed(caller: Caller, name: str) -> None:
    request = caller.request("SendSms", PARAMS)
    names = [other for other in request.headers if other not in (name, "authorization")]
    canonical = signing.canonical_request(
        method="POST", path="/", query=PARAMS, headers=request.headers, signed=names, body=b""
    )
    signature = signing.acs3_signature(KEY_SECRET, canonical)
    header = f"ACS3-HMAC-SHA256 Credential={KEY_ID},SignedHeaders={';'.join(names)},Signature={signature}"
    weak = dataclasses.replace(request, headers={**request.headers, "authorization": header})
    assert caller.answer(weak)["Code"] == "SignatureDoesNotMatch"


def test_an_unknown_key_and_no_signature_at_all(caller: Caller) -> None:
    request = caller.request("SendSms", PARAMS)
    other = request.headers["authorization"].replace(KEY_ID, "stranger")
    unknown = dataclasses.replace(request, headers={**request.headers, "authorization": other})
    bare = dataclasses.replace(request, headers={"host": "x"})
    answer = caller.answer(unknown)
    assert (answer["status"], answer["Code"]) == (404, "InvalidAccessKeyId.NotFound")
    assert caller.answer(bare)["Code"] == "IncompleteSignature"


def test_a_sandbox_without_settings_knows_nobody(tmp_path_factory: pytest.TempPathFactory, clock: HeldClock) -> None:
    empty = Sandbox(tmp_path_factory.mktemp("bare"), clock=clock)
    empty.start(background=False)
    try:
        assert Caller(empty, clock).call("SendSms", **PARAMS)["Code"] == "InvalidAccessKeyId.NotFound"
    finally:
        empty.stop()


@pytest.mark.parametrize("missing", ["PhoneNumbers", "SignName", "TemplateCode"])
def test_a_missing_parameter_is_an_http_error(caller: Caller, missing: str) -> None:
    answer = caller.call("SendSms", **{**PARAMS, missing: ""})
    assert (answer["status"], answer["Code"]) == (400, f"Missing{missing}")


def _rpc_request(clock: HeldClock, method: str, **changes: str) -> Request:
    params = {
        "Action": "SendSms",
        "Version": "2017-05-25",
        "AccessKeyId": KEY_ID,
        "SignatureMethod": "HMAC-SHA1",
        "SignatureVersion": "1.0",
        "SignatureNonce": "old-1",
        "Timestamp": f"{clock():%Y-%m-%dT%H:%M:%SZ}",
        **PARAMS,
        **changes,
    }
    params["Signature"] = signing.rpc_signature(KEY_SECRET, method, params)
    if method == "GET":
        return Request("GET", "/", params, {"host": "x"})
    headers = {"host": "x", "content-type": "application/x-www-form-urlencoded"}
    return Request("POST", "/", {}, headers, form(params))


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_older_clients_sign_in_their_own_way(caller: Caller, clock: HeldClock, method: str) -> None:
    request = _rpc_request(clock, method)
    assert caller.answer(request)["Code"] == "OK"
    assert caller.answer(request)["Code"] == "SignatureNonceUsed"


def test_older_signatures_are_checked_too(caller: Caller, clock: HeldClock) -> None:
    request = _rpc_request(clock, "GET")
    forged = dataclasses.replace(request, query={**request.query, "PhoneNumbers": "13900000009"})
    assert caller.answer(forged)["Code"] == "SignatureDoesNotMatch"
    late = _rpc_request(clock, "GET", Timestamp="2026-03-02T01:00:00Z")
    assert caller.answer(late)["Code"] == "InvalidTimeStamp.Expired"


def test_a_form_body_counts_as_parameters_and_is_signed_by_its_hash(caller: Caller) -> None:
    arrays = {"PhoneNumberJson": ["13900000001"], "SignNameJson": [SIGN], "TemplateParamJson": [{"name": "李"}]}
    body = form({name: json.dumps(values) for name, values in arrays.items()})
    request = caller.request(
        "SendBatchSms",
        {"TemplateCode": NOTICE},
        x_acs_content_sha256=hashlib.sha256(body).hexdigest(),
        content_type="application/x-www-form-urlencoded",
    )
    names = sorted(name for name in request.headers if name != "authorization")
    canonical = signing.canonical_request(
        method="POST", path="/", query=request.query, headers=request.headers, signed=names, body=body
    )
    signature = signing.acs3_signature(KEY_SECRET, canonical)
    header = f"ACS3-HMAC-SHA256 Credential={KEY_ID},SignedHeaders={';'.join(names)},Signature={signature}"
    signed = dataclasses.replace(request, body=body, headers={**request.headers, "authorization": header})
    changed = dataclasses.replace(signed, body=body.replace(b"00001", b"00002"))
    assert caller.answer(changed)["Code"] == "SignatureDoesNotMatch"
    assert caller.answer(signed)["Code"] == "OK"


@pytest.mark.parametrize(
    ("kind", "status", "code", "accepted"),
    [
        ("http_500", 500, "InternalError", 0),
        ("http_503_after_accept", 503, "ServiceUnavailable", 1),
        ("throttling", 400, "Throttling.User", 0),
        ("business_limit", 200, "isv.BUSINESS_LIMIT_CONTROL", 0),
        ("amount_not_enough", 200, "isv.AMOUNT_NOT_ENOUGH", 0),
        ("system_error", 200, "isp.SYSTEM_ERROR", 1),
    ],
)
def test_faults_that_answer(caller: Caller, kind: str, status: int, code: str, accepted: int) -> None:
    caller.control("POST", "/control/faults", {"kind": kind, "count": 1})
    answer = caller.send("13900000001")
    assert (answer["status"], answer["Code"]) == (status, code)
    assert len(caller.details("13900000001")) == accepted
    assert caller.send("13900000001")["Code"] == "OK"


@pytest.mark.parametrize(
    ("kind", "accepted"),
    [("reset_before", 0), ("reset_after_accept", 1), ("timeout_before", 0), ("timeout_after_accept", 1)],
)
def test_faults_that_keep_silent(caller: Caller, kind: str, accepted: int) -> None:
    caller.control("POST", "/control/faults", {"kind": kind, "count": 1, "seconds": 0.01})
    with pytest.raises(HangUp):
        caller.send("13900000001")
    assert len(caller.details("13900000001")) == accepted


def test_the_share_of_a_fault_follows_its_seed(caller: Caller) -> None:
    caller.control("POST", "/control/faults", {"kind": "throttling", "share": 0.3, "seed": 7})
    first = [caller.send(f"1390000{n:04d}")["Code"] for n in range(40)]
    caller.control("POST", "/control/faults", {"kind": "throttling", "share": 0.3, "seed": 7})
    again = [caller.send(f"1390000{n:04d}")["Code"] for n in range(40)]
    assert first == again
    assert 4 <= first.count("Throttling.User") <= 20


def test_time_is_utc_whatever_the_zone_of_the_clock(caller: Caller, clock: HeldClock) -> None:
    clock.moment = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
    assert caller.send("13900000001")["Code"] == "OK"

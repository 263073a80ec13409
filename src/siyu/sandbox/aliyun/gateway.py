"""The door of the stand-in: who asks, whether the signature holds, which action is meant, and faults on
demand.

What fails here is HTTP 4xx, which the SDK raises. What an action refuses is HTTP 200 with a code other than
OK.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from siyu.kernel.clock import to_millis
from siyu.sandbox.aliyun import signing
from siyu.sandbox.aliyun.registry import Registry
from siyu.sandbox.aliyun.rules import Refused
from siyu.sandbox.aliyun.sending import Sending
from siyu.sandbox.config import SandboxConfig
from siyu.sandbox.faults import Fault, FaultBoard
from siyu.sandbox.http import HangUp, Request, Response, json_response
from siyu.sandbox.store import Store

VERSION = "2017-05-25"
# How far a request's own time may lie from ours, and how long a nonce is remembered for it.
MAX_CLOCK_SKEW = timedelta(minutes=15)
_MANDATORY = {
    "SendSms": ("PhoneNumbers", "SignName", "TemplateCode"),
    "SendBatchSms": ("PhoneNumberJson", "SignNameJson", "TemplateCode"),
    "QuerySendDetails": ("PhoneNumber", "SendDate", "PageSize", "CurrentPage"),
    "CreateSmsTemplate": ("TemplateType", "TemplateName", "TemplateContent"),
    "GetSmsTemplate": ("TemplateCode",),
    "CreateSmsSign": ("SignName",),
}
_SENDING_ACTIONS = frozenset({"SendSms", "SendBatchSms"})
_BEFORE = ("reset_before", "timeout_before", "http_500", "throttling", "business_limit", "amount_not_enough")
_AFTER = ("reset_after_accept", "timeout_after_accept", "http_503_after_accept", "garbage", "system_error")


class Turned(Exception):
    """The gateway turns a request away: an HTTP error with a code."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message


class Gateway:
    """Answers requests to the API's single path."""

    def __init__(
        self,
        store: Store,
        config: Callable[[], SandboxConfig],
        clock: Callable[[], datetime],
        faults: FaultBoard,
        accepted: Callable[[], None],
    ) -> None:
        self._store = store
        self._config = config
        self._clock = clock
        self._faults = faults
        self._accepted = accepted
        self._stopped = threading.Event()
        self.registry = Registry(store, config, clock)
        sending = Sending(store, self.registry, config, clock)
        self._actions: dict[str, Callable[[Mapping[str, str]], dict[str, Any]]] = {
            "SendSms": sending.send_sms,
            "SendBatchSms": sending.send_batch_sms,
            "QuerySendDetails": sending.query_send_details,
            "CreateSmsSign": self.registry.create_sign,
            "QuerySmsSignList": self.registry.list_signs,
            "CreateSmsTemplate": self.registry.create_template,
            "QuerySmsTemplateList": self.registry.list_templates,
            "GetSmsTemplate": self.registry.get_template,
        }

    def handle(self, request: Request) -> Response:
        """Answers one request to ``/``; raises HangUp when a fault wants silence."""
        request_id = secrets.token_hex(16).upper()
        try:
            params = _params(request)
            action = request.headers.get("x-acs-action") or params.get("Action", "")
            self._check_caller(request, params)
            self._check_action(action, request.headers.get("x-acs-version") or params.get("Version", ""), params)
            answer = self._run(action, params)
        except Turned as error:
            host = request.headers.get("host", "")
            body = {"RequestId": request_id, "HostId": host, "Code": error.code, "Message": error.message}
            return json_response(error.status, body)
        except Refused as refused:
            answer = {"Code": refused.code, "Message": refused.message}
        return answer if isinstance(answer, Response) else json_response(200, {**answer, "RequestId": request_id})

    def stop(self) -> None:
        """Ends the silences that are going on."""
        self._stopped.set()

    def _run(self, action: str, params: Mapping[str, str]) -> dict[str, Any] | Response:
        sends = action in _SENDING_ACTIONS
        if sends:
            self._strike(self._faults.strikes(*_BEFORE))
        answer = {"Code": "OK", "Message": "OK", **self._actions[action](params)}
        if not sends:
            return answer
        self._accepted()
        fault = self._faults.strikes(*_AFTER)
        if fault is not None and fault.kind == "garbage":
            return Response(200, b"<html>gateway</html>", "text/html")
        self._strike(fault)
        return answer

    def _strike(self, fault: Fault | None) -> None:
        """Does to the request what the fault asks for."""
        if fault is None:
            return
        if fault.kind.startswith("timeout"):
            self._stopped.wait(fault.seconds)
            raise HangUp
        if fault.kind.startswith("reset"):
            raise HangUp
        if fault.kind == "http_500":
            raise Turned(500, "InternalError", "The request processing has failed due to some unknown error.")
        if fault.kind == "http_503_after_accept":
            raise Turned(503, "ServiceUnavailable", "The request has failed due to a temporary failure.")
        if fault.kind == "throttling":
            raise Turned(400, "Throttling.User", "Request was denied due to user flow control.")
        raise Refused(*_BUSINESS_FAULTS[fault.kind])

    def _check_action(self, action: str, version: str, params: Mapping[str, str]) -> None:
        if version != VERSION:
            raise Turned(400, "InvalidVersion", "Specified parameter Version is not valid.")
        if action not in self._actions:
            raise Turned(404, "InvalidAction.NotFound", "Specified api is not found.")
        for name in _MANDATORY.get(action, ()):
            if not params.get(name):
                raise Turned(400, f"Missing{name}", f"{name} is mandatory for this action.")

    def _check_caller(self, request: Request, params: Mapping[str, str]) -> None:
        """Key, time, signature, nonce, in this order: a nonce is only used up by who holds the secret."""
        if "Signature" in params:
            key_id, nonce = params.get("AccessKeyId", ""), params.get("SignatureNonce", "")
            self._check_key(key_id)
            self._check_time(params.get("Timestamp", ""))
            wanted = signing.rpc_signature(self._config().aliyun_key_secret, request.method, params)
            given = params["Signature"]
        else:
            key_id, signed, given = self._authorization(request)
            nonce = request.headers.get("x-acs-signature-nonce", "")
            self._check_key(key_id)
            self._check_time(request.headers.get("x-acs-date", ""))
            wanted = self._acs3(request, signed)
        if not nonce or not signing.same(given, wanted):
            raise Turned(400, "SignatureDoesNotMatch", "Specified signature is not matched with our calculation.")
        self._use_nonce(key_id, nonce)

    def _authorization(self, request: Request) -> tuple[str, list[str], str]:
        parsed = signing.parse_authorization(request.headers.get("authorization", ""))
        if parsed is None:
            message = "The request signature does not conform to Aliyun standards."
            raise Turned(400, "IncompleteSignature", message)
        return parsed

    def _acs3(self, request: Request, signed: list[str]) -> str:
        must = {"host"} | {name for name in request.headers if name.startswith("x-acs-")}
        if not must <= set(signed):
            return ""
        canonical = signing.canonical_request(
            method=request.method,
            path=request.path,
            query=request.query,
            headers=request.headers,
            signed=signed,
            body=request.body,
        )
        # The announced hash of the body is a signed header; it has to be that of the body that came.
        if canonical.rpartition("\n")[2] != request.headers.get("x-acs-content-sha256", "").lower():
            return ""
        return signing.acs3_signature(self._config().aliyun_key_secret, canonical)

    def _check_key(self, key_id: str) -> None:
        if not key_id or key_id != self._config().aliyun_key_id:
            raise Turned(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")

    def _check_time(self, text: str) -> None:
        try:
            moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        except ValueError:
            raise Turned(400, "InvalidTimeStamp.Format", "Specified time stamp is not well formatted.") from None
        if abs(self._clock() - moment) > MAX_CLOCK_SKEW:
            raise Turned(400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")

    def _use_nonce(self, key_id: str, nonce: str) -> None:
        moment = self._clock()
        with self._store.transaction() as db:
            # Requests older than twice the skew fail by their time, so their nonces may be forgotten.
            db.execute("DELETE FROM nonces WHERE seen_at_ms < ?", (to_millis(moment - 2 * MAX_CLOCK_SKEW),))
            cursor = db.execute(
                "INSERT OR IGNORE INTO nonces VALUES (?, ?, ?)", (key_id, nonce, to_millis(moment))
            )
        if cursor.rowcount == 0:
            raise Turned(400, "SignatureNonceUsed", "Specified signature nonce was used already.")


_BUSINESS_FAULTS = {
    "system_error": ("isp.SYSTEM_ERROR", "系统错误"),
    "business_limit": ("isv.BUSINESS_LIMIT_CONTROL", "触发天级流控Permits:50"),
    "amount_not_enough": ("isv.AMOUNT_NOT_ENOUGH", "账户余额不足"),
}


def _params(request: Request) -> dict[str, str]:
    """Query and form together: the SDK puts what is long into the body."""
    params = dict(request.query)
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        params |= dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    return params

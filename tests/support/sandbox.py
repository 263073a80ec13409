"""A sandbox under a held clock, a caller that signs for it, and a receiver that plays the brand's side."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from siyu.sandbox import config as sandbox_config
from siyu.sandbox.aliyun import signing
from siyu.sandbox.config import Planted, SandboxConfig, SignSeed, TemplateSeed
from siyu.sandbox.http import HangUp, LoopbackServer, Request, Response, json_response
from siyu.sandbox.server import Sandbox

KEY_ID, KEY_SECRET = "test-key", "test-secret"
SIGN = "鲜果里"
CODE, NOTICE, PROMOTION = "SMS_1", "SMS_2", "SMS_3"
TEMPLATES = (
    TemplateSeed(CODE, "登录", "verification", "您的验证码为${code}，请勿告知他人"),
    TemplateSeed(NOTICE, "备货", "notification", "${name}您好，订单已备好"),
    TemplateSeed(PROMOTION, "召回", "promotion", "${name}您好，点 http://127.0.0.1/s/${token} 领券，拒收请回复R"),
)
CERTAIN = Planted(click_rate=1, base_rate=0, lift=1, dead_share=0, failed_share=0)


class HeldClock:
    """A clock that moves when told to."""

    def __init__(self, moment: datetime = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment

    def forward(self, **span: float) -> None:
        self.moment += timedelta(**span)


def configure(home: Path, **changes: Any) -> SandboxConfig:
    """Writes the settings of a sandbox with one signature, three templates and certain people."""
    values = {
        "aliyun_key_id": KEY_ID,
        "aliyun_key_secret": KEY_SECRET,
        "signs": (SignSeed(SIGN),),
        "templates": TEMPLATES,
        "planted": CERTAIN,
        "delivery_seconds": (0.0, 0.0),
        "speed": 1.0,
    }
    config = SandboxConfig(**(values | changes))
    sandbox_config.write(home, config)
    return config


class Caller:
    """Signs requests like the SDK and hands them to a sandbox without a network between."""

    def __init__(self, sandbox: Sandbox, clock: Callable[[], datetime]) -> None:
        self.sandbox = sandbox
        self.clock = clock
        self._nonces = itertools.count()

    def request(self, action: str, params: dict[str, str], **headers: str) -> Request:
        """A signed request; `headers` (underscores for dashes) replace the usual ones before signing."""
        values = {
            "host": "dysmsapi.aliyuncs.com",
            "accept": "application/json",
            "x-acs-action": action,
            "x-acs-version": "2017-05-25",
            "x-acs-date": f"{self.clock():%Y-%m-%dT%H:%M:%SZ}",
            "x-acs-signature-nonce": f"nonce-{next(self._nonces)}",
            "x-acs-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        } | {name.replace("_", "-"): value for name, value in headers.items()}
        names = sorted(values)
        canonical = signing.canonical_request(
            method="POST", path="/", query=params, headers=values, signed=names, body=b""
        )
        signature = signing.acs3_signature(KEY_SECRET, canonical)
        values["authorization"] = (
            f"ACS3-HMAC-SHA256 Credential={KEY_ID},SignedHeaders={';'.join(names)},Signature={signature}"
        )
        return Request("POST", "/", params, values)

    def call(self, action: str, **params: str) -> dict[str, Any]:
        """The JSON answer of one action, with its HTTP status under ``status``."""
        return self.answer(self.request(action, params))

    def answer(self, request: Request) -> dict[str, Any]:
        response = self.sandbox.handle(request)
        return json.loads(response.body) | {"status": response.status}

    def send(self, phone: str, template: str = NOTICE, **changes: str) -> dict[str, Any]:
        """SendSms with variables that fit every template."""
        params = {"name": "小李", "token": "abc", "code": "123456"}
        values = {
            "PhoneNumbers": phone,
            "SignName": SIGN,
            "TemplateCode": template,
            "TemplateParam": json.dumps(params),
            "OutId": "out-1",
        } | changes
        return self.call("SendSms", **values)

    def batch(self, phones: list[str], template: str = NOTICE, **changes: str) -> dict[str, Any]:
        params = {"name": "小李", "token": "abc", "code": "123456"}
        values = {
            "PhoneNumberJson": json.dumps(phones),
            "SignNameJson": json.dumps([SIGN] * len(phones)),
            "TemplateCode": template,
            "TemplateParamJson": json.dumps([params] * len(phones)),
            "OutId": "out-1",
        } | changes
        return self.call("SendBatchSms", **values)

    def details(self, phone: str, **changes: str) -> list[dict[str, Any]]:
        day = self.clock().astimezone(signing_zone())
        values = {"PhoneNumber": phone, "SendDate": f"{day:%Y%m%d}", "PageSize": "50", "CurrentPage": "1"} | changes
        return self.call("QuerySendDetails", **values)["SmsSendDetailDTOs"]["SmsSendDetailDTO"]

    def control(self, method: str, path: str, body: Any = None, **query: str) -> dict[str, Any]:
        headers = {"host": "127.0.0.1:1", "content-type": "application/json"}
        raw = b"" if body is None else json.dumps(body).encode()
        return self.answer(Request(method, path, query, headers, raw))


def signing_zone() -> Any:
    from siyu.sandbox.aliyun.rules import ZONE

    return ZONE


class Receiver:
    """The brand's side over real HTTP: keeps what it is sent and answers as `answers` says, by path."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.answers: dict[str, Callable[[Request], Response]] = {}
        self._lock = threading.Lock()
        self._server = LoopbackServer(self._handle)
        self._server.start()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self._server.port}{path}"

    def bodies(self, path: str) -> list[Any]:
        """The decoded JSON bodies that came to a path, in order."""
        with self._lock:
            return [request.json() for request in self.requests if request.path == path]

    def paths(self) -> list[str]:
        with self._lock:
            return [request.path for request in self.requests]

    def stop(self) -> None:
        self._server.stop()

    def _handle(self, request: Request) -> Response:
        with self._lock:
            self.requests.append(request)
        answer = self.answers.get(request.path)
        return answer(request) if answer else json_response(200, {"code": 0, "msg": "接收成功"})


def hang_up(_: Request) -> Response:
    raise HangUp


def form(params: dict[str, str]) -> bytes:
    return urlencode(params).encode()


def write_people(path: Path, count: int) -> Path:
    """A people file of `count` persons with numbers 13900000001 and so on, and two products."""
    people = [
        {
            "id": number,
            "name": f"客户{number}",
            "phone": f"139{number:08d}",
            "member_no": f"VIP{number}",
            "city": "上海",
            "shop": "main",
        }
        for number in range(1, count + 1)
    ]
    products = [
        {"sku": "XG1", "title": "草莓", "price_fen": 3980},
        {"sku": "XG2", "title": "脐橙", "price_fen": 3290},
    ]
    path.write_text(json.dumps({"products": products, "people": people}, ensure_ascii=False))
    return path

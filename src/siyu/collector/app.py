"""The WSGI application: four public addresses and two for the operator. Whatever is acknowledged is on the disk.

    GET|HEAD /s/<token>                          302 to where the link leads; the visit is kept first
    POST     /callbacks/sms/aliyun/<secret>      delivery reports; acknowledged once kept
    POST     /v1/orders                          orders of a shop (write key); 202 once kept
    GET      /healthz   GET /metrics             liveness; counts, for this machine only
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import msgspec

from siyu.collector import bots, pages
from siyu.collector.http import (
    CALLBACK_BODY_BYTES,
    HTML,
    STATUS_LINES,
    InvalidBody,
    MalformedBody,
    Request,
    Response,
    WrongAddress,
    WrongKey,
    WrongMethod,
    json_response,
    problem,
)
from siyu.collector.links import Links, LinkTarget
from siyu.collector.metrics import Metrics
from siyu.ingest import gate, received
from siyu.ingest.inbox import Inbox, InboxUnavailable
from siyu.kernel import clock, ids
from siyu.kernel.errors import SiyuError, Unavailable
from siyu.kernel.limits import REQUEST_BODY_BYTES
from siyu.kernel.settings import Settings

log = logging.getLogger(__name__)
StartResponse = Callable[[str, list[tuple[str, str]]], Any]
_TOKEN = re.compile(r"^[0-9A-Za-z]{4,16}$")
# Characters of an address that stay as they are; everything else, line ends above all, is percent-encoded.
_URL_SAFE = "%/:=&?~#+!$,;'@()*[]-._"
# A full disk meets every click; one line a second says it as loudly as a thousand.
LOUD_SECONDS = 1.0
_orders = msgspec.json.Decoder(received.HookRequest)
_array = msgspec.json.Decoder(list[msgspec.Raw])
_LOOPBACK = ("127.0.0.1", "::1")


def create_app(settings: Settings) -> Collector:
    """The application for these settings; `close` it when the server has stopped."""
    return Collector(settings)


class Collector:
    """Shared by all threads of the server."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._inbox = Inbox(settings)
        self._links = Links(settings)
        self._keys = gate.WriteKeys(settings)
        self._callback_secret = gate.ensure_callback_secret(settings)
        self._loud_lock = threading.Lock()
        self._loud_at = 0.0
        self.metrics = Metrics()

    def close(self) -> None:
        self._inbox.close()
        self._links.close()

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> list[bytes]:
        started = time.perf_counter()
        request = Request(environ["REQUEST_METHOD"], environ.get("PATH_INFO", "/"), environ, ids.new_trace_id())
        route, response = self._answer(request)
        self.metrics.requests.labels(route, response.status).inc()
        self.metrics.seconds.labels(route).observe(time.perf_counter() - started)
        headers = {
            "Content-Type": response.content_type,
            "Content-Length": str(len(response.body)),
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "X-Trace-Id": request.trace_id,
            **response.headers,
        }
        start_response(STATUS_LINES[response.status], list(headers.items()))
        return [b"" if request.method == "HEAD" else response.body]

    def _answer(self, request: Request) -> tuple[str, Response]:
        route, handler = self._route(request.path)
        try:
            return route, handler(request)
        except SiyuError as error:
            return route, problem(error, request.trace_id)
        except Exception:
            log.exception("trace %s: %s %s failed", request.trace_id, request.method, route)
            return route, json_response(500, {"code": "crash", "status": 500, "trace_id": request.trace_id})

    def _route(self, path: str) -> tuple[str, Callable[[Request], Response]]:
        if path.startswith("/s/"):
            return "link", self._follow_link
        if path == "/v1/orders":
            return "orders", self._take_orders
        if path.startswith("/callbacks/sms/aliyun/"):
            return "sms_callback", self._take_sms_callback
        if path == "/healthz":
            return "health", self._health
        if path == "/metrics":
            return "metrics", self._show_metrics
        return "unknown", _nothing_here

    # ---- short links -------------------------------------------------------------------------------------------

    def _follow_link(self, request: Request) -> Response:
        _allow(request, "GET", "HEAD")
        token = request.path.removeprefix("/s/")
        try:
            target = self._links.find(token) if _TOKEN.match(token) else None
        except Unavailable:
            self._loudly("the records do not answer; links cannot be followed", exc_info=True)
            return Response(503, pages.TRY_AGAIN, HTML, {"Retry-After": "5"})
        if target is None:
            return Response(404, pages.UNKNOWN_LINK, HTML)
        self._keep_click(request, token, target)
        # The token names a person: it must not travel on to the shop in a Referer.
        return Response(302, headers={"Location": quote(target.url, safe=_URL_SAFE), "Referrer-Policy": "no-referrer"})

    def _keep_click(self, request: Request, token: str, target: LinkTarget) -> None:
        """Keeps the visit before the redirect. If it cannot be kept, the person still gets where they wanted."""
        is_bot = bots.is_bot(request.method, request.agent, bots.purposes_of(request.header))
        click = received.ReceivedClick(
            token=token,
            at_ms=clock.to_millis(clock.now()),
            message_id=f"click:{request.trace_id}",
            is_bot=is_bot,
            agent=request.agent,
        )
        try:
            self._inbox.append(received.CLICK, received.encode(click), target.trace_id or request.trace_id)
        except InboxUnavailable as error:
            self.metrics.lost.inc()
            self.metrics.refused.labels(received.CLICK).inc()
            self._loudly("a click on %s could not be kept: %s", token, error)
            return
        self.metrics.clicks.labels(str(is_bot).lower()).inc()

    # ---- callbacks and hooks -----------------------------------------------------------------------------------

    def _take_sms_callback(self, request: Request) -> Response:
        given = request.path.removeprefix("/callbacks/sms/aliyun/")
        if not gate.is_callback_secret(given, self._callback_secret):
            raise WrongAddress()
        _allow(request, "POST")
        body = request.body(CALLBACK_BODY_BYTES)
        try:
            _array.decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise MalformedBody(reason=str(error)) from error
        self._append(received.SMS_RECEIPT, body, request.trace_id)
        # The provider's words: with any other answer it sends the same reports again.
        return json_response(200, {"code": 0, "msg": "接收成功"})

    def _take_orders(self, request: Request) -> Response:
        _allow(request, "POST")
        shop = self._shop(request)
        body = request.body(REQUEST_BODY_BYTES)
        try:
            orders = _orders.decode(body).orders
        except msgspec.ValidationError as error:
            raise InvalidBody(reason=str(error)) from error
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise MalformedBody(reason=str(error)) from error
        trace_id = request.caller_trace_id()
        kept = tuple(received.received_order(order, key_shop=shop) for order in orders)
        self._append(received.ORDER, received.encode(received.ReceivedOrders(kept)), trace_id)
        return json_response(202, {"accepted": len(orders), "trace_id": trace_id})

    def _shop(self, request: Request) -> str:
        scheme, _, key = request.header("Authorization").partition(" ")
        shop = self._keys.shop_of(key.strip()) if scheme.lower() == "bearer" else None
        if shop is None:
            raise WrongKey()
        return shop

    def _append(self, kind: str, body: bytes, trace_id: str) -> None:
        try:
            self._inbox.append(kind, body, trace_id)
        except InboxUnavailable as error:
            self.metrics.refused.labels(kind).inc()
            self._loudly("%s was refused, the sender has to repeat it: %s", kind, error)
            raise

    def _loudly(self, message: str, *args: Any, exc_info: bool = False) -> None:
        """An error line, at most one a second; the counts have them all."""
        with self._loud_lock:
            if time.monotonic() - self._loud_at < LOUD_SECONDS:
                return
            self._loud_at = time.monotonic()
        log.error(message, *args, exc_info=exc_info)

    # ---- for the operator --------------------------------------------------------------------------------------

    def _health(self, request: Request) -> Response:
        _allow(request, "GET", "HEAD")
        return json_response(200, {"status": "ok"})

    def _show_metrics(self, request: Request) -> Response:
        _allow(request, "GET")
        # Behind a proxy every caller seems local; the proxy says for whom it asks.
        if request.environ.get("REMOTE_ADDR") not in _LOOPBACK or request.header("X-Forwarded-For"):
            raise WrongAddress()
        return Response(200, self.metrics.text(), "text/plain; version=0.0.4; charset=utf-8")


def _nothing_here(request: Request) -> Response:
    raise WrongAddress()


def _allow(request: Request, *methods: str) -> None:
    if request.method not in methods:
        raise WrongMethod(allowed=", ".join(methods))

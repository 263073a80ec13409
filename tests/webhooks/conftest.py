"""A receiver on loopback that does what it is told, and an endpoint that points to it."""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.conf import settings

from siyu.org.contracts import SYSTEM
from siyu.webhooks import services
from siyu.webhooks.contracts import ALL_EVENTS, NewEndpoint

# As the documentation tells receivers.
REPLAY_WINDOW_SECONDS = 300


def is_genuine(secret: str, timestamp: int, body: bytes, given: str, *, now: int) -> bool:
    """What a receiver does, written on its own: the signature fits, and the message is not an old one."""
    expected = "v1=" + hmac.new(secret.encode(), b"%d." % timestamp + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, given) and abs(now - timestamp) <= REPLAY_WINDOW_SECONDS


@dataclass
class Receiver:
    """What arrived, and how the next are answered: a status, or a function that writes the answer itself."""

    port: int = 0
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answer: int | Callable[[Any], None] = 200

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?a=1"

    @property
    def ids(self) -> list[str]:
        return [headers["Siyu-Id"] for headers, _body in self.got]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.got.append((dict(self.headers), body))
            if callable(found.answer):
                found.answer(self)
                return
            self.send_response(found.answer)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_arguments: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    found.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield found
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def _sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loopback is allowed in the sandbox only."""
    monkeypatch.setattr(settings, "SIYU", settings.SIYU.model_copy(update={"sandbox": True}))


@pytest.fixture
def endpoint(receiver: Receiver) -> NewEndpoint:
    return services.create_endpoint(viewer=SYSTEM, name="ERP", url=receiver.url, events=[ALL_EVENTS])

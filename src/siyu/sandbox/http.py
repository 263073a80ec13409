"""A small HTTP/1.1 server for loopback, on the standard library: requests in, answers or silence out.

A framework's server always answers; a stand-in must also be able to hang up, which is why this one exists.
"""

from __future__ import annotations

import contextlib
import json
import logging
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

_log = logging.getLogger(__name__)
# Bytes of a request body. A batch of 100 messages with long variables has about 100 KB.
MAX_BODY_BYTES = 4 * 1024 * 1024
# Seconds that a kept-alive connection may idle before its thread is given back.
IDLE_SECONDS = 60


@dataclass(frozen=True)
class Request:
    """One request. Header names are lower case; ``query`` is decoded."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""

    def json(self) -> Any:
        """The body as JSON; ValueError if it is not."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Response:
    """One answer."""

    status: int
    body: bytes
    content_type: str = "application/json; charset=utf-8"


class HangUp(Exception):
    """Raised by a handler to close the connection without an answer."""


def json_response(status: int, value: Any) -> Response:
    return Response(status, json.dumps(value, ensure_ascii=False).encode())


class LoopbackServer:
    """Serves `handle` on 127.0.0.1 with a thread per connection. ``port`` 0 takes a free one."""

    def __init__(self, handle: Callable[[Request], Response], port: int = 0) -> None:
        self._server = _Server(("127.0.0.1", port), _handler_class(handle))
        self._thread = threading.Thread(target=self._accept, name="sandbox-http", daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stops accepting, breaks what is open and waits for the accepting thread."""
        self._server.stopping.set()
        # The accepting thread sleeps until somebody comes, instead of looking up twice a second.
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
            self._thread.join()
        self._server.server_close()
        self._server.break_connections()

    def _accept(self) -> None:
        while not self._server.stopping.is_set():
            self._server.handle_request()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        super().__init__(address, handler)

    def verify_request(self, request: Any, client_address: Any) -> bool:
        return not self.stopping.is_set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def break_connections(self) -> None:
        for connection in list(self._open):
            self.shutdown_request(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away, or a header that cannot be read, is the client's own business."""
        _log.debug("a connection from %s ended early", client_address, exc_info=True)


def _handler_class(handle: Callable[[Request], Response]) -> type[BaseHTTPRequestHandler]:
    class Handler(_Handler):
        respond = staticmethod(handle)

    return Handler


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Without it the kernel holds back an answer for 40 ms, waiting for the client's acknowledgement.
    disable_nagle_algorithm = True
    timeout = IDLE_SECONDS
    respond: Callable[[Request], Response]

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > MAX_BODY_BYTES:
            self.close_connection = True
            self._write(json_response(413, {"error": f"a body has at most {MAX_BODY_BYTES} bytes"}))
            return
        try:
            self._write(self.respond(self._request(self.rfile.read(length))))
        except HangUp:
            self.close_connection = True
        except Exception:
            _log.exception("%s %s failed", self.command, self.path.partition("?")[0])
            self._write(json_response(500, {"error": "the sandbox failed; its log says why"}))

    do_GET = do_POST = do_DELETE = _serve

    def _request(self, body: bytes) -> Request:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        headers = {name.lower(): value for name, value in self.headers.items()}
        return Request(self.command, parts.path or "/", query, headers, body)

    def _write(self, response: Response) -> None:
        self.send_response(response.status)
        self.send_header("Content-Type", response.content_type)
        self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        self.wfile.write(response.body)

    # Headers and body leave in one segment: the base class sends the buffered headers by themselves.
    wbufsize = -1

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: what the stand-in did can be asked for under /control."""

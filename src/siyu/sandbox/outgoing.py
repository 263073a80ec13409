"""Requests that the sandbox makes: reports to callbacks, clicks, orders. Kept-alive connections, paced, one
at a time.

The standard library's client keeps an idle sandbox small.
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import threading
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

# Seconds that the sandbox waits for an answer, about what providers give a callback.
TIMEOUT_SECONDS = 5.0


@dataclass(frozen=True)
class Answer:
    """What came back. ``status`` 0 means that nothing did, and ``body`` then says why."""

    status: int
    body: bytes
    location: str = ""


class Outgoing:
    """A client for one thread."""

    def __init__(self) -> None:
        self._connections: dict[str, http.client.HTTPConnection] = {}
        self._next_at = 0.0
        self._stopped = threading.Event()

    def post_json(self, url: str, value: Any, headers: dict[str, str] | None = None) -> Answer:
        body = json.dumps(value, ensure_ascii=False).encode()
        return self._request("POST", url, body, {"Content-Type": "application/json", **(headers or {})})

    def get(self, url: str, headers: dict[str, str] | None = None) -> Answer:
        return self._request("GET", url, b"", headers or {})

    def pace(self, per_second: float) -> None:
        """Waits until the next request may go, so that people do not act faster than `per_second`."""
        pause = self._next_at - time.monotonic()
        if pause > 0:
            self._stopped.wait(pause)
        self._next_at = max(self._next_at, time.monotonic()) + 1 / per_second

    def stop(self) -> None:
        """From any thread: no more requests and no more waiting; what is asked for now gets no answer."""
        self._stopped.set()

    def close(self) -> None:
        """Closes the connections, once the thread that uses them has ended."""
        for connection in self._connections.values():
            connection.close()

    def _request(self, method: str, url: str, body: bytes, headers: dict[str, str]) -> Answer:
        if self._stopped.is_set():
            return Answer(0, b"the sandbox is stopping")
        parts = urlsplit(url)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            connection = self._connection(parts)
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return Answer(response.status, response.read(), response.headers.get("Location", ""))
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._forget(parts)
            return Answer(0, f"{type(error).__name__}: {error}".encode())

    def _connection(self, parts: SplitResult) -> http.client.HTTPConnection:
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._connections:
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise ValueError("not an http address")
            secure = parts.scheme == "https"
            kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
            self._connections[origin] = kind(parts.hostname, parts.port, timeout=TIMEOUT_SECONDS)
        return self._connections[origin]

    def _forget(self, parts: SplitResult) -> None:
        connection = self._connections.pop(f"{parts.scheme}://{parts.netloc}", None)
        if connection is not None:
            connection.close()


def is_loopback(host: str | None) -> bool:
    """Whether a host name stays on this machine, without asking anybody."""
    if not host:
        return False
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")

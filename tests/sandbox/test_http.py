"""The small server: kept-alive connections, limits, failures."""

from __future__ import annotations

import http.client
import logging
from collections.abc import Iterator

import pytest

from siyu.sandbox.http import MAX_BODY_BYTES, HangUp, LoopbackServer, Request, Response


def _answer(request: Request) -> Response:
    if request.path == "/silent":
        raise HangUp
    if request.path == "/broken":
        raise ValueError("broken")
    return Response(200, f"{request.method} {dict(request.query)} {len(request.body)}".encode(), "text/plain")


@pytest.fixture
def connection() -> Iterator[http.client.HTTPConnection]:
    server = LoopbackServer(_answer)
    server.start()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    yield connection
    connection.close()
    server.stop()


def test_several_requests_share_a_connection(connection: http.client.HTTPConnection) -> None:
    seen = []
    for path, body in (("/?a=%20%E9%B2%9C+x&b=", b""), ("/", b"123")):
        connection.request("POST", path, body)
        own = connection.sock.getsockname()
        seen.append((own, connection.getresponse().read().decode()))
    assert seen[0][1] == "POST {'a': ' 鲜 x', 'b': ''} 0"
    assert seen[1] == (seen[0][0], "POST {} 3")


def test_a_hang_up_is_no_answer(connection: http.client.HTTPConnection) -> None:
    connection.request("GET", "/silent")
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        connection.getresponse()


def test_too_large_a_body_is_not_read(connection: http.client.HTTPConnection) -> None:
    connection.putrequest("POST", "/")
    connection.putheader("Content-Length", str(MAX_BODY_BYTES + 1))
    connection.endheaders()
    assert connection.getresponse().status == 413


def test_a_failure_is_logged_and_answered(
    connection: http.client.HTTPConnection, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        connection.request("GET", "/broken?secret=1")
        assert connection.getresponse().status == 500
    assert [record.getMessage() for record in caplog.records] == ["GET /broken failed"]

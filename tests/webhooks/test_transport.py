"""One POST: to the checked address only, within its time, and never further."""

from __future__ import annotations

import socket
import time
from typing import Any

import pytest
from tests.webhooks.conftest import Receiver

from siyu.kernel.errors import InvalidInput
from siyu.webhooks import transport
from siyu.webhooks.contracts import UnsafeAddress
from siyu.webhooks.transport import Connection


def answers(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Makes names resolve to these addresses; returns the names asked for."""
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, *_more: Any, **_options: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


@pytest.mark.parametrize(
    "url",
    ["", "erp.example.com", "ftp://erp.example.com", "https://", "https://user:pw@erp.example.com/", "https://a/#x",
     "https://a b/", "https://a:99999/", "https://[::1", "http://erp.example.com/", "https://" + "a" * 500,
     "https://a/\nX: y", "file:///etc/passwd", "gopher://a/"],
)  # fmt: skip
def test_odd_addresses_are_refused(url: str) -> None:
    with pytest.raises(InvalidInput):
        transport.check_url(url, sandbox=False)


def test_a_name_with_one_inner_address_is_refused_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, "8.8.8.8", "10.0.0.1")
    with pytest.raises(UnsafeAddress):
        transport.resolved("erp.example.com", 443, sandbox=False)


@pytest.mark.parametrize("url", ["https://127.0.0.1/", "https://localhost/", "https://[::1]/", "https://2130706433/"])
def test_loopback_in_any_spelling_is_refused_outside_the_sandbox(url: str) -> None:
    outcome = Connection(url, sandbox=False).post(b"{}", {})
    assert (outcome.status, outcome.reached) == (0, False)


def test_the_checked_address_is_the_one_that_is_used(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answers(monkeypatch, "127.0.0.1")
    connection = Connection(f"http://rebinding.example:{receiver.port}/", sandbox=True)
    assert connection.post(b"{}", {"Siyu-Id": "1"}).status == 200
    # Were the name asked again, it would now answer with another address.
    answers(monkeypatch, "10.0.0.1")
    assert connection.post(b"{}", {"Siyu-Id": "2"}).status == 200
    connection.close()
    refused = connection.post(b"{}", {"Siyu-Id": "3"})
    assert (refused.status, receiver.ids) == (0, ["1", "2"])
    assert asked.count("rebinding.example") == 1
    assert "not on the public internet" in refused.problem
    assert receiver.got[0][0]["Host"] == f"rebinding.example:{receiver.port}"


def test_redirects_are_not_followed(receiver: Receiver) -> None:
    def away(handler: Any) -> None:
        handler.send_response(302)
        handler.send_header("Location", "http://169.254.169.254/latest/meta-data/")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    receiver.answer = away
    connection = Connection(receiver.url, sandbox=True)
    outcome = connection.post(b"{}", {"Siyu-Id": "1"})
    connection.close()
    assert (outcome.status, outcome.succeeded, outcome.problem) == (302, False, "HTTP 302")
    assert len(receiver.got) == 1


@pytest.mark.parametrize("drip", [False, True])
def test_a_receiver_that_hangs_or_drips_is_cut_off(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, drip: bool
) -> None:
    monkeypatch.setattr(transport, "TOTAL_SECONDS", 0.6)

    def hang(handler: Any) -> None:
        for sign in b"HTTP/1.1 200 OK\r\nX: " + b"x" * 40:
            if drip:
                handler.wfile.write(bytes([sign]))
                handler.wfile.flush()
            time.sleep(0.1)
            if time.monotonic() > ends_at:
                return

    ends_at = time.monotonic() + 3
    receiver.answer = hang
    began = time.monotonic()
    outcome = Connection(receiver.url, sandbox=True).post(b"{}", {"Siyu-Id": "1"})
    assert outcome.status == 0
    assert time.monotonic() - began < 2


def test_of_a_long_answer_the_beginning_is_kept(receiver: Receiver) -> None:
    def talk(handler: Any) -> None:
        handler.send_response(500)
        handler.send_header("Content-Length", "100000")
        handler.end_headers()
        handler.wfile.write(b"\x00e" * 50_000)

    receiver.answer = talk
    outcome = Connection(receiver.url, sandbox=True).post(b"{}", {"Siyu-Id": "1"})
    assert (outcome.status, len(outcome.answer) <= transport.ANSWER_CHARS) == (500, True)
    assert "\x00" not in outcome.answer


def test_nobody_there_is_an_outcome() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    outcome = Connection(f"http://127.0.0.1:{port}/", sandbox=True).post(b"{}", {})
    assert (outcome.status, "refused" in outcome.problem) == (0, True)

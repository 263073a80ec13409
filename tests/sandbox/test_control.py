"""Steering the sandbox: what it shows, what it takes, and from whom."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.support.sandbox import NOTICE, Caller

from siyu.sandbox.http import Request
from siyu.sandbox.server import Sandbox

PHONE = "13900000001"


def test_planted_parameters_are_shown(caller: Caller) -> None:
    assert caller.control("GET", "/control/planted") == {
        "status": 200,
        "seed": 1,
        "click_rate": 1.0,
        "base_rate": 0.0,
        "lift": 1.0,
        "refuse_rate": 0.0,
        "dead_share": 0.0,
        "failed_share": 0.0,
    }


def test_messages_are_filtered_and_paged(caller: Caller, sandbox: Sandbox) -> None:
    for number in range(3):
        caller.send(f"1390000000{number}", OutId=f"out-{number % 2}")
    sandbox.courier.step()
    caller.send(PHONE)
    assert [m["id"] for m in caller.control("GET", "/control/messages", limit="2")["messages"]] == [1, 2]
    assert [m["id"] for m in caller.control("GET", "/control/messages", after="2")["messages"]] == [3, 4]
    assert [m["id"] for m in caller.control("GET", "/control/messages", phone=PHONE)["messages"]] == [2, 4]
    assert [m["id"] for m in caller.control("GET", "/control/messages", state="waiting")["messages"]] == [4]
    assert [m["id"] for m in caller.control("GET", "/control/messages", out_id="out-0")["messages"]] == [1, 3]
    first = caller.control("GET", "/control/messages", limit="1")["messages"][0]
    assert (first["template_code"], first["sent_at"]) == (NOTICE, "2026-03-02T02:00:00+00:00")
    summary = caller.control("GET", "/control/summary")
    assert (summary["messages"], summary["units"]) == ({"delivered": 3, "waiting": 1}, 4)


def test_faults_are_listed_counted_down_and_cleared(caller: Caller) -> None:
    caller.control("POST", "/control/faults", {"kind": "throttling", "count": 2})
    caller.send(PHONE)
    (fault,) = caller.control("GET", "/control/faults")["faults"]
    assert (fault["kind"], fault["count"], fault["struck"]) == ("throttling", 1, 1)
    caller.send(PHONE)
    assert caller.control("GET", "/control/faults")["faults"] == []
    caller.control("POST", "/control/faults", {"kind": "http_500"})
    assert caller.control("DELETE", "/control/faults")["faults"] == []
    assert caller.send(PHONE)["Code"] == "OK"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/control/faults", {"kind": "earthquake"}),
        ("/control/faults", {"kind": "throttling", "share": 2}),
        ("/control/faults", {"kind": "throttling", "count": 0}),
        ("/control/faults", {"kind": "throttling", "share": "half"}),
        ("/control/faults", {}),
        ("/control/replies", {"phone": "1"}),
        ("/control/signs", {"name": "x", "state": "fine"}),
        ("/control/templates", {"code": "a", "name": "b", "kind": "song", "content": "c"}),
        ("/control/templates", {"code": "a", "name": "b", "kind": "promotion", "content": "c", "state": "fine"}),
    ],
)
def test_nonsense_is_refused_with_a_reason(caller: Caller, path: str, body: Any) -> None:
    answer = caller.control("POST", path, body)
    assert answer["status"] == 400
    assert answer["error"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "127.0.0.1:8703", "content-type": "application/json"}, 200),
        ({"host": "localhost:8703", "content-type": "application/json"}, 200),
        ({"host": "[::1]:8703", "content-type": "application/json"}, 200),
        ({"host": "evil.example.com:8703", "content-type": "application/json"}, 403),
        ({"content-type": "application/json"}, 403),
        ({"host": "127.0.0.1:8703", "content-type": "text/plain"}, 415),
    ],
)
def test_a_browser_page_cannot_steer(sandbox: Sandbox, headers: dict[str, str], status: int) -> None:
    body = json.dumps({"kind": "throttling"}).encode()
    assert sandbox.handle(Request("POST", "/control/faults", {}, headers, body)).status == status


def test_other_paths(caller: Caller, sandbox: Sandbox) -> None:
    assert caller.control("GET", "/healthz") == {"status": 200, "ok": True}
    assert caller.control("GET", "/nothing")["status"] == 404
    assert "GET /control/planted" in caller.control("GET", "/control/nothing")["known"]

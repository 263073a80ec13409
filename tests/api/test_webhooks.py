"""Webhooks by API."""

from __future__ import annotations

import pytest
from tests.api.conftest import Caller
from tests.webhooks.conftest import Receiver, _sandbox, receiver

from siyu.org import services as org
from siyu.webhooks import sending

__all__ = ["_sandbox", "receiver"]
pytestmark = pytest.mark.django_db(transaction=True)


def test_from_making_to_sending_again(api: Caller, receiver: Receiver) -> None:
    made = api.send("POST", "/webhooks", {"name": "ERP", "url": receiver.url, "events": ["*"]})
    assert (made.status_code, made.json()["secret"].startswith("whsec_")) == (201, True)
    path = f"/webhooks/{made.json()['id']}"
    ping = api.send("POST", f"{path}/ping")
    assert (ping.status_code, ping.json()["state"]) == (202, "waiting")
    sending.serve(made.json()["id"])
    found = api.send("GET", f"{path}/deliveries?state=done").json()["items"]
    assert [(item["status"], item["answer"]) for item in found] == [(200, "ok")]
    one = f"/webhooks/deliveries/{found[0]['id']}"
    assert api.send("POST", f"{one}/replay").json()["state"] == "waiting"
    sending.serve(made.json()["id"])
    period = {"since": "2020-01-01T00:00:00Z", "until": "2100-01-01T00:00:00Z", "failed_only": False}
    assert api.send("POST", f"{path}/replay", period).json() == {"count": 1}
    assert api.send("POST", f"{path}/off").json()["state"] == "off"
    assert api.send("POST", f"{path}/on").json()["state"] == "active"
    view = api.send("GET", path).json()
    change = {"name": "ERP", "url": receiver.url, "events": ["org.node_changed"], "version": view["version"]}
    assert api.send("PUT", path, change).json()["events"] == ["org.node_changed"]
    assert api.send("PUT", path, change).status_code == 409
    assert api.send("POST", f"{path}/secret").json()["secret"] != made.json()["secret"]
    assert [item["name"] for item in api.send("GET", "/webhooks").json()["items"]] == ["ERP"]
    assert api.send("GET", one).json()["message_id"].startswith("ping-")


def test_what_cannot_be_is_refused(api: Caller, stranger: Caller) -> None:
    bad = {"name": "X", "url": "ftp://x", "events": ["*"]}
    assert api.send("POST", "/webhooks", bad).status_code == 422
    assert api.send("POST", "/webhooks", bad | {"url": "https://x.example", "events": ["no.such"]}).status_code == 422
    assert api.send("GET", "/webhooks/99").status_code == 404
    assert api.send("GET", "/webhooks/deliveries/99").status_code == 404
    assert stranger.send("GET", "/webhooks").status_code == 401
    staff_id = org.create_staff(email="op@example.com", name="Op", password="correct horse battery", role="operator")
    assert Caller(org.create_token(staff_id=staff_id, label="t")).send("GET", "/webhooks").status_code == 403

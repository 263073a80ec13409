"""The audit log by API."""

from __future__ import annotations

import pytest
from tests.api.conftest import Caller

from siyu.audit.contracts import Actor, Target, Via
from siyu.audit.services import record
from siyu.org import services as org

pytestmark = pytest.mark.django_db


def write(label: str, action: str = "plan.changed") -> None:
    actor = Actor("Alice", Via.SESSION, staff_id=3, origin="10.1.2.3")
    record(actor=actor, action=action, target=Target("plan", 1, label), before={"n": 1}, after={"n": 2})


def test_list_filter_and_one(api: Caller) -> None:
    write("Spring")
    write("Autumn", "plan.launched")
    found = api.send("GET", "/audit?kind=plan&limit=1").json()
    assert [item["target"]["label"] for item in found["items"]] == ["Autumn"]
    rest = api.send("GET", f"/audit?kind=plan&limit=1&cursor={found['next_cursor']}").json()
    assert [item["target"]["label"] for item in rest["items"]] == ["Spring"]
    one = api.send("GET", f"/audit/{rest['items'][0]['id']}").json()
    assert (one["before"], one["after"], one["actor"]["via"]) == ({"n": 1}, {"n": 2}, "session")
    assert api.send("GET", "/audit?action=plan.launched").json()["items"][0]["target"]["label"] == "Autumn"
    assert api.send("GET", "/audit?text=prin").json()["items"][0]["target"]["label"] == "Spring"
    assert api.send("GET", "/audit?staff_id=4").json()["items"] == []


@pytest.mark.parametrize("query", ["cursor=x", "staff_id=0", "since=yesterday", "since=2026-01-01T00:00:00", "via=fax"])
def test_odd_filters_are_refused(api: Caller, query: str) -> None:
    assert api.send("GET", f"/audit?{query}").status_code == 422


def test_others_are_refused(api: Caller, stranger: Caller) -> None:
    write("Spring")
    assert stranger.send("GET", "/audit").status_code == 401
    staff_id = org.create_staff(email="op@example.com", name="Op", password="correct horse battery", role="operator")
    operator = Caller(org.create_token(staff_id=staff_id, label="t"))
    assert operator.send("GET", "/audit").status_code == 403
    assert operator.send("GET", "/audit/1").status_code == 403
    assert api.send("GET", "/audit/999999").status_code == 404

"""Recall plans and the overview through the API; sending goes to the sandbox's stand-in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.api.conftest import Caller
from tests.api.data import START, make_customers
from tests.plugins.warehouse import warehouse, warehouse_front, warehouse_url
from tests.support import messaging as brand
from tests.support.messaging import StandIn, endpoint_settings, start_stand_in
from tests.support.sandbox import Receiver

from siyu.eventlog import jobs
from siyu.messaging.queries import provider_for
from siyu.warehouse import services as shipping
from siyu.warehouse.client import Warehouse

__all__ = ["warehouse", "warehouse_front", "warehouse_url"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stand_in(tmp_path: Path, settings: Any) -> Iterator[StandIn]:
    receiver = Receiver()
    sandbox = start_stand_in(tmp_path, receiver)
    settings.SIYU = settings.SIYU.model_copy(update=endpoint_settings(sandbox.port))
    provider_for.cache_clear()
    yield StandIn(sandbox, receiver, tmp_path)
    provider_for.cache_clear()
    sandbox.stop()
    receiver.stop()


def _draft(people: int = 10, **changes: Any) -> dict[str, Any]:
    """The body of a plan for so many customers who consent."""
    return {
        "name": "Recall",
        "audience": brand.audience_of(brand.people(range(1, people + 1))),
        "text": brand.TEXT,
        "account_id": brand.account(),
        "target_url": brand.TARGET,
        "holdout_percent": 0,
        **changes,
    }


def test_a_draft_is_written_changed_and_deleted(api: Caller) -> None:
    created = api.send("post", "/plans", _draft(), **{"idempotency-key": "p"})
    assert (created.status_code, created.json()["state"]) == (201, "draft")
    path = f"/plans/{created.json()['id']}"
    changed = api.send("patch", path, {"version": created.json()["version"], "name": "Autumn"}).json()
    assert (changed["name"], changed["version"]) == ("Autumn", 2)
    late = api.send("patch", path, {"version": 1, "name": "Late"})
    assert (late.status_code, late.json()["code"]) == (409, "plan_changed")
    assert api.send("delete", path).status_code == 204
    assert api.send("get", path).status_code == 404


def test_a_text_is_previewed_with_everything_that_is_wrong_with_it(api: Caller) -> None:
    shown = api.send("post", "/plans/preview", {"text": "{{ nonsense }}", "account_id": brand.account()}).json()
    assert "unknown_variable" in [problem["code"] for problem in shown["problems"]]
    assert all(problem["message"] for problem in shown["problems"])


def test_a_plan_whose_text_is_not_approved_is_not_launched(api: Caller) -> None:
    plan_id = api.send("post", "/plans", _draft(text="你好！点 {{ link }} 看看，拒收请回复R")).json()["id"]
    answer = api.send("post", f"/plans/{plan_id}/launch", {})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_text")
    assert answer.json()["errors"][0]["where"] == "not_approved"


def test_the_forecast_says_whom_a_launch_would_reach_and_what_it_would_cost(api: Caller) -> None:
    body = _draft(holdout_percent=50)
    draft = {key: value for key, value in body.items() if key != "name"}
    unsaved = api.send("post", "/plans/forecast", draft).json()
    assert (unsaved["audience_count"], unsaved["reachable_count"]) == (10, 10)
    assert unsaved["holdout_count"] + unsaved["treated_count"] == 10
    plan_id = api.send("post", "/plans", body).json()["id"]
    assert api.send("get", f"/plans/{plan_id}/forecast").json()["audience_count"] == 10


def test_a_plan_is_launched_once_sent_and_told_of(api: Caller, stand_in: StandIn) -> None:
    plan_id = api.send("post", "/plans", _draft()).json()["id"]
    launches = [
        api.send("post", f"/plans/{plan_id}/launch", {}, **{"idempotency-key": "go"}).json() for _ in range(2)
    ]
    assert (launches[0], launches[0]["state"]) == (launches[1], "launching")
    jobs.run_next()
    while jobs.run_next():
        pass
    brand.pump()
    brand.receive(stand_in.deliver())
    tally = api.send("get", f"/plans/{plan_id}/tally").json()
    assert (tally["states"], tally["sent_count"], tally["cost_fen"]) == ({"delivered": 10}, 10, 45)
    first = api.send("get", f"/plans/{plan_id}/recipients?state=delivered&limit=6").json()
    second = api.send("get", f"/plans/{plan_id}/recipients?limit=6&cursor={first['next_cursor']}").json()
    assert len(first["items"] + second["items"]) == 10
    assert [hour["sent_count"] for hour in api.send("get", f"/plans/{plan_id}/hours").json()["items"]] == [10]
    result = api.send("get", f"/plans/{plan_id}/result").json()
    assert (result["verdict"]["code"], result["treated"]["customer_count"]) == ("no_holdout", 10)
    assert result["effect"]["order_rate"] is None


def test_a_launch_that_waits_is_taken_back(api: Caller) -> None:
    plan_id = api.send("post", "/plans", _draft()).json()["id"]
    waiting = api.send("post", f"/plans/{plan_id}/launch", {"at": "2099-01-01T10:00:00+08:00"}).json()
    assert waiting["state"] == "scheduled"
    assert api.send("post", f"/plans/{plan_id}/stop").json()["state"] == "draft"
    assert api.send("post", f"/plans/{plan_id}/resume").json()["code"] == "wrong_plan_state"


def test_accounts_show_no_keys(api: Caller) -> None:
    account_id = brand.account()
    assert [row["name"] for row in api.send("get", "/sms/accounts").json()["items"]] == ["Marketing"]
    templates = api.send("get", f"/sms/accounts/{account_id}/templates").json()["items"]
    assert [row["code"] for row in templates] == [brand.CODE]


@pytest.mark.parametrize("part", ["tally", "hours", "recipients", "result", "forecast"])
def test_a_plan_that_does_not_exist_has_no_parts(api: Caller, part: str) -> None:
    assert api.send("get", f"/plans/999/{part}").status_code == 404


def test_plans_are_listed_at_the_same_cost_with_one_and_three(api: Caller) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            api.send("get", "/plans")
        return len(captured)

    body = _draft()
    api.send("post", "/plans", body)
    alone = cost()
    for name in ("second", "third"):
        api.send("post", "/plans", {**body, "name": name})
    assert cost() == alone
    assert [row["name"] for row in api.send("get", "/plans").json()["items"]] == ["third", "second", "Recall"]


@pytest.mark.warehouse
def test_the_overview_of_a_period_stands_beside_the_one_before(api: Caller, warehouse: Warehouse) -> None:
    make_customers(3)
    while shipping.ship_pending():
        pass
    last_day = START.date().replace(day=START.day + 3).isoformat()
    found = api.send("get", f"/overview?last_day={last_day}&day_count=7").json()
    assert (found["last_day"], len(found["days"])) == (last_day, 7)
    assert (found["figures"]["order_count"], found["figures"]["net_sales_fen"]) == (3, 33_000)
    assert found["previous"]["order_count"] == 0
    assert found["freshness"]["is_complete"] is True

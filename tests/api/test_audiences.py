"""RFM and audiences through the API, over a warehouse that got its events from the log."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.api.conftest import Caller
from tests.api.data import START, make_customers
from tests.plugins.warehouse import warehouse, warehouse_front, warehouse_url

from siyu.audiences import planner
from siyu.eventlog import jobs
from siyu.warehouse import services as shipping
from siyu.warehouse.client import Warehouse

__all__ = ["warehouse", "warehouse_front", "warehouse_url"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.warehouse]
IN_HANGZHOU = {"all": [{"leaf": "attribute", "name": "city", "op": "is", "value": "Hangzhou"}]}
RULE = {"all": [IN_HANGZHOU["all"][0], {"leaf": "net_sales", "op": ">=", "value": 50}]}
LAST_DAY = (START + timedelta(days=10)).date().isoformat()


@pytest.fixture
def made(warehouse: Warehouse, transactional_db: None) -> list[int]:
    """Ten customers with an order of ¥120 and a refund of ¥10 each, in the warehouse."""
    planner.cache.clear()
    fragments = make_customers(10)
    while shipping.ship_pending():
        pass
    return fragments


def test_the_leaves_are_listed_with_their_fields(api: Caller) -> None:
    leaves = {leaf["name"]: leaf for leaf in api.send("get", "/audiences/leaves").json()["items"]}
    assert "audience" in leaves
    assert all(leaf["label"] for leaf in leaves.values())


def test_a_rule_is_counted_in_all_and_per_condition(api: Caller, made: list[int]) -> None:
    found = api.send("post", "/audiences/count", {"rule": RULE}).json()
    assert (found["count"], found["universe_count"]) == (10, 10)
    assert found["nodes"] == {"": 10, "all.0": 10, "all.1": 10}
    assert found["freshness"]["is_complete"] is True


def test_a_count_as_of_an_earlier_day_leaves_out_what_came_later(api: Caller, made: list[int]) -> None:
    rule = {"leaf": "net_sales", "op": ">=", "value": 50}
    day = (START + timedelta(days=3)).date().isoformat()
    assert api.send("post", "/audiences/count", {"rule": rule, "as_of": day}).json()["count"] == 3


def test_every_wrong_place_of_a_rule_is_named(api: Caller) -> None:
    rule = {"all": [{"leaf": "nonsense"}, {"leaf": "net_sales", "op": ">="}]}
    answer = api.send("post", "/audiences", {"name": "x", "rule": rule})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_rule")
    assert [part["where"] for part in answer.json()["errors"]] == ["all.0.leaf", "all.1.value"]


def test_a_problem_is_told_in_the_language_of_the_caller(api: Caller) -> None:
    body = {"name": "x", "rule": {"all": []}}
    english = api.send("post", "/audiences", body).json()
    chinese = api.send("post", "/audiences", body, **{"accept-language": "zh-hans"}).json()
    assert english["title"] == "At /: A group needs at least one condition, in a list."
    assert (chinese["code"], chinese["title"].isascii()) == (english["code"], False)


def test_a_half_edited_rule_is_previewed_as_far_as_it_goes(api: Caller, made: list[int]) -> None:
    rule = {"all": [*IN_HANGZHOU["all"], {"leaf": "net_sales", "op": ">="}]}
    found = api.send("post", "/audiences/preview", {"rule": rule}).json()
    assert (found["total"], found["nodes"]["all.0"]) == (None, 10)
    assert [problem["where"] for problem in found["problems"]] == ["all.1.value"]


def test_a_sample_shows_customers(api: Caller, made: list[int]) -> None:
    found = api.send("post", "/audiences/sample", {"rule": RULE, "count": 3}).json()["items"]
    assert len(found) == 3
    assert {row["id"] for row in found} < set(made)


def test_an_audience_is_saved_computed_changed_and_put_away(api: Caller, made: list[int]) -> None:
    created = api.send("post", "/audiences", {"name": "Hangzhou", "rule": RULE}, **{"idempotency-key": "a"})
    assert (created.status_code, created.json()["state"]) == (201, "building")
    path = f"/audiences/{created.json()['id']}"
    assert api.send("get", f"{path}/members").json()["code"] == "audience_not_built"
    jobs.run_next()
    first = api.send("get", f"{path}/members?limit=6").json()
    second = api.send("get", f"{path}/members?limit=6&cursor={first['next_cursor']}").json()
    assert [row["id"] for row in first["items"] + second["items"]] == sorted(made)
    changed = api.send("patch", path, {"version": 1, "name": "All of Hangzhou"}).json()
    assert (changed["name"], changed["version"]) == ("All of Hangzhou", 2)
    assert api.send("patch", path, {"version": 1, "name": "Late"}).status_code == 409
    assert api.send("post", f"{path}/rebuild").json()["kind"] == "audiences.rebuild"
    assert api.send("delete", f"{path}?version=2").status_code == 204
    assert api.send("get", "/audiences").json()["items"] == []
    assert [row["name"] for row in api.send("get", "/audiences?archived=true").json()["items"]] == ["All of Hangzhou"]


def test_the_rfm_snapshot_of_a_day_scores_everybody_with_an_order(api: Caller, made: list[int]) -> None:
    found = api.send("get", f"/rfm?as_of={LAST_DAY}").json()
    assert (found["as_of_day"], found["customer_count"], found["monetary_fen"]) == (LAST_DAY, 10, 110_000)
    assert len(found["cells"]) == 25
    assert sum(cell["customer_count"] for cell in found["cells"]) == 10
    assert sum(segment["customer_count"] for segment in found["segments"]) == 10


def test_the_customers_of_a_cell_are_listed_by_pages(api: Caller, made: list[int]) -> None:
    path = f"/rfm/customers?as_of={LAST_DAY}"
    first = api.send("get", f"{path}&limit=7").json()
    second = api.send("get", f"{path}&limit=7&cursor={first['next_cursor']}").json()
    rows = first["items"] + second["items"]
    assert [row["customer_id"] for row in rows] == sorted(made)
    newest = api.send("get", f"{path}&r=5").json()["items"]
    assert [row["customer_id"] for row in newest] == [row["customer_id"] for row in rows if row["r_score"] == 5]
    assert newest[-1] == {
        "customer_id": made[-1], "member_no": "M10", "recency_days": 0, "frequency": 1, "monetary_fen": 11_000,
        "r_score": 5, "f_score": newest[-1]["f_score"], "m_score": newest[-1]["m_score"],
        "segment": newest[-1]["segment"],
    }  # fmt: skip


def test_a_warehouse_that_is_away_is_said_so(api: Caller, settings: Any) -> None:
    before, settings.SIYU.warehouse_url = settings.SIYU.warehouse_url, "http://127.0.0.1:9/none"
    try:
        answer = api.send("get", "/rfm")
    finally:
        settings.SIYU.warehouse_url = before
    assert (answer.status_code, answer.json()["code"]) == (503, "warehouse_unavailable")


@pytest.mark.parametrize("path", ["/audiences", "/audiences/{id}/members"])
def test_lists_cost_the_same_queries_with_one_row_and_with_three(
    api: Caller, warehouse: Warehouse, transactional_db: None, path: str
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert api.send("get", path.format(id=audience_id)).status_code == 200
        return len(captured)

    def settle() -> None:
        while shipping.ship_pending():
            pass
        planner.cache.clear()
        api.send("post", f"/audiences/{audience_id}/rebuild")
        while jobs.run_next():
            pass

    make_customers(1)
    audience_id = api.send("post", "/audiences", {"name": "one", "rule": IN_HANGZHOU}).json()["id"]
    settle()
    alone = cost()
    make_customers(2, first=2)
    for name in ("two", "three"):
        api.send("post", "/audiences", {"name": name, "rule": IN_HANGZHOU})
    settle()
    assert cost() == alone

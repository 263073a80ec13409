"""Places, staff and placing by API."""

from __future__ import annotations

import pytest
from tests.api.conftest import Caller
from tests.api.data import make_customers
from tests.support.organisation import Chain, person

from siyu.customers.models import Placement
from siyu.org import queries, services
from siyu.org.models import Node

pytestmark = pytest.mark.django_db


@pytest.fixture
def chain(db: None) -> Chain:
    return Chain.make()


@pytest.fixture
def manager(chain: Chain) -> Caller:
    """Leads the east."""
    staff_id = person("store_manager", chain.east).staff_id
    return Caller(services.create_token(staff_id=staff_id or 0, label="t"))


def test_a_place_lives_through_the_api(api: Caller, chain: Chain) -> None:
    new = {"parent_id": chain.east, "kind": "store", "code": "E9", "name": "新店"}
    made = api.send("POST", "/organisation/places", new, **{"idempotency-key": "a"})
    assert (made.status_code, made.json()["path"]) == (201, f"{chain.path(chain.east)}{made.json()['id']}.")
    assert api.send("POST", "/organisation/places", new, **{"idempotency-key": "a"}).json() == made.json()
    address = f"/organisation/places/{made.json()['id']}"
    change = {"version": 1, "code": "E9", "name": "旗舰店", "above_code": "W"}
    assert api.send("PATCH", address, change).json()["parent_id"] == chain.west
    assert api.send("PATCH", address, change).status_code == 409
    assert api.send("POST", f"{address}/close").json()["is_active"] is False
    assert api.send("POST", f"{address}/open").json()["is_active"] is True
    assert api.send("DELETE", address).status_code == 204
    assert api.send("GET", address).status_code == 404


def test_a_character_that_no_store_takes_is_refused_in_words(api: Caller, chain: Chain) -> None:
    new = {"parent_id": chain.east, "kind": "store", "code": "E9", "name": "新\0店"}
    refused = api.send("POST", "/organisation/places", new)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_input")
    assert api.send("GET", "/organisation/places?q=%00").status_code == 422
    assert not Node.objects.filter(code="E9").exists()


def test_levels_pages_and_searches(api: Caller, chain: Chain) -> None:
    first = api.send("GET", f"/organisation/places?below={chain.company}&limit=1").json()
    then = api.send("GET", f"/organisation/places?below={chain.company}&limit=1&cursor={first['next_cursor']}").json()
    assert {first["items"][0]["code"], then["items"][0]["code"]} == {"E", "W"}
    assert then["next_cursor"] is None
    assert [row["code"] for row in api.send("GET", "/organisation/places?q=武侯").json()["items"]] == ["W1"]


def test_a_manager_sees_and_changes_only_the_own_part(manager: Caller, chain: Chain) -> None:
    assert [row["code"] for row in manager.send("GET", "/organisation/places").json()["items"]] == ["E"]
    assert manager.send("GET", f"/organisation/places/{chain.west}").status_code == 404
    new = {"parent_id": chain.east, "kind": "store", "code": "X", "name": "X"}
    assert manager.send("POST", "/organisation/places", new).status_code == 403
    assert not Node.objects.filter(code="X").exists()


def test_staff_are_added_changed_and_closed(api: Caller, chain: Chain) -> None:
    guide = queries.role_id("guide")
    new = {"email": "li@example.com", "name": "李雷", "memberships": [{"role_id": guide, "node_id": chain.east_store}]}
    made = api.send("POST", "/organisation/staff", new).json()
    assert (made["has_password"], made["memberships"][0]["role_key"]) == (False, "guide")
    address = f"/organisation/staff/{made['id']}"
    change = {"version": made["version"], "name": "李磊", "memberships": []}
    assert api.send("PATCH", address, change).json()["memberships"] == []
    assert api.send("PATCH", address, change).status_code == 409
    assert api.send("POST", f"{address}/close").json()["is_active"] is False
    assert "li@example.com" not in str(api.send("GET", "/organisation/staff").json())
    assert api.send("POST", f"{address}/open").json()["is_active"] is True
    assert {row["key"] for row in api.send("GET", "/organisation/roles").json()["items"]} >= {"owner", "guide"}


def test_customers_are_placed_within_the_scope_only(api: Caller, manager: Caller, chain: Chain) -> None:
    inside, outside = make_customers(2)
    places = [{"customer_id": inside, "node_id": chain.east_store}, {"customer_id": outside, "node_id": chain.west}]
    assert api.send("POST", "/organisation/customers", {"items": places}).json() == {"moved_count": 2}
    assert api.send("POST", "/organisation/customers", {"items": places}).json() == {"moved_count": 0}
    away = [{"customer_id": outside, "node_id": chain.east_store}, {"customer_id": 10**9, "node_id": chain.east}]
    assert manager.send("POST", "/organisation/customers", {"items": away}).json() == {"moved_count": 0}
    beyond = [{"customer_id": inside, "node_id": chain.west}]
    assert manager.send("POST", "/organisation/customers", {"items": beyond}).status_code == 404
    assert Placement.objects.get(pk=outside).node_id == chain.west

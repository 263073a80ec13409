"""Customers and orders through the API."""

from __future__ import annotations

import pytest
from django.test.utils import CaptureQueriesContext
from tests.api.conftest import Caller
from tests.api.data import make_customers
from tests.support.organisation import Chain, person

from siyu.customers import services
from siyu.customers.contracts import PlaceIn
from siyu.org import queries
from siyu.org import services as org
from siyu.org.contracts import SYSTEM
from siyu.org.models import Staff

pytestmark = pytest.mark.django_db


def test_the_list_pages_through_everybody_newest_first(api: Caller) -> None:
    made = make_customers(5)
    first = api.send("get", "/customers?limit=3").json()
    second = api.send("get", f"/customers?limit=3&cursor={first['next_cursor']}").json()
    assert [row["id"] for row in first["items"] + second["items"]] == made[::-1]
    assert second["next_cursor"] is None


def test_a_customer_is_found_by_the_last_four_digits_and_shown_with_a_masked_phone(api: Caller) -> None:
    make_customers(3)
    found = api.send("get", "/customers?q=0002").json()["items"]
    assert [(row["display_name"], row["phone_masked"], row["member_no"]) for row in found] == [
        ("Customer 2", "138****0002", "M2")
    ]
    assert found[0]["attributes"] == {"city": "Hangzhou"}


def test_a_place_has_its_customers_and_those_below_page_by_page(api: Caller) -> None:
    chain, made = Chain.make(), make_customers(5)
    homes = (chain.east_store, chain.west_store, chain.east, chain.east_store)
    services.place_customers(viewer=SYSTEM, places=dict(zip(made, map(PlaceIn, homes), strict=False)))
    first = api.send("get", f"/customers?at={chain.east}&limit=2").json()
    second = api.send("get", f"/customers?at={chain.east}&limit=2&cursor={first['next_cursor']}").json()
    assert [row["id"] for row in first["items"] + second["items"]] == [made[3], made[2], made[0]]
    assert second["next_cursor"] is None
    found = api.send("get", f"/customers?at={chain.east_store}&q=0001").json()["items"]
    assert [row["id"] for row in found] == [made[0]]
    assert api.send("get", f"/customers?at={chain.west_store}&q=0001").json()["items"] == []


@pytest.mark.parametrize(("language", "words"), [("en", "outside your scope"), ("zh-hans", "范围")])
def test_a_place_outside_the_scope_is_none(owner: Staff, language: str, words: str) -> None:
    chain, made = Chain.make(), make_customers(1)
    services.place_customers(viewer=SYSTEM, places={made[0]: PlaceIn(chain.west_store)})
    manager = Caller(org.create_token(staff_id=person("store_manager", chain.east).staff_id or 0, label="test"))
    assert manager.send("get", f"/customers?at={chain.east}").json()["items"] == []
    for unknown in (chain.west_store, chain.company, 10**30):
        answer = manager.send("get", f"/customers?at={unknown}", **{"accept-language": language})
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        assert words in answer.json()["title"]
    assert manager.send("get", "/customers?at=east").status_code == 422


def test_orders_and_refunds_of_a_customer(api: Caller) -> None:
    customer_id = make_customers(1)[0]
    found = api.send("get", f"/customers/{customer_id}/orders").json()
    orders = [(order["order_no"], order["amount_fen"], order["customer_id"]) for order in found["orders"]]
    assert orders == [("O1", 12_000, customer_id)]
    assert [(r["refund_no"], r["amount_fen"]) for r in found["refunds"]] == [("R1", 1_000)]


def test_an_order_has_its_lines(api: Caller) -> None:
    customer_id = make_customers(1)[0]
    order_id = api.send("get", f"/customers/{customer_id}/orders").json()["orders"][0]["id"]
    found = api.send("get", f"/orders/{order_id}").json()
    assert found["order"]["order_no"] == "O1"
    assert found["lines"] == [
        {"sku": "SKU1", "title": "Article 1", "quantity": 1, "amount_fen": 8_000},
        {"sku": "SKU2", "title": "Article 2", "quantity": 1, "amount_fen": 4_000},
    ]


def test_the_timeline_tells_events_with_their_bodies_page_by_page(api: Caller) -> None:
    customer_id = make_customers(1)[0]
    events, cursor = [], ""
    while cursor is not None:
        page = api.send("get", f"/customers/{customer_id}/timeline?limit=1&cursor={cursor}").json()
        events += page["items"]
        cursor = page["next_cursor"]
    moments = [event["occurred_at"] for event in events]
    assert moments == sorted(moments, reverse=True)
    assert {event["name"]: event["body"].get("amount_fen") for event in events} == {
        "customers.profile_changed": None,
        "customers.consent_changed": None,
        "commerce.order_paid": 12_000,
        "commerce.order_refunded": -1_000,
    }


def test_consents_name_their_evidence(api: Caller) -> None:
    customer_id = make_customers(1)[0]
    found = api.send("get", f"/customers/{customer_id}/consents").json()["items"]
    assert [(c["channel"], c["purpose"], c["granted"], c["evidence"]) for c in found] == [
        ("sms", "marketing", True, "test")
    ]


@pytest.mark.parametrize("path", ["/customers/999", "/customers/999/timeline", "/customers/999/orders", "/orders/999"])
def test_what_does_not_exist_is_a_problem_document(api: Caller, path: str) -> None:
    answer = api.send("get", path)
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "not_found"


@pytest.mark.parametrize(
    "path",
    [
        "/customers",
        "/customers?at={company}",
        "/customers/{id}",
        "/customers/{id}/orders",
        "/customers/{id}/timeline",
        "/jobs",
    ],
)
def test_reads_cost_the_same_queries_with_one_row_and_with_three(api: Caller, path: str) -> None:
    from django.db import connection

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert api.send("get", path.format(id=customer_id, company=company)).status_code == 200
        return len(captured)

    def make(count: int, *, first: int = 1) -> list[int]:
        made = make_customers(count, first=first)
        services.place_customers(viewer=SYSTEM, places=dict.fromkeys(made, PlaceIn(company)))
        return made

    company = queries.root().id
    customer_id = make(1)[0]
    alone = cost()
    make(2, first=2)
    assert cost() == alone

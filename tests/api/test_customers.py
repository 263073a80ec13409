"""Customers and orders through the API."""

from __future__ import annotations

import pytest
from django.test.utils import CaptureQueriesContext
from tests.api.conftest import Caller
from tests.api.data import make_customers

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
    "path", ["/customers", "/customers/{id}", "/customers/{id}/orders", "/customers/{id}/timeline", "/jobs"]
)
def test_reads_cost_the_same_queries_with_one_row_and_with_three(api: Caller, path: str) -> None:
    from django.db import connection

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert api.send("get", path.format(id=customer_id)).status_code == 200
        return len(captured)

    customer_id = make_customers(1)[0]
    alone = cost()
    make_customers(2, first=2)
    assert cost() == alone

"""Customers: list, search, profile, consent, timeline, orders."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router

from siyu.api.authentication import needs, viewer
from siyu.api.schemas.customers import ConsentList, CustomerOut, CustomerPage, TimelinePage
from siyu.api.schemas.orders import CustomerOrders
from siyu.api.schemas.paging import Cursor, Limit
from siyu.commerce import queries as commerce
from siyu.customers import queries
from siyu.customers.permissions import CUSTOMERS_VIEW

router = Router()
Search = Annotated[
    str, Query(max_length=120, description="Beginning of a name, a member number, a phone or its last four digits.")
]
At = Annotated[int | None, Query(description="Only customers whose home store is this place or lies below it.")]


@router.get("", response=CustomerPage, auth=needs(CUSTOMERS_VIEW))
def list_customers(
    request: HttpRequest, q: Search = "", at: At = None, cursor: Cursor = None, limit: Limit = 50
) -> Any:
    """Customers, newest first."""
    return queries.search(viewer(request), text=q, cursor=cursor, limit=limit, node_id=at)


@router.get("/{int:customer_id}", response=CustomerOut, auth=needs(CUSTOMERS_VIEW))
def get_customer(request: HttpRequest, customer_id: int) -> Any:
    """One customer, by the id of the record or of any record merged into it."""
    return queries.customer(viewer(request), customer_id)


@router.get("/{int:customer_id}/consents", response=ConsentList, auth=needs(CUSTOMERS_VIEW))
def list_consents(request: HttpRequest, customer_id: int) -> Any:
    """What the customer allows now, per channel and purpose, with the evidence."""
    return {"items": queries.consents(viewer(request), customer_id)}


@router.get("/{int:customer_id}/timeline", response=TimelinePage, auth=needs(CUSTOMERS_VIEW))
def list_timeline(request: HttpRequest, customer_id: int, cursor: Cursor = None, limit: Limit = 50) -> Any:
    """What happened to the customer, newest first."""
    return queries.timeline(viewer(request), customer_id, cursor=cursor, limit=limit)


@router.get("/{int:customer_id}/orders", response=CustomerOrders, auth=needs(CUSTOMERS_VIEW))
def list_orders(request: HttpRequest, customer_id: int) -> Any:
    """Orders and refunds of the customer, newest first."""
    seen_by = viewer(request)
    fragments = queries.fragments_of(queries.customer(seen_by, customer_id).id)
    return {
        "orders": commerce.orders_of(seen_by, fragments),
        "refunds": commerce.refunds_of(seen_by, fragments),
    }

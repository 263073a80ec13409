"""Orders."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router

from siyu.api.authentication import needs, viewer
from siyu.api.schemas.orders import OrderDetail
from siyu.commerce import queries
from siyu.customers.permissions import CUSTOMERS_VIEW

router = Router()


@router.get("/{int:order_id}", response=OrderDetail, auth=needs(CUSTOMERS_VIEW))
def get_order(request: HttpRequest, order_id: int) -> Any:
    """One order with its lines."""
    order, lines = queries.order(viewer(request), order_id)
    return {"order": order, "lines": lines}

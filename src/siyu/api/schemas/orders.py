"""Orders and refunds. Amounts of refunds are positive: what went back."""

from __future__ import annotations

from datetime import datetime

from ninja import Schema


class OrderOut(Schema):
    id: int
    shop: str
    order_no: str
    customer_id: int | None
    paid_at: datetime
    amount_fen: int
    line_count: int

    @staticmethod
    def resolve_customer_id(obj: object) -> int | None:
        found: int | None = getattr(obj, "fragment_id", None)
        return found


class LineOut(Schema):
    sku: str
    title: str
    quantity: int
    amount_fen: int


class OrderDetail(Schema):
    order: OrderOut
    lines: list[LineOut]


class RefundOut(Schema):
    id: int
    shop: str
    refund_no: str
    refunded_at: datetime
    amount_fen: int
    line_count: int


class CustomerOrders(Schema):
    """The newest 200 of each."""

    orders: list[OrderOut]
    refunds: list[RefundOut]

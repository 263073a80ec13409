"""What crosses the boundary of `commerce`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from siyu.kernel.errors import SiyuError


class LineIn(NamedTuple):
    """One line. `line_key` (16 bytes) tells it from every other line of its order, also in a later file.

    A tuple, because imports make them by the million.
    """

    line_key: bytes
    sku: str
    title: str
    quantity: int
    amount_fen: int


@dataclass(frozen=True, slots=True)
class OrderIn:
    """A paid order, or some of its lines. `fragment_id` None is a sale to nobody known."""

    shop: str
    order_no: str
    fragment_id: int | None
    paid_at: datetime
    lines: tuple[LineIn, ...]


@dataclass(frozen=True, slots=True)
class RefundIn:
    """Money given back. Amounts are positive; `order_no` names the order where it is known."""

    shop: str
    refund_no: str
    fragment_id: int | None
    refunded_at: datetime
    lines: tuple[LineIn, ...]
    order_no: str = ""


@dataclass(frozen=True, slots=True)
class RecordResult:
    """What `record_orders` changed; line counts are of the rows given, `new_line_keys` names the new ones."""

    new_order_count: int
    new_refund_count: int
    new_line_count: int
    duplicate_line_count: int
    gmv_fen: int
    refunds_fen: int
    new_line_keys: tuple[bytes, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class OrderView:
    id: int
    shop: str
    order_no: str
    fragment_id: int | None
    paid_at: datetime
    amount_fen: int
    line_count: int


@dataclass(frozen=True, slots=True)
class LineView:
    sku: str
    title: str
    quantity: int
    amount_fen: int


@dataclass(frozen=True, slots=True)
class RefundView:
    id: int
    shop: str
    refund_no: str
    refunded_at: datetime
    amount_fen: int
    line_count: int


@dataclass(frozen=True, slots=True)
class CustomerTotals:
    """Totals of one fragment over all time."""

    fragment_id: int
    order_count: int
    gmv_fen: int
    refunds_fen: int
    first_paid_at: datetime | None
    last_paid_at: datetime | None

    @property
    def net_sales_fen(self) -> int:
        return self.gmv_fen - self.refunds_fen


class OrderTooLong(SiyuError):
    code = "order_too_long"
    status = 422
    message = "Order %(number)s has %(count)s lines; the limit is %(limit)s."

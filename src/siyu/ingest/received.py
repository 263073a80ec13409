"""The shapes of what lies in the inbox, by kind: written by the collector, read by the resolver. Free of Django.

``click``        one visit of a short link: `ReceivedClick`.
``sms_receipt``  a provider's callback, byte for byte as it came in; `messaging` knows how to read it.
``order``        the orders of one request: `ReceivedOrders`. `HookRequest` is what a shop sends, in its own terms.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from siyu.kernel.errors import SiyuError
from siyu.kernel.money import fen_from_decimal

CLICK = "click"
SMS_RECEIPT = "sms_receipt"
ORDER = "order"

# Orders of one request: with 500 lines each it is at the size limit anyway; a shop with more sends again.
MAX_ORDERS = 1_000
MAX_LINES = 500
# Money of one line, in fen: far above any retail line, far below what a sum of them could overflow.
MAX_LINE_FEN = 10**12
MAX_QUANTITY = 10**6

Number = Annotated[str, Meta(min_length=1, max_length=64)]
MaybeNumber = Annotated[str, Meta(max_length=64)]
ShortText = Annotated[str, Meta(max_length=200)]
Aware = Annotated[datetime, Meta(tz=True)]


class InvalidOrder(SiyuError):
    code = "invalid_order"
    status = 422
    message = "Order %(order_no)s cannot be taken: %(reason)s"


class HookLine(Struct, frozen=True):
    """A line as a shop sends it: `amount` is what was paid for all of it, in yuan; `line_no` tells twins apart."""

    sku: Number
    quantity: Annotated[int, Meta(ge=1, le=MAX_QUANTITY)]
    amount: Decimal
    title: ShortText = ""
    line_no: MaybeNumber = ""


class HookOrder(Struct, frozen=True):
    """A paid order as a shop sends it. `phone` and `member_no` say whose it is; without both it is a guest's."""

    order_no: Number
    paid_at: Aware
    lines: Annotated[tuple[HookLine, ...], Meta(min_length=1, max_length=MAX_LINES)]
    shop: MaybeNumber = ""
    phone: Annotated[str, Meta(max_length=32)] = ""
    member_no: MaybeNumber = ""
    name: Annotated[str, Meta(max_length=80)] = ""


class HookRequest(Struct, frozen=True):
    """The body of POST /v1/orders."""

    orders: Annotated[tuple[HookOrder, ...], Meta(min_length=1, max_length=MAX_ORDERS)]


class ReceivedClick(Struct, frozen=True):
    """A visit. `message_id` is new for each, so that two real visits count as two and a replay of a row as none."""

    token: str
    at_ms: int
    message_id: str
    is_bot: bool
    agent: str


class ReceivedLine(Struct, frozen=True):
    sku: str
    title: str
    quantity: int
    amount_fen: int
    line_no: str


class ReceivedOrder(Struct, frozen=True):
    shop: str
    order_no: str
    paid_at: datetime
    phone: str
    member_no: str
    name: str
    lines: tuple[ReceivedLine, ...]


class ReceivedOrders(Struct, frozen=True):
    orders: tuple[ReceivedOrder, ...]


def received_order(order: HookOrder, *, key_shop: str) -> ReceivedOrder:
    """A shop's order in Siyu's terms. A key of one shop brings that shop's orders only; InvalidOrder otherwise."""
    shop = order.shop or key_shop
    if not shop or (key_shop and shop != key_shop):
        raise InvalidOrder(order_no=order.order_no, reason="the write key is not one of this shop")
    return ReceivedOrder(
        shop=shop,
        order_no=order.order_no,
        paid_at=order.paid_at,
        phone=order.phone,
        member_no=order.member_no,
        name=order.name,
        lines=tuple(_line(order.order_no, line) for line in order.lines),
    )


def _line(order_no: str, line: HookLine) -> ReceivedLine:
    try:
        amount_fen = fen_from_decimal(line.amount)
    except (ValueError, ArithmeticError) as error:
        raise InvalidOrder(order_no=order_no, reason="an amount is not a number") from error
    if not 0 <= amount_fen <= MAX_LINE_FEN:
        raise InvalidOrder(order_no=order_no, reason="an amount is out of range")
    return ReceivedLine(line.sku, line.title, line.quantity, amount_fen, line.line_no)


def encode(received: ReceivedClick | ReceivedOrders) -> bytes:
    return msgspec.json.encode(received)


def decode_click(body: bytes) -> ReceivedClick:
    return msgspec.json.decode(body, type=ReceivedClick)


def decode_orders(body: bytes) -> ReceivedOrders:
    return msgspec.json.decode(body, type=ReceivedOrders)

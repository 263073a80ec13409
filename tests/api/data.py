"""A small shop: customers with orders, consent and a click."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from siyu.commerce.contracts import LineIn, OrderIn, RefundIn
from siyu.commerce.services import record_orders
from siyu.customers.contracts import Channel, ConsentIn, IdentityKey, IdentityKind, PersonIn, Purpose
from siyu.customers.services import ensure_people
from siyu.eventlog import records

START = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)


def make_customers(count: int, *, first: int = 1) -> list[int]:
    """Customers first … first+count-1, each with a phone, consent, an order of two lines and a refund of one."""
    people = [
        PersonIn(
            keys=(
                IdentityKey(IdentityKind.MEMBER, "main", f"M{number}"),
                IdentityKey(IdentityKind.PHONE, "", f"+86138000{number:05}"),
            ),
            seen_at=START,
            display_name=f"Customer {number}",
            attributes={"city": "Hangzhou"},
            consents=(ConsentIn(Channel.SMS, Purpose.MARKETING, True, START, "test"),),
        )
        for number in range(first, first + count)
    ]
    with records.transaction():
        fragments = ensure_people(people, source="test", trace_id="")
        orders = [_order(number, fragment) for number, fragment in enumerate(fragments, first)]
        refunds = [_refund(number, fragment) for number, fragment in enumerate(fragments, first)]
        record_orders(orders, refunds, source="test", trace_id="")
    return list(fragments)


def _order(number: int, fragment_id: int) -> OrderIn:
    lines = (_line(number, 1, 8_000), _line(number, 2, 4_000))
    return OrderIn("main", f"O{number}", fragment_id, START + timedelta(days=number), lines)


def _refund(number: int, fragment_id: int) -> RefundIn:
    at = START + timedelta(days=number, hours=5)
    return RefundIn("main", f"R{number}", fragment_id, at, (_line(number, 3, 1_000),), f"O{number}")


def _line(number: int, place: int, amount_fen: int) -> LineIn:
    return LineIn(bytes([number % 256, place]) + bytes(14), f"SKU{place}", f"Article {place}", 1, amount_fen)

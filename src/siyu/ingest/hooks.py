"""Takes rows of the inbox over: clicks of short links, orders that a shop reports by its hook."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

from siyu.commerce.contracts import LineIn, OrderIn
from siyu.commerce.services import record_orders
from siyu.customers.contracts import IdentityKey, IdentityKind, PersonIn
from siyu.customers.services import ensure_people
from siyu.ingest import received
from siyu.ingest.inbox import InboxRow
from siyu.ingest.received import ReceivedLine, ReceivedOrder
from siyu.ingest.rules import phones
from siyu.kernel import clock
from siyu.links.contracts import Click
from siyu.links.services import record_clicks

SOURCE = "hook"
_SEPARATOR = "\x1f"


def take_clicks(rows: Sequence[InboxRow]) -> None:
    """Publishes visits; a replayed row is known by its message id."""
    clicks = [received.decode_click(row.body) for row in rows]
    record_clicks([Click(c.token, clock.from_millis(c.at_ms), c.message_id, c.is_bot, c.agent) for c in clicks])


def take_orders(rows: Sequence[InboxRow]) -> None:
    """Records the orders of each request under its own trace; a line reported twice is one line."""
    for row in rows:
        for orders in _each_once(received.decode_orders(row.body).orders):
            _record(orders, row.trace_id)


def _record(orders: Sequence[ReceivedOrder], trace_id: str) -> None:
    people = [
        PersonIn(keys=keys, seen_at=order.paid_at, display_name=order.name)
        for order in orders
        if (keys := _keys(order))
    ]
    found = iter(ensure_people(people, source=SOURCE, trace_id=trace_id))
    fragments = [next(found) if _keys(order) else None for order in orders]
    record_orders(
        [
            OrderIn(order.shop, order.order_no, fragment_id, order.paid_at, _lines(order))
            for order, fragment_id in zip(orders, fragments, strict=True)
        ],
        [],
        source=SOURCE,
        trace_id=trace_id,
    )


def _each_once(orders: Sequence[ReceivedOrder]) -> list[list[ReceivedOrder]]:
    """Splits a request so that each part has an order number once: a second mention revises the first."""
    parts: list[dict[tuple[str, str], ReceivedOrder]] = []
    for order in orders:
        number = (order.shop, order.order_no)
        part = next((part for part in parts if number not in part), None)
        if part is None:
            part = {}
            parts.append(part)
        part[number] = order
    return [list(part.values()) for part in parts]


def _keys(order: ReceivedOrder) -> tuple[IdentityKey, ...]:
    phone = phones.parse_phone(order.phone) if order.phone else None
    keys = [IdentityKey(IdentityKind.MEMBER, order.shop, order.member_no)] if order.member_no else []
    return (*keys, IdentityKey(IdentityKind.PHONE, "", phone)) if phone else tuple(keys)


def _lines(order: ReceivedOrder) -> tuple[LineIn, ...]:
    """Equal lines without a line number are told apart by their place among their equals."""
    seen: dict[str, int] = {}
    lines = []
    for line in order.lines:
        text = _key_text(order, line)
        seen[text] = seen.get(text, 0) + 1
        numbered = text if line.line_no else f"{text}{_SEPARATOR}{seen[text]}"
        key = blake2b(numbered.encode(), digest_size=16).digest()
        lines.append(LineIn(key, line.sku, line.title, line.quantity, line.amount_fen))
    return tuple(lines)


def _key_text(order: ReceivedOrder, line: ReceivedLine) -> str:
    if line.line_no:
        return _SEPARATOR.join((order.shop, order.order_no, "sale", "#", line.line_no))
    parts = (line.sku, line.title, str(line.quantity), "", str(line.amount_fen))
    return _SEPARATOR.join((order.shop, order.order_no, "sale", *parts))

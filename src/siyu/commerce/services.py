"""Verbs of `commerce`: record what was sold and what went back.

Orders and refunds are *heads* with keyed lines and take the same way: insert the heads that are new, insert the lines
that are new, add their amounts. So the same rows given twice change nothing, and an order whose lines arrive in two
files ends as if they had come in one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from siyu.commerce import events, totals
from siyu.commerce.contracts import LineIn, OrderIn, OrderTooLong, RecordResult, RefundIn
from siyu.eventlog import records
from siyu.eventlog.contracts import NewEvent
from siyu.eventlog.services import publish
from siyu.kernel.failpoints import failpoint

# Lines of one order or refund. Larger ones are a mistaken column mapping, and would break the batch size.
MAX_LINES = 5_000
_LINE_COLUMNS = ("head_id", "line_key", "sku", "title", "quantity", "amount_fen")


@dataclass(frozen=True, slots=True)
class _Head:
    """What orders and refunds have in common, before they are stored."""

    shop: str
    number: str
    fragment_id: int | None
    at: datetime
    lines: tuple[LineIn, ...]
    order_no: str = ""


@dataclass(slots=True)
class _Stored:
    """A head with its id and what this call added to it."""

    id: int
    head: _Head
    fragment_id: int | None
    is_new: bool
    new_lines: list[LineIn]
    added_fen: int = 0


def record_orders(
    orders: Sequence[OrderIn], refunds: Sequence[RefundIn], *, source: str, trace_id: str
) -> RecordResult:
    """Records orders and refunds inside the caller's transaction; publishes what is new. Idempotent by line key.

    Give an order once per call. The customer of an order is the one it was first recorded with.
    """
    order_heads = [_Head(o.shop, o.order_no, o.fragment_id, o.paid_at, o.lines) for o in orders]
    refund_heads = [_Head(r.shop, r.refund_no, r.fragment_id, r.refunded_at, r.lines, r.order_no) for r in refunds]
    sold = _store("commerce_order", "commerce_orderline", order_heads, trace_id)
    returned = _store("commerce_refund", "commerce_refundline", refund_heads, trace_id)
    failpoint("commerce.record.before_publish")
    publish([*_order_events(sold, source, trace_id), *_refund_events(returned, source, trace_id)])
    failpoint("commerce.record.before_totals")
    totals.add(
        [(s.fragment_id, s.head.at, s.added_fen, s.is_new) for s in sold if s.fragment_id and s.new_lines],
        [(r.fragment_id, r.added_fen) for r in returned if r.fragment_id and r.new_lines],
    )
    given = sum(len(head.lines) for head in (*order_heads, *refund_heads))
    new_keys = tuple(line.line_key for stored in (*sold, *returned) for line in stored.new_lines)
    return RecordResult(
        new_order_count=sum(stored.is_new for stored in sold),
        new_refund_count=sum(stored.is_new for stored in returned),
        new_line_count=len(new_keys),
        duplicate_line_count=given - len(new_keys),
        gmv_fen=sum(stored.added_fen for stored in sold),
        refunds_fen=sum(stored.added_fen for stored in returned),
        new_line_keys=new_keys,
    )


def _store(head_table: str, line_table: str, heads: Sequence[_Head], trace_id: str) -> list[_Stored]:
    if not heads:
        return []
    for head in heads:
        if len(head.lines) > MAX_LINES:
            raise OrderTooLong(number=head.number, count=len(head.lines), limit=MAX_LINES)
    known = _find(head_table, heads)
    stored = [_stored(head, known.get((head.shop, head.number))) for head in heads]
    _choose_lines(line_table, stored)
    _insert_heads(head_table, [item for item in stored if item.is_new], trace_id)
    _insert_lines(line_table, stored)
    _add_amounts(head_table, [item for item in stored if item.new_lines and not item.is_new])
    return stored


def _stored(head: _Head, row: tuple[int, int | None] | None) -> _Stored:
    """What is stored of a head; a new one gets its id when it is inserted."""
    head_id, fragment_id = row or (0, head.fragment_id)
    return _Stored(id=head_id, head=head, fragment_id=fragment_id, is_new=row is None, new_lines=[])


def _find(head_table: str, heads: Sequence[_Head]) -> dict[tuple[str, str], tuple[int, int | None]]:
    """(shop, number) → (id, fragment id) of those heads that are stored."""
    numbers_by_shop: dict[str, list[str]] = defaultdict(list)
    for head in heads:
        numbers_by_shop[head.shop].append(head.number)
    found: dict[tuple[str, str], tuple[int, int | None]] = {}
    for shop, numbers in numbers_by_shop.items():
        sql = f"SELECT id, fragment_id, number FROM {head_table} WHERE number IN ({{places}}) AND shop = %s"
        for head_id, fragment_id, number in records.select_in(sql, numbers, shop):
            found[shop, number] = (head_id, fragment_id)
    return found


def _choose_lines(line_table: str, stored: Sequence[_Stored]) -> None:
    """Finds which of the given lines are new, each key once."""
    known_keys: dict[int, set[bytes]] = defaultdict(set)
    sql = f"SELECT head_id, line_key FROM {line_table} WHERE head_id IN ({{places}})"
    for head_id, line_key in records.select_in(sql, [item.id for item in stored if not item.is_new]):
        known_keys[head_id].add(bytes(line_key))
    for item in stored:
        known = known_keys[item.id] if not item.is_new else ()
        given = {line.line_key: line for line in reversed(item.head.lines)}
        item.new_lines = [line for key, line in reversed(given.items()) if key not in known]
        item.added_fen = sum([line.amount_fen for line in item.new_lines])


def _insert_heads(head_table: str, new: Sequence[_Stored], trace_id: str) -> None:
    """Inserts heads with their amounts and sets their ids. If another writer was faster, the transaction fails."""
    columns = ["shop", "number", "fragment_id", "at", "amount_fen", "line_count", "trace_id"]
    rows: list[list[Any]] = [
        [
            item.head.shop,
            item.head.number,
            item.fragment_id,
            records.db_moment(item.head.at),
            item.added_fen,
            len(item.new_lines),
            trace_id,
        ]
        for item in new
    ]
    if head_table == "commerce_refund":
        columns.append("order_id")
        order_ids = _order_ids([item.head for item in new])
        for row, item in zip(rows, new, strict=True):
            row.append(order_ids.get((item.head.shop, item.head.order_no)))
    for item, head_id in zip(new, records.bulk_insert_ids(head_table, columns, rows), strict=True):
        item.id = head_id


def _order_ids(refunds: Sequence[_Head]) -> Mapping[tuple[str, str], int]:
    named = [_Head(head.shop, head.order_no, None, head.at, ()) for head in refunds if head.order_no]
    return {key: head_id for key, (head_id, _) in _find("commerce_order", named).items()}


def _insert_lines(line_table: str, stored: Sequence[_Stored]) -> None:
    rows = [(item.id, *line) for item in stored for line in item.new_lines]
    records.bulk_insert(line_table, _LINE_COLUMNS, rows)


def _add_amounts(head_table: str, revised: Sequence[_Stored]) -> None:
    records.bulk_upsert(
        head_table,
        ("id", "shop", "number", "at", "amount_fen", "line_count", "trace_id"),
        [
            (i.id, i.head.shop, i.head.number, records.db_moment(i.head.at), i.added_fen, len(i.new_lines), "")
            for i in revised
        ],
        key=("id",),
        update={"amount_fen": records.Merge.ADD, "line_count": records.Merge.ADD},
    )


def _order_events(sold: Sequence[_Stored], source: str, trace_id: str) -> list[NewEvent]:
    return [
        _event(
            events.ORDER_PAID if item.is_new else events.ORDER_REVISED,
            item,
            {"object_id": item.id, "order_no": item.head.number, "amount_fen": item.added_fen},
            source,
            trace_id,
        )
        for item in sold
        if item.new_lines
    ]


def _refund_events(returned: Sequence[_Stored], source: str, trace_id: str) -> list[NewEvent]:
    return [
        _event(
            events.ORDER_REFUNDED,
            item,
            {"object_id": item.id, "refund_no": item.head.number, "amount_fen": -item.added_fen},
            source,
            trace_id,
        )
        for item in returned
        if item.new_lines
    ]


def _event(name: str, item: _Stored, body: dict[str, Any], source: str, trace_id: str) -> NewEvent:
    return NewEvent(
        name=name,
        occurred_at=item.head.at,
        body={**body, "shop": item.head.shop, "line_count": len(item.new_lines)},
        fragment_id=item.fragment_id,
        source=source,
        trace_id=trace_id,
    )

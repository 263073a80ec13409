"""Lines become units: everything a file says about one order number, with its person, ready to be recorded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from hashlib import blake2b
from typing import Any, NamedTuple

from siyu.commerce.contracts import LineIn
from siyu.ingest.imports.gathering import Orders
from siyu.ingest.imports.plan import Plan
from siyu.kernel import clock

# Rows of one write transaction. Eight times the common limit, which is meant for rows that cost ten times as much:
# these hold the gate for some 50 ms, and each transaction costs an fsync, two dozen statements and the pages of every
# index that its rows are scattered over, whatever its size.
TRANSACTION_ROWS = 8_000


class Teller(NamedTuple):
    """What a unit tells about its customer; texts as they are stored."""

    member: str | None
    phone: str | None
    name: str
    attributes: tuple[tuple[str, str], ...]
    consent: bool | None

    @property
    def is_known(self) -> bool:
        return self.member is not None or self.phone is not None


class Unit(NamedTuple):
    """Lines sold and lines given back under one order number. `is_own_refund`: the number is the refund's own."""

    order_no: str
    at: datetime
    first_row: int
    row_count: int
    teller: Teller
    sold: tuple[LineIn, ...]
    returned: tuple[LineIn, ...]
    is_own_refund: bool
    double_rows: tuple[tuple[bytes, bytes], ...]


def units_of(orders: Orders, plan: Plan) -> Iterator[Unit]:
    """The orders as objects, ready to be recorded."""
    lines = orders.lines
    keys = [blake2b(text, digest_size=16).digest() for text in lines["key"].to_list()]
    goods = [lines[name].to_list() for name in ("sku", "title", "quantity", "amount_fen")]
    # As `LineIn._make` does, without a Python call for each line.
    made: list[LineIn] = list(map(partial(tuple.__new__, LineIn), zip(keys, *goods, strict=True)))
    refund_flags, refund_fens = lines["is_refund"].to_list(), lines["refund_fen"].to_list()
    start = 0
    for head in orders.heads.iter_rows(named=True):
        # Longer orders than a write transaction are cut; the rest becomes a revision of the order.
        for begin in range(start, start + head["count"], TRANSACTION_ROWS):
            end = min(begin + TRANSACTION_ROWS, start + head["count"])
            parts = _parts(made, refund_flags, refund_fens, begin, end, mixed=head["any_refund"])
            yield _unit(head, plan, begin - start, end - begin, parts)
        start += head["count"]


_Parts = tuple[tuple[LineIn, ...], tuple[LineIn, ...], tuple[tuple[bytes, bytes], ...]]


def _parts(
    made: Sequence[LineIn],
    refund_flags: Sequence[bool],
    refund_fens: Sequence[int],
    begin: int,
    end: int,
    *,
    mixed: bool,
) -> _Parts:
    """Lines sold, lines given back, and for rows that are both the pair of their keys."""
    if not mixed:
        return tuple(made[begin:end]), (), ()
    sold: list[LineIn] = []
    returned: list[LineIn] = []
    pairs: list[tuple[bytes, bytes]] = []
    for place in range(begin, end):
        line = made[place]
        (returned if refund_flags[place] else sold).append(line)
        if refund_fens[place]:
            key = blake2b(line.line_key + b"refund", digest_size=16).digest()
            returned.append(LineIn(key, line.sku, line.title, line.quantity, refund_fens[place]))
            pairs.append((line.line_key, key))
    return tuple(sold), tuple(returned), tuple(pairs)


def _unit(head: dict[str, Any], plan: Plan, offset: int, row_count: int, parts: _Parts) -> Unit:
    sold, returned, pairs = parts
    attributes = tuple((name, head[f"attr_{name}"]) for name in plan.attributes if head[f"attr_{name}"] is not None)
    return Unit(
        order_no=head["order_no"],
        at=clock.from_millis(head["at_ms"]),
        first_row=head["unit"] + offset,
        row_count=row_count,
        teller=Teller(head["member"], head["phone"], head["name"] or "", attributes, head["consent"]),
        sold=sold,
        returned=returned,
        is_own_refund=head["all_refund"],
        double_rows=pairs,
    )


def chunks(units: Iterable[Unit]) -> Iterator[list[Unit]]:
    """Groups of units that one write transaction takes, an order once in each; cut alike each time a file is read."""
    waiting: dict[str, Unit] = {}
    row_count = 0
    for unit in units:
        if waiting and (row_count + unit.row_count > TRANSACTION_ROWS or unit.order_no in waiting):
            yield list(waiting.values())
            waiting, row_count = {}, 0
        waiting[unit.order_no] = unit
        row_count += unit.row_count
    if waiting:
        yield list(waiting.values())

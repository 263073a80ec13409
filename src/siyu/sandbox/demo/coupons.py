"""The export of orders that recall plans brought: the till's, with the coupon taken off."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from siyu.kernel.clock import to_millis
from siyu.sandbox.demo import files, goods, sheets
from siyu.sandbox.demo.campaigns import Visit
from siyu.sandbox.demo.customers import Channel, make_customers
from siyu.sandbox.demo.facts import make_facts
from siyu.sandbox.demo.layouts import Layout
from siyu.sandbox.demo.orders import Trade
from siyu.sandbox.demo.size import BLOCK_CUSTOMERS, Size

NAME = "orders-4-coupons.csv"
COUPON_FEN = 1_000
_PART = 4
# Blocks of numbers for these orders, far from those of the year's.
_FIRST_BLOCK = 100


def write_coupon_orders(folder: Path, layout: Layout, size: Size, visits: Sequence[Visit]) -> Path:
    """The file of these orders, by time, in the till's layout."""
    by_block: dict[int, list[Visit]] = defaultdict(list)
    for visit in sorted(visits, key=lambda one: (one.person_id, one.at)):
        by_block[(visit.person_id - 1) // BLOCK_CUSTOMERS].append(visit)
    sheet = pl.concat([_sheet(size, block, found) for block, found in sorted(by_block.items())])
    ordered = sheet.sort("placed", "order_no", "number", maintain_order=True)
    return files.write_csv(folder / NAME, layout, ordered, guarded=False)


def _sheet(size: Size, block: int, visits: Sequence[Visit]) -> pl.DataFrame:
    customers = make_customers(size, block)
    trade = _trade(size, block, visits)
    facts = make_facts(size, block + _FIRST_BLOCK, customers, trade)
    return sheets.texts_of(size, customers, facts)


def _trade(size: Size, block: int, visits: Iterable[Visit]) -> Trade:
    """One or two fruits of the season each; whoever comes for a coupon takes something good."""
    chance = size.chance(_PART, block)
    first = size.ids(block).start
    orders, lines = [], []
    for order, visit in enumerate(visits):
        placed = (to_millis(visit.at) - size.first_millis) // 1_000
        orders.append((order, visit.person_id - first, int(Channel.TILL), placed, placed + int(chance.integers(5, 90))))
        for number, (fruit, fen) in enumerate(_basket(chance, visit.at.month), 1):
            lines.append((order, number, fruit, 1, fen, fen, 0, 0))
    return Trade(
        pl.DataFrame(orders, ["order", "customer", "channel", "placed", "paid"], orient="row").cast(
            {"order": pl.UInt32}
        ),
        pl.DataFrame(
            lines,
            ["order", "number", "fruit", "quantity", "unit_fen", "amount_fen", "refund_fen", "refunded"],
            orient="row",
        ).cast({"order": pl.UInt32}),
    )


def _basket(chance: np.random.Generator, month: int) -> list[tuple[int, int]]:
    """Fruits and what is paid for each; the first bears the coupon."""
    weights = np.array(goods.weights(month, by_parcel=False))
    # Nobody spends a coupon on something that costs hardly more.
    weights[[fruit.price_fen < 2 * COUPON_FEN for fruit in goods.FRUITS]] = 0
    chosen = chance.choice(len(weights), size=int(chance.integers(1, 3)), replace=False, p=weights / weights.sum())
    prices = [goods.FRUITS[place].price_fen for place in chosen.tolist()]
    return [
        (place, price - (COUPON_FEN if not number else 0))
        for number, (place, price) in enumerate(zip(chosen.tolist(), prices, strict=True))
    ]

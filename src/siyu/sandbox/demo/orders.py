"""A year of the demo brand's orders: when customers come, where, what they buy, and what they bring back."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl

from siyu.sandbox.demo import goods, seasons
from siyu.sandbox.demo.customers import PERSONAS, Channel
from siyu.sandbox.demo.size import YEAR_DAYS, Size

_PART = 3
DAY_SECONDS = 86_400
# Trade by hour: a store's opening hours, and the evenings of the platforms.
STORE_HOURS = (0, 0, 0, 0, 0, 0, 0, 1, 3, 4, 6, 8, 7, 4, 3, 4, 6, 9, 11, 10, 7, 4, 1, 0)
ONLINE_HOURS = (2, 1, 0, 0, 0, 0, 1, 2, 4, 6, 7, 6, 6, 5, 5, 5, 5, 5, 5, 7, 9, 10, 9, 5)
# Of 100 orders, how many have 1, 2, 3, 4 lines.
STORE_LINES = (0.48, 0.30, 0.16, 0.06)
JD_LINES = (0.85, 0.15, 0.0, 0.0)
# Platforms that export a line for each order, not for each product.
SINGLE_LINE = (Channel.TMALL, Channel.DOUYIN)
QUANTITIES = (0.76, 0.19, 0.05)
PERCENTS = (100, 95, 88, 80)
PERCENT_SHARES = (0.62, 0.16, 0.14, 0.08)
# Of 100 orders of channels whose exports tell it, those with something returned, and of those the whole line.
REFUND_SHARE = 0.029
FULL_REFUND_SHARE = 0.62
# Channels whose exports tell that money went back: part of a line, or only all of it.
PARTLY_REFUNDED = (Channel.TILL, Channel.YOUZAN)
REFUNDED = (*PARTLY_REFUNDED, Channel.DOUYIN)
# Seconds until something is brought back.
REFUND_SECONDS = (2 * 3_600, 72 * 3_600)


class Trade(NamedTuple):
    """The orders of a block, by customer and time, and their lines, by order.

    `orders`: order (its place in the block), customer (place in the block), channel, placed (second of the year), paid.
    `lines`: order, number (from 1), fruit (place in `goods.FRUITS`), quantity, unit_fen, amount_fen, refund_fen,
    refunded (second of the year, 0 for none).
    """

    orders: pl.DataFrame
    lines: pl.DataFrame


def make_trade(size: Size, block: int, customers: pl.DataFrame) -> Trade:
    """Everything that the customers of a block bought; everybody bought at least once."""
    chance = size.chance(_PART, block)
    orders = _orders(chance, size, customers)
    return Trade(orders, _lines(chance, size, orders))


def _orders(chance: np.random.Generator, size: Size, customers: pl.DataFrame) -> pl.DataFrame:
    counts = 1 + chance.poisson(customers["extra"].to_numpy())
    who = np.repeat(np.arange(customers.height), counts)
    share = customers["online_share"].to_numpy()[who]
    online = chance.random(len(who)) < share
    # Whoever is known to the till came there at least once.
    first = np.concatenate([[0], np.cumsum(counts)[:-1]])
    online[first] &= share[first] == 1.0
    channel = np.where(online, customers["channel"].to_numpy()[who], int(Channel.TILL))
    day = _days(chance, size, customers, who, online)
    hour = np.where(
        online, _weighted(chance, ONLINE_HOURS, len(who)), _weighted(chance, STORE_HOURS, len(who))
    )
    placed = day * DAY_SECONDS + hour * 3_600 + chance.integers(0, 3_600, len(who))
    waits = np.where(online, chance.integers(10, 900, len(who)), chance.integers(5, 90, len(who)))
    paid = np.minimum(placed + waits, (day + 1) * DAY_SECONDS - 1)
    found = pl.DataFrame({"customer": who, "channel": channel, "placed": placed, "paid": paid})
    return found.sort("customer", "placed", maintain_order=True).with_row_index("order")


def _days(
    chance: np.random.Generator, size: Size, customers: pl.DataFrame, who: np.ndarray, online: np.ndarray
) -> np.ndarray:
    """The day of each order: within the days in which its customer comes, the busier the likelier."""
    start, stop = (customers[name].to_numpy()[who] for name in ("start", "stop"))
    festive = np.array([persona.festive for persona in PERSONAS])[customers["persona"].to_numpy()[who]]
    where = chance.random(len(who))
    day = np.empty(len(who), dtype=np.int64)
    for chosen, weights in (
        (online, seasons.online_weights(size)),
        (~online & festive, seasons.festive_weights(size)),
        (~online & ~festive, seasons.day_weights(size)),
    ):
        day[chosen] = _placed(weights, start[chosen], stop[chosen], where[chosen])
    return day


def _placed(weights: np.ndarray, start: np.ndarray, stop: np.ndarray, where: np.ndarray) -> np.ndarray:
    """Days between `start` and `stop`, spread by their weights; `where` is each one's place in it, 0 to 1."""
    curve = np.concatenate([[0.0], np.cumsum(weights)])
    days = np.arange(YEAR_DAYS + 1)
    low, high = np.interp(start, days, curve), np.interp(stop, days, curve)
    return np.minimum(np.interp(low + where * (high - low), curve, days).astype(np.int64), YEAR_DAYS - 1)


def _lines(chance: np.random.Generator, size: Size, orders: pl.DataFrame) -> pl.DataFrame:
    channel = orders["channel"].to_numpy()
    counts = np.where(
        channel == Channel.JD, _weighted(chance, JD_LINES, len(channel)), _weighted(chance, STORE_LINES, len(channel))
    )
    counts = np.where(np.isin(channel, SINGLE_LINE), 0, counts) + 1
    order = np.repeat(np.arange(len(channel)), counts)
    fruit = _fruits(chance, size, orders, order)
    # The same fruit twice in one order is one line.
    kept = np.sort(np.unique(order * len(goods.FRUITS) + fruit, return_index=True)[1])
    order, fruit = order[kept], fruit[kept]
    quantity = 1 + _weighted(chance, QUANTITIES, len(order))
    percent = np.array(PERCENTS)[_weighted(chance, PERCENT_SHARES, len(order))]
    unit = np.array([fruit.price_fen for fruit in goods.FRUITS])[fruit] * percent // 100
    firsts = np.concatenate([[True], order[1:] != order[:-1]]) if len(order) else np.zeros(0, dtype=bool)
    place = np.arange(len(order))
    number = place - np.maximum.accumulate(np.where(firsts, place, 0)) + 1
    refund, refunded = _refunds(chance, orders, order, firsts, unit * quantity)
    return pl.DataFrame({
        "order": order, "number": number, "fruit": fruit, "quantity": quantity, "unit_fen": unit,
        "amount_fen": unit * quantity, "refund_fen": refund, "refunded": refunded,
    }).with_columns(pl.col("order").cast(pl.UInt32))  # fmt: skip


def _fruits(chance: np.random.Generator, size: Size, orders: pl.DataFrame, order: np.ndarray) -> np.ndarray:
    """What is bought, by the season of the order's month and by whether it travels."""
    first = np.datetime64(size.first_day)
    days = orders["placed"].to_numpy() // DAY_SECONDS
    months = ((first + days).astype("datetime64[M]").astype(int) % 12 + 1)[order]
    parcel = (orders["channel"].to_numpy() >= Channel.TMALL)[order]
    where = chance.random(len(order))
    fruit = np.empty(len(order), dtype=np.int64)
    for month in range(1, 13):
        for by_parcel in (False, True):
            chosen = (months == month) & (parcel == by_parcel)
            curve = np.cumsum(goods.weights(month, by_parcel=by_parcel))
            fruit[chosen] = np.searchsorted(curve, where[chosen] * curve[-1], side="right")
    return fruit


def _refunds(
    chance: np.random.Generator, orders: pl.DataFrame, order: np.ndarray, firsts: np.ndarray, amount: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """What went back of the first line of some orders, and when; nothing of what would go back after the year."""
    channel = orders["channel"].to_numpy()[order]
    count = len(order)
    chosen = firsts & (chance.random(count) < REFUND_SHARE) & np.isin(channel, REFUNDED)
    refunded = orders["paid"].to_numpy()[order] + chance.integers(*REFUND_SECONDS, count)
    chosen &= refunded < YEAR_DAYS * DAY_SECONDS
    full = (chance.random(count) < FULL_REFUND_SHARE) | ~np.isin(channel, PARTLY_REFUNDED)
    refund = np.where(full, amount, amount * chance.integers(20, 60, count) // 100)
    return np.where(chosen, refund, 0), np.where(chosen, refunded, 0)


def _weighted(chance: np.random.Generator, weights: tuple[float, ...], count: int) -> np.ndarray:
    """`count` places in `weights`, each as often as it weighs."""
    curve = np.cumsum(weights)
    return np.searchsorted(curve, chance.random(count) * curve[-1], side="right")

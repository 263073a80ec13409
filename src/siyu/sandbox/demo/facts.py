"""What every order line says, in one table: numbers of orders and lines, and what each shop shows of its customer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time

import polars as pl

from siyu.sandbox.demo.customers import Channel
from siyu.sandbox.demo.goods import FRUITS
from siyu.sandbox.demo.orders import Trade
from siyu.sandbox.demo.size import Size

# Orders of one block at most; an order's place in all blocks together makes its number.
ORDERS_PER_BLOCK = 10**7
# Multiplying by it, modulo ten digits, leaves no two orders the same number and no order of numbers to be seen.
_SCRAMBLE = 3_816_547_291
_SHIFT = 2_718_281_828
_TEN_DIGITS = 10**10


def make_facts(size: Size, block: int, customers: pl.DataFrame, trade: Trade) -> pl.DataFrame:
    """One row per line, by customer and time.

    order, number (of the line), channel, customer (places in the block), order_no, line_no, digits, placed and paid
    (seconds of the year), member, phone, name (as the shop shows them, "" for nothing), sku, title, quantity, unit_fen,
    amount_fen, order_fen, refund_fen, refunded.
    """
    people = customers.select("name", "phone", "member_no", "handle", "masked").with_row_index("customer")
    orders = (
        trade.orders.with_columns(pl.col("customer").cast(pl.UInt32))
        .join(people, on="customer", how="left", maintain_order="left")
        .with_columns(_digits(block).alias("digits"), moment(size, pl.col("placed")).alias("at"))
        .with_columns(_order_no().alias("order_no"), _member().alias("member"), *_masked())
    )
    goods = pl.DataFrame({"sku": [f.sku for f in FRUITS], "title": [f.title for f in FRUITS]}).with_row_index("fruit")
    lines = (
        trade.lines.with_columns(pl.col("fruit").cast(pl.UInt32))
        .with_columns(pl.col("amount_fen").sum().over("order").alias("order_fen"))
        .join(orders, on="order", how="left", maintain_order="left")
        .join(goods, on="fruit", how="left", maintain_order="left")
    )
    return lines.select(
        "order", "number", "channel", "customer", "order_no", _line_no().alias("line_no"), "digits", "placed", "paid",
        "member", "phone", "name", "sku", "title", "quantity", "unit_fen", "amount_fen", "order_fen", "refund_fen",
        "refunded",
    )  # fmt: skip


def moment(size: Size, seconds: pl.Expr) -> pl.Expr:
    """Local and without a zone, as every console writes it."""
    return pl.lit(datetime.combine(size.first_day, time.min)) + pl.duration(seconds=seconds)


def by_channel(texts: Mapping[Channel, pl.Expr]) -> pl.Expr:
    """What each channel says; "" for one that is not named."""
    found = [pl.when(pl.col("channel") == channel).then(text) for channel, text in texts.items()]
    return pl.coalesce([*found, pl.lit("")])


def _digits(block: int) -> pl.Expr:
    """Ten digits that belong to one order of all."""
    place = pl.col("order").cast(pl.Int64) + block * ORDERS_PER_BLOCK
    return ((place * _SCRAMBLE + _SHIFT) % _TEN_DIGITS).cast(pl.String).str.zfill(10)


def _order_no() -> pl.Expr:
    """Numbers as the shops have them. A spreadsheet that takes 19 digits for a number ruins them."""
    at, digits = pl.col("at"), pl.col("digits")
    return by_channel({
        Channel.TILL: at.dt.strftime("%Y%m%d") + "0" + digits,
        Channel.YOUZAN: "E" + at.dt.strftime("%Y%m%d%H%M%S") + digits,
        Channel.TMALL: "41" + digits + digits.str.slice(3, 7),
        Channel.JD: "30" + digits,
        Channel.DOUYIN: "69" + digits + digits.str.slice(1, 6) + "0",
    })  # fmt: skip


def _line_no() -> pl.Expr:
    """Of the shops that number lines."""
    order_no, number = pl.col("order_no"), pl.col("number").cast(pl.String)
    return by_channel({
        Channel.TILL: order_no + "-" + number,
        Channel.YOUZAN: order_no + "-" + number,
        Channel.DOUYIN: order_no.str.slice(0, 18) + number,
    })  # fmt: skip


def _member() -> pl.Expr:
    """What the shop calls its customer; the others know a phone only."""
    handle = pl.col("handle")
    return by_channel({Channel.TILL: pl.col("member_no"), Channel.TMALL: handle, Channel.JD: handle})


def _masked() -> tuple[pl.Expr, pl.Expr]:
    """Platforms hide all of a name but its first character, and the middle of the phone."""
    hidden = pl.col("masked") & (pl.col("channel") != Channel.TILL)
    name, phone = pl.col("name"), pl.col("phone")
    middle = phone.str.slice(0, 3) + "****" + phone.str.slice(7)
    return (
        pl.when(hidden).then(name.str.slice(0, 1) + "**").otherwise(name).alias("name"),
        pl.when(hidden).then(middle).otherwise(phone).alias("phone"),
    )

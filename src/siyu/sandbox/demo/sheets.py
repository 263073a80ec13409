"""The lines of all shops as texts: every field that a layout may put into a column."""

from __future__ import annotations

import polars as pl

from siyu.sandbox.demo.customers import Channel, make_customers
from siyu.sandbox.demo.facts import by_channel, make_facts, moment
from siyu.sandbox.demo.orders import DAY_SECONDS, make_trade
from siyu.sandbox.demo.organisation import make_organisation
from siyu.sandbox.demo.size import YEAR_DAYS, Size

NO_REFUND, REFUNDED = "无售后或售后取消", "退款成功"
UNPAID, CLOSED = "unpaid", "closed"
# What each shop calls an order that is over, on its way, not paid yet, and given up.
DONE_WORDS = {
    Channel.TILL: "已完成", Channel.YOUZAN: "已完成", Channel.TMALL: "交易成功", Channel.JD: "已完成",
    Channel.DOUYIN: "已完成",
}  # fmt: skip
SENT_WORDS = {
    Channel.TILL: "已完成", Channel.YOUZAN: "已发货", Channel.TMALL: "卖家已发货，等待买家确认", Channel.JD: "等待收货",
    Channel.DOUYIN: "已发货",
}  # fmt: skip
UNPAID_WORDS = {Channel.TMALL: "等待买家付款", Channel.JD: "等待付款（待付款）", Channel.DOUYIN: "待支付"}
CLOSED_WORDS = {Channel.TMALL: "交易关闭", Channel.JD: "已取消", Channel.DOUYIN: "已关闭"}
CLOSED_REASONS = {Channel.TMALL: "买家未付款", Channel.JD: "", Channel.DOUYIN: "超时未支付"}
# Orders of the last days are still on their way.
SENT_DAYS = 3
# Of so many orders of a platform, one more that was never paid and one more that was given up.
UNPAID_EVERY, CLOSED_EVERY = 60, 35
# One phone of so many in the brand's own shop was typed with its country and in groups.
SPACED_EVERY = 20
TIME = "%Y-%m-%d %H:%M:%S"


def make_sheet(size: Size) -> pl.DataFrame:
    """All lines of the year, by time; with `day` (of the year), the whole fen of `facts`, and texts for layouts."""
    blocks = []
    for block in size.blocks:
        customers = make_customers(size, block)
        facts = make_facts(size, block, customers, make_trade(size, block, customers))
        blocks.append(texts_of(size, customers, facts))
    return pl.concat(blocks).sort("placed", "order_no", "number", maintain_order=True)


def texts_of(size: Size, customers: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    """One block's lines with what layouts need."""
    known = customers.select(
        pl.col("id").cast(pl.String).alias("customer_id"), "province", "city", "district", "gender", "birthday",
        "level", "consent", *_workplaces(size),
    ).with_row_index("customer")  # fmt: skip
    online = pl.col("channel") >= Channel.TMALL
    end = YEAR_DAYS * DAY_SECONDS
    return (
        facts.join(known, on="customer", how="left", maintain_order="left")
        .with_columns((pl.col("placed") // DAY_SECONDS).alias("day"), _address().alias("address"))
        .with_columns(
            moment(size, pl.col("placed")).dt.strftime(TIME).alias("placed_at"),
            moment(size, pl.col("paid")).dt.strftime(TIME).alias("paid_at"),
            pl.when(pl.col("refunded") > 0).then(moment(size, pl.col("refunded")).dt.strftime(TIME))
            .otherwise(pl.lit("")).alias("refunded_at"),
            pl.when(pl.col("placed") > end - SENT_DAYS * DAY_SECONDS).then(_words(SENT_WORDS))
            .otherwise(_words(DONE_WORDS)).alias("state"),
            _after_sale().alias("after_sale"),
            pl.when(pl.col("refund_fen") > 0).then(yuan("refund_fen")).otherwise(pl.lit("")).alias("refund"),
            yuan("unit_fen").alias("unit"), yuan("amount_fen").alias("amount"), yuan("amount_fen").alias("received"),
            yuan("order_fen").alias("order_amount"), _typed_phone().alias("phone"),
            ("36" + pl.col("sku").str.slice(2) + pl.col("sku").str.slice(2)).alias("platform_sku"),
            pl.when(online).then("YT" + pl.col("digits") + "000").otherwise(pl.lit("")).alias("parcel"),
            pl.lit("").alias("closed_because"), pl.lit("").alias("rejected"),
        )
    )  # fmt: skip


def with_dead_orders(sheet: pl.DataFrame, channel: Channel) -> pl.DataFrame:
    """A platform's lines with some that an import has to reject: never paid, and closed without having been paid."""
    place = pl.col("digits").str.slice(4).cast(pl.Int64)
    unpaid = sheet.filter(place % UNPAID_EVERY == 0).with_columns(
        pl.lit(UNPAID).alias("rejected"), pl.lit(UNPAID_WORDS[channel]).alias("state")
    )
    closed = sheet.filter(place % CLOSED_EVERY == 1).with_columns(
        pl.lit(CLOSED).alias("rejected"),
        pl.lit(CLOSED_WORDS[channel]).alias("state"),
        pl.lit(CLOSED_REASONS[channel]).alias("closed_because"),
    )
    # Somebody tried again: what came to nothing has a number of its own.
    dead = pl.concat([unpaid, closed]).with_columns(
        pl.lit("").alias("paid_at"), pl.lit("0.00").alias("received"), pl.lit("").alias("parcel"),
        pl.lit(NO_REFUND).alias("after_sale"),
        *(pl.col(name).str.replace("^.", "2") for name in ("order_no", "line_no")),
    )  # fmt: skip
    return pl.concat([sheet, dead]).sort("placed", "order_no", "number", maintain_order=True)


def last_days(sheet: pl.DataFrame, days: int) -> pl.Series:
    """Which lines are of the newest days."""
    return sheet["day"] >= YEAR_DAYS - days


def yuan(name: str) -> pl.Expr:
    """A column of fen, written as yuan."""
    fen = pl.col(name)
    return (fen // 100).cast(pl.String) + "." + (fen % 100).cast(pl.String).str.zfill(2)


def _workplaces(size: Size) -> tuple[pl.Expr, ...]:
    """Code and name of the home store and the name of the guide, as texts; "" for those without."""
    organisation = make_organisation(size)
    stores = [store.node for store in organisation.stores]
    texts = {
        "store_code": ("store", [node.code for node in stores]),
        "store": ("store", [node.name for node in stores]),
        "guide": ("guide", [employee.name for employee in organisation.staff]),
    }
    return tuple(
        pl.lit(pl.Series(values)).gather(pl.col(place).fill_null(0)).alias(name).pipe(_or_nothing, place)
        for name, (place, values) in texts.items()
    )


def _or_nothing(text: pl.Expr, place: str) -> pl.Expr:
    return pl.when(pl.col(place).is_null()).then(pl.lit("")).otherwise(text).alias(text.meta.output_name())


def _words(words: dict[Channel, str]) -> pl.Expr:
    return by_channel({channel: pl.lit(text) for channel, text in words.items()})


def _after_sale() -> pl.Expr:
    return pl.when(pl.col("refund_fen") > 0).then(pl.lit(REFUNDED)).otherwise(pl.lit(NO_REFUND))


def _address() -> pl.Expr:
    """Where a parcel goes; platforms hide the house with the name."""
    hidden = pl.col("name").str.ends_with("**")
    number = (pl.col("digits").str.slice(6, 2).cast(pl.Int64) + 1).cast(pl.String)
    house = pl.when(hidden).then(pl.lit("****")).otherwise("人民路" + number + "号")
    return pl.col("province") + " " + pl.col("city") + "市 " + pl.col("district") + " " + house


def _typed_phone() -> pl.Expr:
    phone = pl.col("phone")
    spaced = "+86 " + phone.str.slice(0, 3) + " " + phone.str.slice(3, 4) + " " + phone.str.slice(7)
    odd = (pl.col("channel") == Channel.YOUZAN) & (pl.col("customer") % SPACED_EVERY == 0)
    return pl.when(odd).then(spaced).otherwise(phone)

"""A block's orders as rows: heads, lines, refunds, totals, and the events that tell of all of it."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b

import polars as pl

from bench.bulk.context import Context, Frames
from bench.bulk.people import ATTRIBUTES, SHOPS, text_of
from siyu.commerce.events import ORDER_PAID, ORDER_REFUNDED
from siyu.customers.events import CONSENT_CHANGED, PLACED, PROFILE_CHANGED
from siyu.sandbox.demo.layouts import LAYOUTS

# As imports write the text behind a line's key.
_SEPARATOR = "\x1f"
_MICRO_PER_FEN = 10_000
EVENT_COLUMNS = (
    "id", "xid", "name", "fragment_id", "occurred_at_ms", "recorded_at_ms", "dedupe_key", "source", "trace_id", "body",
)  # fmt: skip


def orders_of(context: Context, facts: pl.DataFrame) -> pl.DataFrame:
    """One row per order with `at_ms`, the moment that its layout's first time column tells."""
    placed_first = [int(c) for c, layout in LAYOUTS.items() if layout.reads["paid_at"][0] == "placed_at"]
    seconds = pl.when(pl.col("channel").is_in(placed_first)).then("placed").otherwise("paid")
    return (
        facts.group_by("order", maintain_order=True)
        .agg(
            pl.col("channel", "customer", "order_no", "placed", "paid", "member", "phone", "name").first(),
            pl.col("amount_fen").sum(),
            pl.len().cast(pl.Int64).alias("line_count"),
            pl.col("refund_fen").sum(),
        )
        .with_columns((seconds * 1_000 + context.size.first_millis).alias("at_ms"))
    )


def make_trade_rows(
    context: Context, facts: pl.DataFrame, orders: pl.DataFrame, owners: pl.DataFrame
) -> tuple[pl.DataFrame, Frames]:
    """The heads (orders with ids and shops), and the rows of everything bought and brought back."""
    first = context.take("order", orders.height)
    heads = (
        orders.join(owners.select("owner", "fragment_id"), on="owner", how="left", maintain_order="left")
        .join(SHOPS, on="channel", how="left", maintain_order="left")
        .with_columns((pl.int_range(pl.len()) + first).alias("head_id"), text_of("at_ms").alias("at"))
    )
    lines = _lines(context, facts, heads)
    refunds, refund_lines = _refunds(context, heads, lines)
    trace = pl.lit(context.trace_id).alias("trace_id")
    frames = {
        "commerce_order": heads.select(
            "shop", "fragment_id", "at", "amount_fen", "line_count", trace, id="head_id", number="order_no"
        ),
        "commerce_orderline": lines.select("id", "head_id", "line_key", "sku", "title", "quantity", "amount_fen"),
        "commerce_refund": refunds.select(
            "id", "shop", "fragment_id", "at", trace, number="order_no", amount_fen="refund_fen",
            line_count=pl.lit(1, pl.Int64), order_id="head_id",
        ),
        "commerce_refundline": refund_lines,
        "commerce_customertotal": _totals(heads),
    }  # fmt: skip
    return heads.join(refunds.select("head_id", refund_id="id"), on="head_id", how="left"), frames


def _lines(context: Context, facts: pl.DataFrame, heads: pl.DataFrame) -> pl.DataFrame:
    """Lines as their layout tells them: Tmall's have no goods number, and some are told apart by what they say."""
    named = facts.join(heads.select("order", "head_id", "shop"), on="order", how="left", maintain_order="left")
    no_sku = [int(channel) for channel, layout in LAYOUTS.items() if "sku" not in layout.reads]
    found = named.with_columns(pl.when(pl.col("channel").is_in(no_sku)).then(pl.lit("")).otherwise("sku").alias("sku"))
    keys = [blake2b(text.encode(), digest_size=16).digest() for text in found.select(_key_text())["key"]]
    first = context.take("line", found.height)
    return found.with_columns(
        pl.Series("line_key", keys, pl.Binary), (pl.int_range(pl.len()) + first).alias("id")
    )


def _key_text() -> pl.Expr:
    """The text of a line's key: its number, or else everything it says about the goods and that it is the first."""
    with_price = [int(channel) for channel, layout in LAYOUTS.items() if "unit_price" in layout.reads]
    price = pl.when(pl.col("channel").is_in(with_price)).then((pl.col("unit_fen") * _MICRO_PER_FEN).cast(pl.String))
    content = pl.concat_str(
        ["sku", "title", pl.col("quantity").cast(pl.String), price.fill_null(""), pl.col("amount_fen").cast(pl.String),
         pl.lit("1")],
        separator=_SEPARATOR,
    )  # fmt: skip
    numbered = pl.lit(f"#{_SEPARATOR}") + pl.col("line_no")
    body = pl.when(pl.col("line_no") != "").then(numbered).otherwise(content)
    return pl.concat_str(["shop", "order_no", pl.lit("sale"), body], separator=_SEPARATOR).alias("key")


def _refunds(context: Context, heads: pl.DataFrame, lines: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """At most one line of an order comes back, so a refund has one line."""
    found = heads.filter(pl.col("refund_fen") > 0)
    first = context.take("refund", found.height)
    refunds = found.with_columns((pl.int_range(pl.len()) + first).alias("id"))
    returned = lines.filter(pl.col("refund_fen") > 0).select(
        "head_id", "line_key", "sku", "title", "quantity", amount_fen="refund_fen"
    )
    keys = [blake2b(key + b"refund", digest_size=16).digest() for key in returned["line_key"]]
    with_refund = returned.with_columns(pl.Series("line_key", keys, pl.Binary)).join(
        refunds.select("head_id", refund_id="id"), on="head_id", how="left", maintain_order="left"
    )
    ids = pl.int_range(pl.len()) + context.take("refund line", returned.height)
    return refunds, with_refund.select(
        "line_key", "sku", "title", "quantity", "amount_fen", id=ids, head_id="refund_id"
    )


def _totals(heads: pl.DataFrame) -> pl.DataFrame:
    return (
        heads.filter(pl.col("fragment_id").is_not_null())
        .group_by("fragment_id", maintain_order=True)
        .agg(
            pl.len().cast(pl.Int64).alias("order_count"),
            pl.col("amount_fen").sum().alias("gmv_fen"),
            pl.col("refund_fen").sum().alias("refunds_fen"),
            (pl.col("amount_fen").sum() - pl.col("refund_fen").sum()).alias("net_sales_fen"),
            pl.col("at").min().alias("first_paid_at"),
            pl.col("at").max().alias("last_paid_at"),
        )
        .sort("fragment_id")
    )


def make_events(context: Context, owners: pl.DataFrame, heads: pl.DataFrame) -> pl.DataFrame:
    """The log of a block: whoever is new, where they belong, what they allow, what they bought and brought back."""
    now = pl.lit(context.now_ms, pl.Int64)
    granted = pl.when("granted").then(pl.lit("true")).otherwise(pl.lit("false"))
    paid = _json({"object_id": pl.col("head_id"), "order_no": pl.col("order_no"), "amount_fen": pl.col("amount_fen"),
                  "shop": pl.col("shop"), "line_count": pl.col("line_count")})  # fmt: skip
    returned = _json({"object_id": pl.col("refund_id"), "refund_no": pl.col("order_no"),
                      "amount_fen": -pl.col("refund_fen"), "shop": pl.col("shop"),
                      "line_count": pl.lit(1)})  # fmt: skip
    parts = [
        _event(owners, PROFILE_CHANGED, now, pl.lit('{"fields":[') + _fields() + pl.lit("]}")),
        _event(owners.filter("has_till"), PLACED, now,
               _json({"node_id": pl.col("node_id"), "staff_id": pl.col("staff_id")})),
        _event(owners.filter(pl.col("granted").is_not_null()), CONSENT_CHANGED, pl.col("consent_ms"),
               pl.lit('{"channel":"sms","purpose":"marketing","granted":') + granted + pl.lit("}")),
        _event(heads, ORDER_PAID, pl.col("at_ms"), paid),
        _event(heads.filter(pl.col("refund_id").is_not_null()), ORDER_REFUNDED, pl.col("at_ms"), returned),
    ]  # fmt: skip
    together = pl.concat(parts)
    first = context.take("event", together.height)
    return together.with_columns(
        (pl.int_range(pl.len()) + first).alias("id"),
        pl.lit(context.xid, pl.Int64).alias("xid"),
        now.alias("recorded_at_ms"),
        pl.lit(None, pl.Binary).alias("dedupe_key"),
        pl.lit(context.source).alias("source"),
        pl.lit(context.trace_id).alias("trace_id"),
    ).select(EVENT_COLUMNS)


def _fields() -> pl.Expr:
    """The attributes that somebody has, by name."""
    known = [
        pl.when(pl.col("has_till") & (pl.col(source) != "")).then(pl.lit(f'"{name}"'))
        for name, source in sorted(ATTRIBUTES.items())
    ]
    return pl.concat_str(known, ignore_nulls=True, separator=",")


def _json(values: Mapping[str, pl.Expr]) -> pl.Expr:
    """A body as the log writes it: numbers bare, texts in quotes, nothing in them that would need escaping."""
    texts = frozenset({"order_no", "refund_no", "shop"})
    parts = [
        pl.lit(f'"{name}":') + (pl.lit('"') + value + pl.lit('"') if name in texts else value.cast(pl.String))
        for name, value in values.items()
    ]
    return pl.lit("{") + pl.concat_str(parts, separator=",") + pl.lit("}")


def _event(rows: pl.DataFrame, name: str, occurred_at_ms: pl.Expr, body: pl.Expr) -> pl.DataFrame:
    return rows.select(
        pl.lit(name).alias("name"), "fragment_id", occurred_at_ms.alias("occurred_at_ms"), body.alias("body")
    )

"""The warehouse's part of a block: events, profiles and placements, as shipments and projections would bring them."""

from __future__ import annotations

import io

import polars as pl

from bench.bulk.context import Frames
from bench.bulk.people import ATTRIBUTES
from siyu.warehouse.client import Warehouse


def ship(wh: Warehouse, frames: Frames, events: pl.DataFrame, owners: pl.DataFrame) -> None:
    """Sends what a block's records say."""
    _send(wh, "events", events.select(
        "name",
        pl.from_epoch("occurred_at_ms", time_unit="ms").dt.replace_time_zone("UTC").alias("ts"),
        pl.col("fragment_id").fill_null(0).cast(pl.UInt32).alias("fragment"),
        pl.col("id").cast(pl.UInt64).alias("event_id"),
        "body",
    ))  # fmt: skip
    _send_profiles(wh, owners)
    _send(wh, "placements", frames["customers_placement"].select(
        pl.col("fragment_id").cast(pl.UInt32).alias("fragment"),
        pl.col("node_id").fill_null(0).cast(pl.UInt32).alias("node"),
        pl.col("staff_id").fill_null(0).cast(pl.UInt32).alias("staff"),
        pl.col("version").cast(pl.UInt64),
    ))  # fmt: skip


def _send(wh: Warehouse, table: str, frame: pl.DataFrame) -> None:
    if frame.height:
        file = io.BytesIO()
        frame.write_parquet(file, compression="lz4")
        wh.insert_raw(table, frame.columns, file.getvalue(), form="Parquet")


def _send_profiles(wh: Warehouse, owners: pl.DataFrame) -> None:
    """As lines of text, in which a map is written `{'name':'value'}`."""
    entries = [
        pl.when(pl.col("has_till") & (pl.col(source) != "")).then(pl.lit(f"'{name}':'") + pl.col(source) + pl.lit("'"))
        for name, source in ATTRIBUTES.items()
    ]
    lines = owners.select(
        fragment=pl.col("fragment_id"),
        first_seen=pl.from_epoch("first_seen_ms", time_unit="ms").dt.strftime("%Y-%m-%d %H:%M:%S%.3f"),
        attributes=pl.lit("{") + pl.concat_str(entries, ignore_nulls=True, separator=",") + pl.lit("}"),
        numbers=pl.lit("{}"),
        version=pl.lit(1),
    )
    text = lines.write_csv(include_header=False, separator="\t", quote_style="never")
    wh.insert_raw("profiles", lines.columns, text.encode(), form="TabSeparated")

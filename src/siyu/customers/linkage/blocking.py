"""Blocking: the pairs of records that are worth comparing, because something of them is equal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
import polars as pl

from siyu.customers.linkage.clusters import Pairs
from siyu.customers.linkage.keys import MARK

# A value that more records share says too little to compare all of them: a family name, a suburb.
MAX_BLOCK = 60
# Letters of two columns that are equal together in another block.
PREFIX_CHARS = 3
# Compared at most; 24 bytes and some 15 µs each.
MAX_PAIRS = 20_000_000


def candidates(table: pl.DataFrame, columns: Sequence[str]) -> Pairs | None:
    """Pairs with one equal column, or the same beginnings of two; each once, the earlier record first.

    None if there are more than MAX_PAIRS.
    """
    found: list[pl.DataFrame] = []
    count = 0
    for block in _blocks(table, columns):
        pairs = block.join(block, on="value").filter(pl.col("record") < pl.col("record_right"))
        found.append(pairs.select("record", "record_right"))
        count += pairs.height
        if count > MAX_PAIRS:
            return None
    if not count:
        return np.zeros((0, 2), np.int64)
    return pl.concat(found).unique().sort("record", "record_right").to_numpy().astype(np.int64)


def _blocks(table: pl.DataFrame, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
    """`record` and `value`, without values that are alone or that too many share."""
    records = table.with_row_index("record")
    beginnings = [[pl.col(name).str.slice(0, PREFIX_CHARS) for name in two] for two in combinations(columns, 2)]
    for parts in [*([pl.col(name)] for name in columns), *beginnings]:
        block = records.select("record", pl.concat_str(parts, separator=MARK).alias("value")).drop_nulls()
        yield block.filter(pl.len().over("value").is_between(2, MAX_BLOCK))

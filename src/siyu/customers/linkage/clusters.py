"""Clusters: records that hang together, by keys and by pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from siyu.customers.linkage.keys import Key, values

Pairs = NDArray[np.int64]


@dataclass(frozen=True)
class Clusters:
    """`of_record[n]` is the cluster of record n, numbered from 0 in the order in which they appear."""

    of_record: NDArray[np.int64]

    @property
    def sizes(self) -> NDArray[np.int64]:
        return np.bincount(self.of_record).astype(np.int64)

    @property
    def count(self) -> int:
        return len(self.sizes)

    @property
    def pair_count(self) -> int:
        """Pairs of records that are in one cluster."""
        sizes = self.sizes
        return int((sizes * (sizes - 1) // 2).sum())

    @property
    def largest(self) -> int:
        return int(self.sizes.max(initial=0))

    @property
    def joined_record_count(self) -> int:
        """Records that are not alone."""
        sizes = self.sizes
        return int(sizes[sizes > 1].sum())


def by_keys(table: pl.DataFrame, keys: Sequence[Key]) -> Clusters:
    """Records that share a value of any key, and whoever hangs together through them."""
    return _connected(table.height, [_links(values(table, key)) for key in keys])


def joined(clusters: Clusters, pairs: Pairs) -> Clusters:
    """The clusters with further pairs of records put together."""
    firsts = _links(pl.Series(clusters.of_record))
    return _connected(len(clusters.of_record), [firsts, pairs])


def _links(series: pl.Series) -> Pairs:
    """Each record with the first one of the same value."""
    records = pl.DataFrame({"value": series}).with_row_index("record").drop_nulls()
    linked = records.with_columns(pl.col("record").first().over("value").alias("first"))
    return linked.filter(pl.col("record") != pl.col("first")).select("first", "record").to_numpy().astype(np.int64)


def _connected(record_count: int, links: Sequence[Pairs]) -> Clusters:
    if not record_count:
        return Clusters(np.zeros(0, np.int64))
    pairs = np.concatenate([np.zeros((0, 2), np.int64), *links])
    graph = coo_matrix((np.ones(len(pairs), np.int8), (pairs[:, 0], pairs[:, 1])), shape=(record_count, record_count))
    _, labels = connected_components(graph, directed=False)
    _, firsts, numbers = np.unique(labels, return_index=True, return_inverse=True)
    # Numbered by first appearance, whatever order the library labels in.
    place = np.empty(len(firsts), np.int64)
    place[np.argsort(firsts)] = np.arange(len(firsts))
    return Clusters(place[numbers])

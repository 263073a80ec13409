"""Counts over a whole file in a few bytes per thing: distinct people and orders, and how often an equal line came."""

from __future__ import annotations

import numpy as np
import polars as pl

# New hashes are sorted in once this many wait: sorting in each batch alone would copy the whole set every time.
PENDING_LIMIT = 500_000
# Shards of a set: folding copies one shard at a time, so that the peak stays near the set's own size.
SHARD_BITS = 4
# Two sorted runs longer than this together stay two: merging them would cost more memory than it saves searches.
MAX_RUN_LENGTH = 4_000_000


class Distinct:
    """How many different 64-bit hashes it was shown; 8 bytes each. 20 million collide with a chance of 1 in 100,000."""

    def __init__(self) -> None:
        self._shards = [np.empty(0, dtype=np.uint64) for _ in range(2**SHARD_BITS)]
        self._pending: list[np.ndarray] = []
        self._pending_count = 0

    def add(self, hashes: pl.Series) -> None:
        fresh = hashes.unique().to_numpy()
        self._pending.append(fresh)
        self._pending_count += len(fresh)
        if self._pending_count > PENDING_LIMIT:
            self._fold()

    def count(self) -> int:
        self._fold()
        return sum(len(shard) for shard in self._shards)

    def _fold(self) -> None:
        if not self._pending:
            return
        fresh = np.unique(np.concatenate(self._pending))
        self._pending, self._pending_count = [], 0
        bounds = np.searchsorted(fresh, np.arange(2**SHARD_BITS, dtype=np.uint64) << np.uint64(64 - SHARD_BITS))
        for place, part in enumerate(np.split(fresh, bounds[1:])):
            self._shards[place] = np.union1d(self._shards[place], part)


class EqualLines:
    """Numbers equal lines through the file: 1 for the first, 2 for the second, wherever it stands.

    Sorted runs of all hashes so far, merged when two neighbours have grown alike, so that a batch costs a few binary
    searches per line and the whole file n·log n.
    """

    def __init__(self) -> None:
        self._runs: list[np.ndarray] = []

    def number(self, hashes: pl.Series) -> pl.Series:
        """The number of each line among its equals, as Int64, and remembers the lines."""
        values = hashes.to_numpy()
        order = np.argsort(values, kind="stable")
        ordered = values[order]
        starts = np.searchsorted(ordered, ordered, side="left")
        numbers = np.arange(1, len(ordered) + 1, dtype=np.int64) - starts
        for run in self._runs:
            numbers += np.searchsorted(run, ordered, side="right") - np.searchsorted(run, ordered, side="left")
        self._remember(ordered)
        result = np.empty(len(values), dtype=np.int64)
        result[order] = numbers
        return pl.Series(result)

    def _remember(self, run: np.ndarray) -> None:
        while self._runs and len(self._runs[-1]) <= min(2 * len(run), MAX_RUN_LENGTH - len(run)):
            run = np.sort(np.concatenate([self._runs.pop(), run]), kind="stable")
        self._runs.append(run)

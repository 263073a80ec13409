"""Likeness: how probable it is that two records that no key joins are one person.

Each column of a pair is at a level: different, somewhat alike, very alike, equal (Jaro-Winkler), or empty on a side,
which says nothing. `u` is how often a level comes up between two people, `m` between two records of one: u is taken
from random pairs (for equality from the frequencies of values), m by expectation and maximisation over the candidates.
An equal rare value says more than an equal common one: its weight follows the value's own frequency.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from rapidfuzz.distance import JaroWinkler
from rapidfuzz.process import cpdist

from siyu.customers.linkage.blocking import MAX_PAIRS, candidates
from siyu.customers.linkage.clusters import Clusters, Pairs
from siyu.kernel.errors import SiyuError

# Levels of a compared column, and where "somewhat" and "very" alike begin.
EMPTY, DIFFERENT, SOMEWHAT, VERY, EQUAL = -1, 0, 1, 2, 3
LEVELS = 4
SOMEWHAT_FROM, VERY_FROM = 0.80, 0.92
# Pairs of records drawn to see how alike strangers are, and what draws them: the same table, the same answer.
STRANGERS = 200_000
SEED = 20_240_607
# Imagined observations per level, so that none is impossible only because it has not been seen.
PSEUDO_U = np.array([1.0, 0.1, 0.1, 0.01])
# Records of one person, before any are known, and as how many pairs that counts: in a table with few doubles these
# decide, in one with hundreds its own.
FIRST_M = np.array([0.05, 0.05, 0.10, 0.80])
PSEUDO_PAIRS = 10.0
ROUNDS, ENOUGH = 50, 1e-4
# Weights beyond this are certainty; it keeps powers of two finite.
MAX_BITS = 500.0
_Levels = NDArray[np.int8]
_Floats = NDArray[np.float64]


class TooAlike(SiyuError):
    code = "too_alike"
    status = 422
    message = "More than %(limit)s pairs of records would have to be compared. Leave out columns with few values."


@dataclass(frozen=True)
class Likeness:
    """Pairs of records with the probability that they are one person, and what was compared."""

    columns: tuple[str, ...]
    pairs: Pairs
    probability: _Floats

    def at_least(self, probability: float) -> Pairs:
        return self.pairs[self.probability >= probability]


@dataclass
class _Model:
    """u, m (columns × levels) and the share of all pairs that are one person."""

    u: _Floats
    m: _Floats
    share: float


def telling_columns(table: pl.DataFrame) -> tuple[str, ...]:
    """Columns that can tell: not empty, not the same in all records, not a running number of the records."""
    told = []
    for name in table.columns:
        filled = table[name].drop_nulls()
        if 1 < filled.n_unique() < filled.len():
            told.append(name)
    return tuple(told)


def likely_pairs(table: pl.DataFrame, columns: Sequence[str], known: Clusters) -> Likeness:
    """Candidates that `known` does not join, with their probability. The table as `keys.prepared` makes it.

    Raises TooAlike.
    """
    pairs = candidates(table, columns)
    if pairs is None:
        raise TooAlike(limit=f"{MAX_PAIRS:,}")
    if not len(pairs):
        return Likeness(tuple(columns), pairs, np.zeros(0))
    levels = _levels(table, columns, pairs)
    model = _first_model(table, columns)
    rarity = _rarity(table, columns, pairs, levels, model.u)
    probability = _maximised(model, levels, rarity, all_pairs=table.height * (table.height - 1) / 2)
    unknown = known.of_record[pairs[:, 0]] != known.of_record[pairs[:, 1]]
    return Likeness(tuple(columns), pairs[unknown], probability[unknown])


def _levels(table: pl.DataFrame, columns: Sequence[str], pairs: Pairs) -> _Levels:
    """The level of each pair (rows) in each column."""
    found = np.empty((len(pairs), len(columns)), np.int8)
    for place, name in enumerate(columns):
        left, right = (table[name].gather(pairs[:, side]) for side in (0, 1))
        alike = cpdist(
            left.fill_null("").to_list(), right.fill_null("").to_list(),
            scorer=JaroWinkler.normalized_similarity, dtype=np.float32,
        )  # fmt: skip
        level = np.where(alike >= VERY_FROM, VERY, np.where(alike >= SOMEWHAT_FROM, SOMEWHAT, DIFFERENT))
        level[(left == right).fill_null(value=False).to_numpy()] = EQUAL
        level[(left.is_null() | right.is_null()).to_numpy()] = EMPTY
        found[:, place] = level
    return found


def _first_model(table: pl.DataFrame, columns: Sequence[str]) -> _Model:
    """u from strangers, a guess of m, and a share as if every second record had one double."""
    drawn = np.random.default_rng(SEED).integers(0, table.height, (STRANGERS, 2))
    levels = _levels(table, columns, drawn[drawn[:, 0] != drawn[:, 1]])
    u = np.empty((len(columns), LEVELS))
    for place, name in enumerate(columns):
        u[place] = np.bincount(levels[levels[:, place] >= 0, place], minlength=LEVELS) + PSEUDO_U
        u[place] /= u[place].sum()
        u[place, EQUAL] = _equal_by_chance(table[name])
        u[place] /= u[place].sum()
    return _Model(u, np.tile(FIRST_M, (len(columns), 1)), share=min(0.5, 1 / max(1, table.height)))


def _equal_by_chance(column: pl.Series) -> float:
    """How often two records have the same value: exact, where strangers would rarely show it."""
    counts = column.drop_nulls().value_counts()["count"].cast(pl.Float64)
    total = float(counts.sum())
    return max(float((counts * (counts - 1)).sum()) / max(1.0, total * (total - 1)), 1e-9)


def _rarity(table: pl.DataFrame, columns: Sequence[str], pairs: Pairs, levels: _Levels, u: _Floats) -> _Floats:
    """Bits by which an equal value says more, or less, than an equal value does on the average; summed over columns."""
    bits = np.zeros(len(pairs))
    for place, name in enumerate(columns):
        equal = np.flatnonzero(levels[:, place] == EQUAL)
        others = (pl.len().over(name) - 1) / (pl.col(name).is_not_null().sum() - 1)
        share = table.select(others).to_series()
        bits[equal] += np.log2(u[place, EQUAL] / share.gather(pairs[equal, 0]).to_numpy())
    return bits


def _maximised(model: _Model, levels: _Levels, rarity: _Floats, *, all_pairs: float) -> _Floats:
    """The probability of each pair, when m and the share have settled."""
    for _round in range(ROUNDS):
        probability = _probability(model, levels, rarity)
        before = model.m.copy()
        for place in range(levels.shape[1]):
            told = levels[:, place] >= 0
            counted = np.bincount(levels[told, place], weights=probability[told], minlength=LEVELS)
            seen = counted + PSEUDO_PAIRS * FIRST_M
            model.m[place] = seen / seen.sum()
        model.share = min(0.5, (float(probability.sum()) + 1) / all_pairs)
        if np.abs(model.m - before).max() < ENOUGH:
            break
    return _probability(model, levels, rarity)


def _probability(model: _Model, levels: _Levels, rarity: _Floats) -> _Floats:
    bits = np.log2(model.share / (1 - model.share)) + rarity
    weights = np.log2(model.m / model.u)
    for place in range(levels.shape[1]):
        told = levels[:, place] >= 0
        bits[told] += weights[place, levels[told, place]]
    return 1 / (1 + np.exp2(-np.clip(bits, -MAX_BITS, MAX_BITS)))

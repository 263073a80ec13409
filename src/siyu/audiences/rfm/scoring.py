"""The arithmetic of RFM, pure: cut points as NumPy makes them, scores, high and low."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from siyu.audiences.contracts import Segment
from siyu.audiences.contracts import gettext_noop as _

# The quantiles between five scores, as NumPy makes them of 20, 40, 60 and 80 percent.
LEVELS = (0.2, 0.4, 0.6, 0.8)
LABELS: Mapping[Segment, str] = {
    Segment.IMPORTANT_VALUE: _("Important, valuable"),
    Segment.IMPORTANT_DEVELOP: _("Important, to develop"),
    Segment.IMPORTANT_KEEP: _("Important, to keep"),
    Segment.IMPORTANT_RETAIN: _("Important, to win back"),
    Segment.GENERAL_VALUE: _("General, valuable"),
    Segment.GENERAL_DEVELOP: _("General, to develop"),
    Segment.GENERAL_KEEP: _("General, to keep"),
    Segment.GENERAL_RETAIN: _("General, to win back"),
}
# (R high, F high, M high) → segment.
SEGMENTS: Mapping[tuple[bool, bool, bool], Segment] = {
    (True, True, True): Segment.IMPORTANT_VALUE,
    (True, False, True): Segment.IMPORTANT_DEVELOP,
    (False, True, True): Segment.IMPORTANT_KEEP,
    (False, False, True): Segment.IMPORTANT_RETAIN,
    (True, True, False): Segment.GENERAL_VALUE,
    (True, False, False): Segment.GENERAL_DEVELOP,
    (False, True, False): Segment.GENERAL_KEEP,
    (False, False, False): Segment.GENERAL_RETAIN,
}


def quantiles(count: int, value_at: Mapping[int, int]) -> tuple[float, ...]:
    """The four cut points of `count` whole numbers, given their order statistics by rank (from 0).

    Bit for bit what `numpy.quantile(values, LEVELS)` gives: its virtual index, its two neighbours, its lerp.
    """
    return tuple(_quantile(count, value_at, level) for level in LEVELS)


def _quantile(count: int, value_at: Mapping[int, int], level: float) -> float:
    virtual = (count - 1) * level
    rank = math.floor(virtual)
    low = value_at[rank]
    high = value_at[min(rank + 1, count - 1)]
    part = virtual - rank
    gap = high - low
    # NumPy's _lerp: from the nearer end, which keeps it monotonic.
    return float(high - gap * (1 - part)) if part >= 0.5 else float(low + gap * part)


def whole(cuts: Sequence[float]) -> tuple[int, ...]:
    """Cut points for whole numbers: a whole number lies above a cut exactly if it lies above the cut's floor."""
    return tuple(math.floor(cut) for cut in cuts)


def score(value: int, cuts: Sequence[float]) -> int:
    """1 + the number of cut points strictly below the value."""
    return 1 + sum(cut < value for cut in cuts)


def at_most_mean(total: int, count: int) -> int:
    """The largest whole number that is not above the mean."""
    return total // count


def at_least_mean(total: int, count: int) -> int:
    """The smallest whole number that is not below the mean."""
    return -(-total // count)

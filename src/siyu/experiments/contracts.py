"""What crosses the boundary of `experiments`: arms, comparisons, and the sums that they are made from."""

from __future__ import annotations

import math
from dataclasses import dataclass

from siyu.kernel.errors import SiyuError

# The two arms of a simple holdout. Holdout comes first: raising its share later keeps everybody in it who is in it.
HOLDOUT = "holdout"
TREATED = "treated"
MAX_ARMS = 10


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval; both ends belong to it."""

    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high

    def scaled(self, factor: float) -> Interval:
        return Interval(self.low * factor, self.high * factor)


@dataclass(frozen=True, slots=True)
class Rate:
    """How many of `n` units did it."""

    n: int
    hits: int

    @property
    def share(self) -> float:
        return self.hits / self.n if self.n else 0.0


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean of `n` units by its sums, so that units need not be kept. Units without a value count as 0."""

    n: int
    total: float
    total_of_squares: float

    @property
    def mean(self) -> float:
        return self.total / self.n if self.n else 0.0

    @property
    def variance(self) -> float:
        """The sample variance (n − 1)."""
        if self.n < 2:
            return 0.0
        return max(0.0, (self.total_of_squares - self.total * self.total / self.n) / (self.n - 1))


@dataclass(frozen=True, slots=True)
class RateDifference:
    """Treated minus control of two rates. `z` and `p` are of the pooled two-sided test."""

    difference: float
    wald: Interval
    newcombe: Interval
    z: float
    p: float
    relative: float | None


@dataclass(frozen=True, slots=True)
class MeanDifference:
    """Treated minus control of two means, after Welch. `p` is two-sided."""

    difference: float
    interval: Interval
    t: float
    df: float
    p: float


@dataclass(frozen=True, slots=True)
class SampleRatio:
    """Whether the arms have the sizes that the weights promise."""

    chi2: float
    p: float
    is_alarm: bool


@dataclass(frozen=True, slots=True)
class ExperimentView:
    """An experiment with its arms' weights and how many units each has got."""

    key: str
    weights: dict[str, int]
    sizes: dict[str, int]

    @property
    def unit_count(self) -> int:
        return sum(self.sizes.values())


class WeightsChanged(SiyuError):
    code = "weights_changed"
    status = 409
    message = "The experiment %(key)s has begun; its shares can no longer change."


class BadWeights(SiyuError):
    code = "bad_weights"
    status = 422
    message = "An experiment needs 2 to %(limit)s arms with whole, positive weights."


class TooFewUnits(SiyuError):
    """There is nothing to compare: an arm has no units, or too few for the formula."""

    code = "too_few_units"
    status = 422
    message = "There are too few customers in one of the groups to compare them."


def finite(value: float) -> float | None:
    """None for what JSON cannot carry."""
    return value if math.isfinite(value) else None

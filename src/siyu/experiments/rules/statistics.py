"""Differences between arms, with intervals. Sources are named at each formula.

The normal distribution is Python's own; Student's t and chi-square come from SciPy, loaded when they are first needed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Any

from siyu.experiments.contracts import (
    Interval,
    Mean,
    MeanDifference,
    Rate,
    RateDifference,
    SampleRatio,
    TooFewUnits,
)

CONFIDENCE = 0.95
# An alarm that is false once in a thousand experiments: arms out of ratio mean a broken experiment, not a finding.
SAMPLE_RATIO_ALARM_P = 0.001
# Halvings of an interval of length 1: a difference to a millionth, far finer than any group shows.
BISECTIONS = 20
_NORMAL = NormalDist()


def _special() -> Any:
    """SciPy's special functions, a quarter of a second and 40 MB that most processes and commands never need.

    `scipy.stats` holds the same, takes a second to load and 60 MB to keep.
    """
    from scipy import special

    return special


def rate_difference(treated: Rate, control: Rate, confidence: float = CONFIDENCE) -> RateDifference:
    """Treated − control. TooFewUnits if an arm is empty.

    Wald: unpooled standard error. Newcombe: method 10 of Newcombe (1998), from two Wilson intervals; it keeps its
    promise with few hits, where Wald does not. z: pooled two-proportion test.
    """
    if not treated.n or not control.n:
        raise TooFewUnits()
    z = _normal_quantile(confidence)
    p1, p0 = treated.share, control.share
    difference = p1 - p0
    wald_error = z * math.sqrt(p1 * (1 - p1) / treated.n + p0 * (1 - p0) / control.n)
    w1, w0 = wilson(treated, confidence), wilson(control, confidence)
    newcombe = Interval(
        difference - math.hypot(p1 - w1.low, w0.high - p0),
        difference + math.hypot(w1.high - p1, p0 - w0.low),
    )
    statistic, p = _pooled_z(treated, control)
    return RateDifference(
        difference=difference,
        wald=Interval(difference - wald_error, difference + wald_error),
        newcombe=newcombe,
        z=statistic,
        p=p,
        relative=difference / p0 if p0 else None,
    )


def wilson(rate: Rate, confidence: float = CONFIDENCE) -> Interval:
    """Wilson's score interval of one rate. TooFewUnits without units."""
    if not rate.n:
        raise TooFewUnits()
    z = _normal_quantile(confidence)
    n, p = rate.n, rate.share
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    # At 0 and n hits an end is exactly 0 or 1, which rounding would miss by 1e-17.
    return Interval(0.0 if rate.hits == 0 else centre - half, 1.0 if rate.hits == rate.n else centre + half)


def mean_difference(treated: Mean, control: Mean, confidence: float = CONFIDENCE) -> MeanDifference:
    """Treated − control after Welch (unequal variances). TooFewUnits below two units in an arm."""
    if treated.n < 2 or control.n < 2:
        raise TooFewUnits()
    e1, e0 = treated.variance / treated.n, control.variance / control.n
    difference = treated.mean - control.mean
    if e1 + e0 == 0:
        # Nobody differs from anybody within an arm: there is nothing to estimate an error from.
        return MeanDifference(difference, Interval(difference, difference), 0.0, 0.0, 1.0 if difference == 0 else 0.0)
    error = math.sqrt(e1 + e0)
    df = (e1 + e0) ** 2 / (e1 * e1 / (treated.n - 1) + e0 * e0 / (control.n - 1))
    half = float(_special().stdtrit(df, 0.5 + confidence / 2)) * error
    t = difference / error
    return MeanDifference(
        difference=difference,
        interval=Interval(difference - half, difference + half),
        t=t,
        df=df,
        p=2 * float(_special().stdtr(df, -abs(t))),
    )


def sample_ratio(observed: Sequence[int], weights: Sequence[int]) -> SampleRatio:
    """Pearson's chi-square of the arms' sizes against their weights; arms of weight 0 must be empty."""
    total, weight_sum = sum(observed), sum(weights)
    planned = [(seen, total * weight / weight_sum) for seen, weight in zip(observed, weights, strict=True) if weight]
    if any(seen for seen, weight in zip(observed, weights, strict=True) if not weight):
        return SampleRatio(math.inf, 0.0, is_alarm=True)
    if total == 0 or len(planned) < 2:
        return SampleRatio(0.0, 1.0, is_alarm=False)
    chi2 = sum((seen - expected) ** 2 / expected for seen, expected in planned)
    p = float(_special().chdtrc(len(planned) - 1, chi2))
    return SampleRatio(chi2, p, is_alarm=p < SAMPLE_RATIO_ALARM_P)


def minimum_sample(
    baseline: float, target: float, *, control_per_treated: float = 1.0, alpha: float = 0.05, power: float = 0.8
) -> float:
    """Treated units needed to tell `target` from `baseline` (Fleiss: pooled under the null), before rounding up.

    The control arm needs `control_per_treated` times as many.
    """
    if not (0 < baseline < 1 and 0 < target < 1) or baseline == target or control_per_treated <= 0:
        raise ValueError("baseline and target are different shares between 0 and 1")
    k = control_per_treated
    pooled = (target + k * baseline) / (1 + k)
    null_part = _NORMAL.inv_cdf(1 - alpha / 2) * math.sqrt((1 + 1 / k) * pooled * (1 - pooled))
    true_part = _NORMAL.inv_cdf(power) * math.sqrt(target * (1 - target) + baseline * (1 - baseline) / k)
    return (null_part + true_part) ** 2 / (target - baseline) ** 2


def detectable_difference(baseline: float, treated_n: int, control_n: int) -> float | None:
    """The smallest rise over `baseline` that arms of these sizes show with 80 % power; None if none would."""
    if not 0 < baseline < 1 or not treated_n or not control_n:
        return None

    def is_enough(target: float) -> bool:
        return minimum_sample(baseline, target, control_per_treated=control_n / treated_n) <= treated_n

    low, high = baseline, 1 - 1e-9
    if not is_enough(high):
        return None
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return high - baseline


def _pooled_z(treated: Rate, control: Rate) -> tuple[float, float]:
    pooled = (treated.hits + control.hits) / (treated.n + control.n)
    error = math.sqrt(pooled * (1 - pooled) * (1 / treated.n + 1 / control.n))
    if error == 0:
        return 0.0, 1.0
    z = (treated.share - control.share) / error
    # Twice the lower tail, without the cancellation of 1 - cdf.
    return z, math.erfc(abs(z) / math.sqrt(2))


def _normal_quantile(confidence: float) -> float:
    return _NORMAL.inv_cdf(0.5 + confidence / 2)

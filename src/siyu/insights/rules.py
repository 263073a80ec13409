"""Pure decisions of `insights`: what the difference between two arms says, in words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from siyu.experiments.contracts import Mean, RateDifference, SampleRatio
from siyu.insights.contracts import Verdict, VerdictCode

# Below this many buyers over both arms one more order turns the verdict; nobody should act on it.
MIN_BUYERS = 10
# English msgids; their translations are collected from `wording`.
MESSAGES: Mapping[VerdictCode, str] = {
    VerdictCode.NOT_LAUNCHED: "Not launched yet.",
    VerdictCode.NO_HOLDOUT: "Nobody was held out, so nothing can be said about what the plan itself brought.",
    VerdictCode.RATIO_ALARM: "No verdict: the groups do not have the sizes they should have.",
    VerdictCode.TOO_FEW: "No verdict: too few customers bought to tell the groups apart.",
    VerdictCode.NOT_YET: "Not yet: the result window ends on %(day)s. So far %(low)s to %(high)s percentage points.",
    VerdictCode.POSITIVE: "It worked: %(low)s to %(high)s percentage points more customers bought because of it.",
    VerdictCode.NEGATIVE: "It did harm: %(low)s to %(high)s percentage points in the wrong direction.",
    VerdictCode.NO_DIFFERENCE: "No difference shown: %(low)s to %(high)s percentage points; zero is among them.",
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a verdict rests on. `order_rate` is None when an arm is empty."""

    is_launched: bool
    is_over: bool
    last_day: date | None
    holdout_percent: int
    buyer_count: int
    order_rate: RateDifference | None
    sample_ratio: SampleRatio | None


def verdict(evidence: Evidence) -> Verdict:
    """Why there is none comes first; a difference counts only when the window is over and its interval avoids zero."""
    obstacle = _obstacle(evidence)
    if obstacle is not None or evidence.order_rate is None:
        return _say(obstacle or VerdictCode.TOO_FEW)
    interval = evidence.order_rate.newcombe
    low, high = points(interval.low), points(interval.high)
    if not evidence.is_over:
        return _say(VerdictCode.NOT_YET, day=evidence.last_day, low=low, high=high)
    if evidence.buyer_count < MIN_BUYERS:
        return _say(VerdictCode.TOO_FEW)
    if interval.low <= 0 <= interval.high:
        return _say(VerdictCode.NO_DIFFERENCE, low=low, high=high)
    return _say(VerdictCode.POSITIVE if interval.low > 0 else VerdictCode.NEGATIVE, low=low, high=high)


def _obstacle(evidence: Evidence) -> VerdictCode | None:
    """Why nothing can be compared, whatever the numbers are."""
    if not evidence.is_launched:
        return VerdictCode.NOT_LAUNCHED
    if evidence.holdout_percent == 0:
        return VerdictCode.NO_HOLDOUT
    if evidence.sample_ratio is not None and evidence.sample_ratio.is_alarm:
        return VerdictCode.RATIO_ALARM
    return None


def points(share: float) -> str:
    """A share as signed percentage points with two digits and a true minus sign: 0.0123 → ``+1.23``."""
    rounded = round(share * 100, 2)
    sign = "−" if rounded < 0 else "+"
    return f"{sign}{abs(rounded):.2f}"


@dataclass(slots=True)
class Sums:
    """Sums over one arm's buyers, from which means and variances follow without keeping the buyers."""

    buyer_count: int = 0
    order_count: int = 0
    gmv_fen: int = 0
    refunds_fen: int = 0
    orders_squared: float = 0.0
    net_fen_squared: float = 0.0

    def add(self, order_count: int, gmv_fen: int, refunds_fen: int) -> None:
        """Adds one customer. Who only got money back counts in the sums, but not as a buyer."""
        net_fen = gmv_fen - refunds_fen
        self.buyer_count += order_count > 0
        self.order_count += order_count
        self.gmv_fen += gmv_fen
        self.refunds_fen += refunds_fen
        self.orders_squared += order_count * order_count
        self.net_fen_squared += float(net_fen) * net_fen

    def orders_mean(self, customer_count: int) -> Mean:
        return Mean(customer_count, self.order_count, self.orders_squared)

    def net_sales_mean(self, customer_count: int) -> Mean:
        return Mean(customer_count, self.gmv_fen - self.refunds_fen, self.net_fen_squared)


def cost_per(cost_fen: int, incremental: float | None) -> int | None:
    """Whole fen per incremental order, rounded up; None where there is less than one."""
    return math.ceil(cost_fen / incremental) if incremental is not None and incremental >= 1 else None


def _say(code: VerdictCode, **data: object) -> Verdict:
    return Verdict(code, MESSAGES[code], data)

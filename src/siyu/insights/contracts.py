"""What crosses the boundary of `insights`: measures, periods, the overview, the result of a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from siyu.experiments.contracts import Interval, MeanDifference, RateDifference, SampleRatio
from siyu.kernel.errors import InvalidInput
from siyu.messaging.contracts import PlanTally, PlanView

# Days of one period: a year and some; longer questions belong to reports.
MAX_PERIOD_DAYS = 400


class Unit(StrEnum):
    COUNT = "count"
    MONEY = "money"
    SHARE = "share"
    POINTS = "percentage_points"


@dataclass(frozen=True)
class Measure:
    """One definition of a number, used everywhere. `label`, `formula` and `definition` are msgids."""

    key: str
    label: str
    formula: str
    unit: Unit
    definition: str
    source: str


@dataclass(frozen=True, slots=True)
class Period:
    """Whole calendar days in the brand's zone, both ends included."""

    first_day: date
    last_day: date

    def __post_init__(self) -> None:
        if not 1 <= self.day_count <= MAX_PERIOD_DAYS:
            raise InvalidInput(reason="A period has 1 to %(limit)s days.", limit=MAX_PERIOD_DAYS)

    @property
    def day_count(self) -> int:
        return (self.last_day - self.first_day).days + 1

    @property
    def previous(self) -> Period:
        """The period of the same length right before."""
        span = timedelta(days=self.day_count)
        return Period(self.first_day - span, self.last_day - span)

    @property
    def days(self) -> list[date]:
        return [self.first_day + timedelta(days=place) for place in range(self.day_count)]

    @classmethod
    def ending(cls, last_day: date, day_count: int) -> Period:
        return cls(last_day - timedelta(days=day_count - 1), last_day)


@dataclass(frozen=True, slots=True)
class Freshness:
    """How much the numbers know. `as_of`: they know everything up to then; `waiting_count` events are still to come."""

    as_of: datetime | None
    waiting_count: int = 0
    error: str = ""

    @property
    def is_complete(self) -> bool:
        return self.waiting_count == 0 and not self.error


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one period. Rates are None where nothing can be divided."""

    new_customer_count: int = 0
    paying_customer_count: int = 0
    returning_customer_count: int = 0
    order_count: int = 0
    gmv_fen: int = 0
    net_sales_fen: int = 0

    @property
    def refunds_fen(self) -> int:
        return self.gmv_fen - self.net_sales_fen

    @property
    def aov_fen(self) -> int | None:
        """Net sales per order, in whole fen."""
        return round(self.net_sales_fen / self.order_count) if self.order_count else None

    @property
    def repurchase_rate(self) -> float | None:
        """Customers with two or more orders of those with one or more."""
        return self.returning_customer_count / self.paying_customer_count if self.paying_customer_count else None


@dataclass(frozen=True, slots=True)
class DayFigures:
    """One day of the series; days without anything have zeros."""

    day: date
    new_customer_count: int = 0
    paying_customer_count: int = 0
    order_count: int = 0
    gmv_fen: int = 0
    net_sales_fen: int = 0


@dataclass(frozen=True)
class Overview:
    """The figures of a period beside those of the one before, the days of both, and the latest plans."""

    period: Period
    figures: Figures
    previous: Figures
    days: tuple[DayFigures, ...]
    previous_days: tuple[DayFigures, ...]
    plans: tuple[PlanView, ...]
    freshness: Freshness

    def change(self, name: str) -> float | None:
        """Relative change of a figure (a field or property of `Figures`) over the previous period."""
        now, before = getattr(self.figures, name), getattr(self.previous, name)
        return (now - before) / before if before and now is not None else None


@dataclass(frozen=True, slots=True)
class ArmResult:
    """One arm by assignment, whoever of it got a message: intention to treat."""

    arm: str
    customer_count: int
    buyer_count: int
    order_count: int
    gmv_fen: int
    refunds_fen: int

    @property
    def net_sales_fen(self) -> int:
        return self.gmv_fen - self.refunds_fen

    @property
    def order_rate(self) -> float | None:
        return self.buyer_count / self.customer_count if self.customer_count else None

    @property
    def net_sales_per_customer_fen(self) -> float | None:
        return self.net_sales_fen / self.customer_count if self.customer_count else None


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its 95 % interval."""

    value: float
    interval: Interval


class VerdictCode(StrEnum):
    NOT_LAUNCHED = "not_launched"
    NO_HOLDOUT = "no_holdout"
    RATIO_ALARM = "ratio_alarm"
    TOO_FEW = "too_few"
    NOT_YET = "not_yet"
    POSITIVE = "positive"
    NEGATIVE = "negative"
    NO_DIFFERENCE = "no_difference"


@dataclass(frozen=True)
class Verdict:
    """What the numbers say, as a msgid with data. Only the last three codes are final."""

    code: VerdictCode
    message: str
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_final(self) -> bool:
        return self.code in (VerdictCode.POSITIVE, VerdictCode.NEGATIVE, VerdictCode.NO_DIFFERENCE)


@dataclass(frozen=True, slots=True)
class Naive:
    """What a report without a holdout would claim: everything that the treated bought in the window."""

    buyer_count: int
    order_count: int
    net_sales_fen: int


@dataclass(frozen=True, slots=True)
class SeriesPoint:
    """One step of the series, an hour or a day that begins at `at`."""

    at: datetime
    sent_count: int = 0
    delivered_count: int = 0
    clicked_count: int = 0
    treated_order_count: int = 0
    holdout_order_count: int = 0
    treated_net_sales_fen: int = 0
    holdout_net_sales_fen: int = 0


@dataclass(frozen=True, slots=True)
class Effect:
    """Treated − holdout, by assignment. None where there is nothing to compare.

    `detectable_difference` is the smallest rise of the order rate that groups of these sizes show with 80 % power.
    """

    order_rate: RateDifference | None = None
    orders_per_customer: MeanDifference | None = None
    net_sales_per_customer_fen: MeanDifference | None = None
    incremental_buyers: Estimate | None = None
    incremental_orders: Estimate | None = None
    incremental_net_sales_fen: Estimate | None = None
    detectable_difference: float | None = None


@dataclass(frozen=True)
class PlanResult:
    """What a plan brought: delivery, the two arms, the effect with its verdict, and the naive figure beside it."""

    plan: PlanView
    tally: PlanTally
    window_ends_at: datetime | None
    is_over: bool
    treated: ArmResult
    holdout: ArmResult
    effect: Effect
    sample_ratio: SampleRatio | None
    verdict: Verdict
    naive: Naive
    cost_fen: int
    cost_per_incremental_order_fen: int | None
    series: tuple[SeriesPoint, ...]
    series_step_hours: int
    freshness: Freshness

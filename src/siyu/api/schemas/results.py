"""What a plan brought. Effects are treated − holdout with 95 % intervals, by assignment (intention to treat)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ninja import Schema

from siyu.api.problems import sentence
from siyu.api.schemas.overview import KnownUntilOut
from siyu.api.schemas.plans import PlanOut, TallyOut
from siyu.experiments.contracts import finite
from siyu.insights.contracts import Verdict, VerdictCode


class IntervalOut(Schema):
    """An end that is null is infinite."""

    low: float | None
    high: float | None

    @staticmethod
    def resolve_low(obj: Any) -> float | None:
        return finite(obj.low)

    @staticmethod
    def resolve_high(obj: Any) -> float | None:
        return finite(obj.high)


class RateDifferenceOut(Schema):
    """In shares of one. `newcombe` is the interval that screens show."""

    difference: float
    newcombe: IntervalOut
    wald: IntervalOut
    p: float
    relative: float | None


class MeanDifferenceOut(Schema):
    difference: float
    interval: IntervalOut
    p: float


class EstimateOut(Schema):
    value: float
    interval: IntervalOut


class EffectOut(Schema):
    """Null where there is nothing to compare."""

    order_rate: RateDifferenceOut | None
    orders_per_customer: MeanDifferenceOut | None
    net_sales_per_customer_fen: MeanDifferenceOut | None
    incremental_buyers: EstimateOut | None
    incremental_orders: EstimateOut | None
    incremental_net_sales_fen: EstimateOut | None
    detectable_difference: float | None


class ArmOut(Schema):
    customer_count: int
    buyer_count: int
    order_count: int
    gmv_fen: int
    refunds_fen: int
    net_sales_fen: int
    order_rate: float | None
    net_sales_per_customer_fen: float | None


class VerdictOut(Schema):
    """`is_final` once the result window is over and the groups can be told apart or not."""

    code: VerdictCode
    message: str
    is_final: bool

    @staticmethod
    def resolve_message(obj: Verdict) -> str:
        return sentence(obj.message, obj.data)


class NaiveOut(Schema):
    """What a report without a holdout would claim."""

    buyer_count: int
    order_count: int
    net_sales_fen: int


class PointOut(Schema):
    at: datetime
    sent_count: int
    delivered_count: int
    clicked_count: int
    treated_order_count: int
    holdout_order_count: int
    treated_net_sales_fen: int
    holdout_net_sales_fen: int


class ResultOut(Schema):
    plan: PlanOut
    tally: TallyOut
    window_ends_at: datetime | None
    is_over: bool
    treated: ArmOut
    holdout: ArmOut
    effect: EffectOut
    verdict: VerdictOut
    naive: NaiveOut
    cost_fen: int
    cost_per_incremental_order_fen: int | None
    series: list[PointOut]
    series_step_hours: int
    freshness: KnownUntilOut

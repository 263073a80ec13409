"""The figures of a period. Each is defined in the catalogue of measures."""

from __future__ import annotations

from datetime import date, datetime

from ninja import Schema

from siyu.insights.contracts import Overview


class FiguresOut(Schema):
    new_customer_count: int
    paying_customer_count: int
    returning_customer_count: int
    order_count: int
    gmv_fen: int
    refunds_fen: int
    net_sales_fen: int
    aov_fen: int | None
    repurchase_rate: float | None


class DayOut(Schema):
    day: date
    new_customer_count: int
    paying_customer_count: int
    order_count: int
    gmv_fen: int
    net_sales_fen: int


class KnownUntilOut(Schema):
    """How much the numbers know: everything up to `as_of`; `waiting_count` events are still to come."""

    as_of: datetime | None
    waiting_count: int
    is_complete: bool
    error: str


class OverviewOut(Schema):
    """A period beside the one of the same length right before it."""

    first_day: date
    last_day: date
    figures: FiguresOut
    previous: FiguresOut
    days: list[DayOut]
    previous_days: list[DayOut]
    freshness: KnownUntilOut

    @staticmethod
    def resolve_first_day(obj: Overview) -> date:
        return obj.period.first_day

    @staticmethod
    def resolve_last_day(obj: Overview) -> date:
        return obj.period.last_day

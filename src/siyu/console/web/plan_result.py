"""What a plan brought, ready for its page: delivery, the two arms, the effect in words and figures, the course."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from siyu.experiments.contracts import MeanDifference, RateDifference
from siyu.insights import queries as insights
from siyu.insights.contracts import ArmResult, Estimate, PlanResult, VerdictCode
from siyu.insights.registries import MEASURES
from siyu.messaging.contracts import PlanView
from siyu.org.contracts import Viewer
from siyu.ui import charts, formats
from siyu.ui.contracts import Column, Fact, Row

TONES = {
    VerdictCode.POSITIVE: "good",
    VerdictCode.NEGATIVE: "bad",
    VerdictCode.RATIO_ALARM: "bad",
    VerdictCode.NO_HOLDOUT: "warn",
}
# One point is no course.
MIN_COURSE_POINTS = 2
ARM_COLUMNS = (
    Column("arm", _("Group"), phone="main"),
    Column("customers", _("Customers"), "end"),
    Column("buyers", _("Bought"), "end"),
    Column("rate", _("Order rate"), "end", phone="figure"),
    Column("orders", _("Orders"), "end", phone="hidden"),
    Column("net_sales", _("Net sales"), "end"),
    Column("per_customer", _("Net sales per customer"), "end", phone="hidden"),
)


def context(viewer: Viewer, plan: PlanView) -> dict[str, Any]:
    """The result's part of the plan page."""
    result = insights.plan_result(viewer, plan.id)
    return {
        "result": result,
        "verdict": _verdict(result),
        "verdict_tone": TONES.get(result.verdict.code, "info"),
        "interval": _interval(result),
        "cards": _cards(result),
        "arm_columns": ARM_COLUMNS,
        "arm_rows": [_arm(_("Got the message"), result.treated), _arm(_("Held out"), result.holdout)],
        "effect_facts": _effect(result),
        "course": _course(result),
        "window_end": formats.moment(result.window_ends_at),
    }


def _verdict(result: PlanResult) -> str:
    text = gettext(result.verdict.message)
    data = dict(result.verdict.data)
    if "day" in data:
        data["day"] = formats.day(date.fromisoformat(str(data["day"])))
    return text % data if data else text


def _interval(result: PlanResult) -> dict[str, Any] | None:
    """The difference of order rates as a dot with its interval, on an axis that has zero in its middle."""
    found = result.effect.order_rate
    if found is None:
        return None
    low, high = found.newcombe.low, found.newcombe.high
    return {
        "low": low,
        "value": found.difference,
        "high": high,
        "reach": max(abs(low), abs(high)),
        "low_label": formats.points(low),
        "high_label": formats.points(high),
        "label": f"{gettext('Difference of order rates')} {_points(found)}",
    }


def _cards(result: PlanResult) -> list[dict[str, Any]]:
    tally = result.tally
    delivered = tally.delivered_count / tally.sent_count if tally.sent_count else None
    clicked = tally.clicked_count / tally.delivered_count if tally.delivered_count else None
    shown = (
        ("sent", formats.number(tally.sent_count), ""),
        (
            "delivered",
            formats.number(tally.delivered_count),
            formats.percent(delivered) if delivered is not None else "",
        ),
        ("clicked", formats.number(tally.clicked_count), formats.percent(clicked) if clicked is not None else ""),
        ("message_cost", formats.money(result.cost_fen), ""),
    )
    return [
        {"label": gettext(MEASURES.get(key).label), "definition": _definition(key), "value": value, "comparison": note}
        for key, value, note in shown
    ]


def _definition(key: str) -> str:
    measure = MEASURES.get(key)
    return f"{gettext(measure.label)} = {gettext(measure.formula)}. {gettext(measure.definition)}"


def _arm(label: Any, arm: ArmResult) -> Row:
    mean_fen = arm.net_sales_per_customer_fen
    cells = {
        "arm": label,
        "customers": formats.number(arm.customer_count),
        "buyers": formats.number(arm.buyer_count),
        "rate": formats.percent(arm.order_rate, 2),
        "orders": formats.number(arm.order_count),
        "net_sales": formats.money(arm.net_sales_fen),
        "per_customer": formats.money(round(mean_fen)) if mean_fen is not None else formats.MISSING,
    }
    return Row(cells, key=arm.arm)


def _effect(result: PlanResult) -> list[Fact]:
    effect = result.effect
    facts = []
    if effect.order_rate is not None:
        facts.append(
            Fact(_("Difference of order rates"), _points(effect.order_rate), definition=_definition("incremental_lift"))
        )
    if effect.net_sales_per_customer_fen is not None:
        facts.append(Fact(_("Difference of net sales per customer"), _money(effect.net_sales_per_customer_fen)))
    if effect.incremental_orders is not None:
        text = _ranged(effect.incremental_orders, formats.number)
        facts.append(Fact(_("Incremental orders"), text, definition=_definition("incremental_orders")))
    if effect.incremental_net_sales_fen is not None:
        text = _ranged(effect.incremental_net_sales_fen, lambda fen: formats.money(round(fen)))
        facts.append(Fact(_("Incremental net sales"), text, definition=_definition("incremental_net_sales")))
    if result.cost_per_incremental_order_fen is not None:
        facts.append(Fact(_("Cost per incremental order"), formats.money(result.cost_per_incremental_order_fen)))
    facts.append(
        Fact(
            _("Without a holdout one would claim"),
            gettext("%(orders)s orders, %(sales)s")
            % {"orders": formats.number(result.naive.order_count), "sales": formats.money(result.naive.net_sales_fen)},
            definition=_definition("naive_orders"),
        )
    )
    if result.sample_ratio is not None:
        fine = _("as planned") if not result.sample_ratio.is_alarm else _("not as planned")
        facts.append(Fact(_("Sizes of the groups"), f"{fine} (p = {result.sample_ratio.p:.3f})"))
    if effect.detectable_difference is not None:
        facts.append(Fact(_("Smallest effect that can be seen"), formats.points(effect.detectable_difference)))
    return facts


def _ranged(found: Estimate, shown: Callable[[float], str]) -> str:
    return f"{shown(found.value)} ({shown(found.interval.low)} ~ {shown(found.interval.high)})"


def _points(found: RateDifference) -> str:
    low, high = formats.points(found.newcombe.low, 2), formats.points(found.newcombe.high, 2)
    return f"{formats.points(found.difference, 2)} ({low} ~ {high})"


def _money(found: MeanDifference) -> str:
    low, high = formats.money(round(found.interval.low)), formats.money(round(found.interval.high))
    return f"{formats.money(round(found.difference))} ({low} ~ {high})"


def _course(result: PlanResult) -> dict[str, Any] | None:
    if len(result.series) < MIN_COURSE_POINTS:
        return None
    by_hour = result.series_step_hours < 24
    times = [formats.moment(point.at) if by_hour else formats.day(point.at) for point in result.series]
    series = [
        (gettext("Delivered"), [point.delivered_count for point in result.series]),
        (gettext("Clicked"), [point.clicked_count for point in result.series]),
        (gettext("Orders of the treated"), [point.treated_order_count for point in result.series]),
        (gettext("Orders of the held out"), [point.holdout_order_count for point in result.series]),
    ]
    unit = gettext("per hour") if by_hour else gettext("per day")
    return {"option": charts.lines(times, series, unit=unit), "table": charts.table_of(gettext("Time"), times, series)}

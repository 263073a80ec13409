"""What a plan really brought: treated against held out, by assignment.

Computed from the records: an order counts the moment it is recorded, and the page works while the warehouse rests.
The cost follows the orders of the result window and a few rows of hourly tallies, not the recipients: nothing here
reads a row per message or per assigned customer except two counts that indexes answer.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.conf import settings

from siyu.commerce import queries as commerce
from siyu.customers import queries as customers
from siyu.experiments import queries as experiments
from siyu.experiments.contracts import HOLDOUT, TREATED, ExperimentView, Rate
from siyu.insights import rules
from siyu.insights.contracts import (
    ArmResult,
    Effect,
    Estimate,
    Freshness,
    Naive,
    PlanResult,
    SeriesPoint,
)
from siyu.insights.rules import Evidence, Sums
from siyu.kernel import clock
from siyu.kernel.clock import day_start, local_day
from siyu.kernel.errors import NotFound
from siyu.messaging import queries as messaging
from siyu.messaging.contracts import PlanView, TallyHour
from siyu.org.contracts import Viewer

# A series longer than this is drawn by the day.
MAX_HOURLY_HOURS = 72
# A variance needs two.
MIN_ARM_CUSTOMERS = 2


def plan_result(viewer: Viewer, plan_id: int) -> PlanResult:
    """The result of a plan so far; before its launch an empty one. NotFound for an unknown plan."""
    plan = messaging.plan(viewer, plan_id)
    tally = messaging.plan_tally(viewer, plan_id)
    moment = clock.now()
    ends_at = plan.launched_at + timedelta(days=plan.window_days) if plan.launched_at else None
    is_over = ends_at is not None and moment >= ends_at
    experiment = _experiment(viewer, plan)
    outcomes = _outcomes(viewer, plan, ends_at)
    arms = {arm: _arm(arm, experiment, outcomes) for arm in (TREATED, HOLDOUT)}
    effect = _effect(arms[TREATED], arms[HOLDOUT], outcomes)
    ratio = experiments.check_sample_ratio(experiment.sizes, experiment.weights) if plan.launched_at else None
    incremental = effect.incremental_orders.value if effect.incremental_orders else None
    step_hours, series = _series(outcomes.hours, messaging.plan_hours(viewer, plan_id))
    return PlanResult(
        plan=plan,
        tally=tally,
        window_ends_at=ends_at,
        is_over=is_over,
        treated=arms[TREATED],
        holdout=arms[HOLDOUT],
        effect=effect,
        sample_ratio=ratio,
        verdict=rules.verdict(
            Evidence(
                is_launched=plan.launched_at is not None,
                is_over=is_over,
                last_day=local_day(ends_at, settings.SIYU.tz) if ends_at else None,
                holdout_percent=plan.holdout_percent,
                buyer_count=sum(arm.buyer_count for arm in arms.values()),
                order_rate=effect.order_rate,
                sample_ratio=ratio,
            )
        ),
        naive=_naive(arms[TREATED]),
        cost_fen=tally.cost_fen,
        cost_per_incremental_order_fen=rules.cost_per(tally.cost_fen, incremental),
        series=series,
        series_step_hours=step_hours,
        freshness=Freshness(moment, tally.open_count),
    )


@dataclass
class _Outcomes:
    """What the assigned customers bought: sums by arm, and by hour and arm for the series."""

    sums: dict[str, Sums] = field(default_factory=lambda: {TREATED: Sums(), HOLDOUT: Sums()})
    hours: dict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))


def _outcomes(viewer: Viewer, plan: PlanView, ends_at: datetime | None) -> _Outcomes:
    found = _Outcomes()
    if plan.launched_at is None or ends_at is None:
        return found
    # Shops tell times in whole seconds: an order of the launch's own second came after it as likely as before.
    since = plan.launched_at.replace(microsecond=0)
    rows = commerce.sales_by_customer(viewer, since=since, until=ends_at)
    arms = _arms_by_fragment(viewer, plan, {row.fragment_id for row in rows})
    by_unit: dict[tuple[int, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in rows:
        unit = arms.get(row.fragment_id)
        if unit is not None:
            _add(by_unit[unit], row.order_count, row.gmv_fen, row.refunds_fen)
            _add(found.hours[row.hour, unit[1]], row.order_count, row.gmv_fen - row.refunds_fen)
    for (_, arm), (order_count, gmv_fen, refunds_fen) in by_unit.items():
        found.sums[arm].add(order_count, gmv_fen, refunds_fen)
    return found


def _add(sums: list[int], *values: int) -> None:
    for place, value in enumerate(values):
        sums[place] += value


def _arms_by_fragment(viewer: Viewer, plan: PlanView, buyers: set[int]) -> dict[int, tuple[int, str]]:
    """The assigned unit and its arm behind each buying fragment.

    Whoever was assigned under one fragment and bought under another of the same person counts once, as assigned first.
    """
    roots = customers.roots_of(buyers)
    people = {fragment_id: roots.get(fragment_id, fragment_id) for fragment_id in buyers}
    family = {**customers.merged_into(set(people.values())), **{root: root for root in people.values()}}
    arms = experiments.arms_of(viewer, plan.experiment_key, sorted(family))
    units: dict[int, tuple[int, str]] = {}
    for fragment_id in sorted(arms):
        units.setdefault(family[fragment_id], (fragment_id, arms[fragment_id]))
    return {fragment_id: units[person] for fragment_id, person in people.items() if person in units}


def _experiment(viewer: Viewer, plan: PlanView) -> ExperimentView:
    """The plan's experiment; an empty one until somebody is assigned."""
    try:
        return experiments.experiment(viewer, plan.experiment_key)
    except NotFound:
        weights = experiments.holdout_weights(plan.holdout_percent)
        return ExperimentView(plan.experiment_key, weights, dict.fromkeys(weights, 0))


def _arm(arm: str, experiment: ExperimentView, outcomes: _Outcomes) -> ArmResult:
    sums = outcomes.sums[arm]
    return ArmResult(
        arm=arm,
        customer_count=experiment.sizes.get(arm, 0),
        buyer_count=sums.buyer_count,
        order_count=sums.order_count,
        gmv_fen=sums.gmv_fen,
        refunds_fen=sums.refunds_fen,
    )


def _effect(treated: ArmResult, holdout: ArmResult, outcomes: _Outcomes) -> Effect:
    n1, n0 = treated.customer_count, holdout.customer_count
    if n1 < MIN_ARM_CUSTOMERS or n0 < MIN_ARM_CUSTOMERS:
        return Effect()
    sums1, sums0 = outcomes.sums[TREATED], outcomes.sums[HOLDOUT]
    rate = experiments.compare_rates(Rate(n1, treated.buyer_count), Rate(n0, holdout.buyer_count))
    orders = experiments.compare_means(sums1.orders_mean(n1), sums0.orders_mean(n0))
    net_sales = experiments.compare_means(sums1.net_sales_mean(n1), sums0.net_sales_mean(n0))
    return Effect(
        order_rate=rate,
        orders_per_customer=orders,
        net_sales_per_customer_fen=net_sales,
        incremental_buyers=Estimate(rate.difference * n1, rate.newcombe.scaled(n1)),
        incremental_orders=Estimate(orders.difference * n1, orders.interval.scaled(n1)),
        incremental_net_sales_fen=Estimate(net_sales.difference * n1, net_sales.interval.scaled(n1)),
        detectable_difference=experiments.detectable_difference(holdout.order_rate or 0.0, n1, n0),
    )


def _naive(treated: ArmResult) -> Naive:
    return Naive(treated.buyer_count, treated.order_count, treated.net_sales_fen)


def _series(
    sales: Mapping[tuple[str, str], list[int]], tallies: Sequence[TallyHour]
) -> tuple[int, tuple[SeriesPoint, ...]]:
    """Messages and orders by the hour, or by the brand's day where that would be too many points."""
    counted: dict[datetime, Counter[str]] = defaultdict(Counter)
    for tally in tallies:
        counted[tally.at].update(
            sent_count=tally.sent_count, delivered_count=tally.delivered_count, clicked_count=tally.clicked_count
        )
    for (hour, arm), (order_count, net_fen) in sales.items():
        at = datetime.strptime(hour, "%Y-%m-%d %H").replace(tzinfo=UTC)
        counted[at].update({f"{arm}_order_count": order_count, f"{arm}_net_sales_fen": net_fen})
    if not counted:
        return 1, ()
    if max(counted) - min(counted) >= timedelta(hours=MAX_HOURLY_HOURS):
        return 24, _points(_by_day(counted))
    return 1, _points(counted)


def _by_day(hours: Mapping[datetime, Counter[str]]) -> Mapping[datetime, Counter[str]]:
    days: dict[datetime, Counter[str]] = defaultdict(Counter)
    zone = settings.SIYU.tz
    for at, counts in hours.items():
        days[day_start(local_day(at, zone), zone)].update(counts)
    return days


def _points(counted: Mapping[datetime, Counter[str]]) -> tuple[SeriesPoint, ...]:
    return tuple(SeriesPoint(at, **counted[at]) for at in sorted(counted))

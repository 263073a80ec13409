"""Reads of recall plans and of what became of their messages."""

from __future__ import annotations

import json

from django.db.models import Count, Sum

from siyu.kernel.clock import from_millis
from siyu.kernel.errors import NotFound
from siyu.kernel.paging import MAX_PAGE_ROWS, Page, decode_cursor, encode_cursor
from siyu.messaging.contracts import OutboxState, PlanState, PlanTally, PlanView, Reason, TallyHour
from siyu.messaging.models import Outbox, Plan, PlanHour
from siyu.messaging.queries.access import check
from siyu.org.contracts import Viewer

MILLIS_PER_HOUR = 3_600_000


def plan(viewer: Viewer, plan_id: int) -> PlanView:
    """One plan; NotFound for others."""
    check(viewer)
    row = Plan.objects.filter(pk=plan_id).first()
    if row is None:
        raise NotFound()
    return view(row)


def plans(
    viewer: Viewer, *, state: PlanState | None = None, cursor: str | None = None, limit: int = 50
) -> Page[PlanView]:
    """Plans, newest first."""
    check(viewer)
    found = Plan.objects.order_by("-pk")
    if state is not None:
        found = found.filter(state=state)
    if cursor:
        found = found.filter(pk__lt=decode_cursor(cursor, int)[0])
    size = min(limit, MAX_PAGE_ROWS)
    rows = list(found[: size + 1])
    more = encode_cursor(rows[size - 1].pk) if len(rows) > size else None
    return Page([view(row) for row in rows[:size]], more)


def plan_tally(viewer: Viewer, plan_id: int) -> PlanTally:
    """Counts of a plan's messages now. States and reasons are counted, the rest is kept by the hour."""
    check(viewer)
    states: dict[OutboxState, int] = {}
    reasons: dict[OutboxState, dict[Reason, int]] = {}
    counted = Outbox.objects.filter(plan_id=plan_id).values_list("state", "reason").annotate(Count("pk")).order_by()
    for state, reason, count in counted:
        states[OutboxState(state)] = states.get(OutboxState(state), 0) + count
        if reason:
            reasons.setdefault(OutboxState(state), {})[Reason(reason)] = count
    names = ("sent", "delivered", "clicked", "units", "cost_milli_fen")
    sums = PlanHour.objects.filter(plan_id=plan_id).aggregate(**{name: Sum(name) for name in names})
    return PlanTally(
        states=states,
        reasons=reasons,
        sent_count=sums["sent"] or 0,
        delivered_count=sums["delivered"] or 0,
        clicked_count=sums["clicked"] or 0,
        unit_count=sums["units"] or 0,
        cost_milli_fen=sums["cost_milli_fen"] or 0,
    )


def plan_hours(viewer: Viewer, plan_id: int) -> list[TallyHour]:
    """A plan's counts by hour, in order; hours in which nothing happened are absent."""
    check(viewer)
    return [
        TallyHour(from_millis(row.hour * MILLIS_PER_HOUR), row.sent, row.delivered, row.failed, row.clicked)
        for row in PlanHour.objects.filter(plan_id=plan_id).order_by("hour")
    ]


def view(row: Plan) -> PlanView:
    return PlanView(
        id=row.pk,
        name=row.name,
        state=PlanState(row.state),
        version=row.version,
        audience=json.loads(row.audience_json),
        holdout_percent=row.holdout_percent,
        text=row.text,
        target_url=row.target_url,
        window_days=row.window_days,
        account_id=row.account_id,
        template_code=row.template_code,
        audience_count=row.audience_count,
        population_count=row.population_count,
        treated_count=row.treated_count,
        entered_count=row.entered_count,
        problem=row.problem,
        job_id=row.job_id,
        trace_id=row.trace_id,
        created_by=row.created_by,
        created_at=row.created_at,
        scheduled_at=row.scheduled_at,
        launched_at=row.launched_at,
        finished_at=row.finished_at,
    )

"""A second person for wide or costly launches: whether one is needed, asking, and doing what was approved."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from siyu.audiences import queries as audiences
from siyu.eventlog import records
from siyu.kernel import clock
from siyu.kernel.errors import InvalidInput, NotFound
from siyu.messaging.contracts import LAUNCH_APPROVAL, BadText, PlanState, WrongState
from siyu.messaging.models import Plan
from siyu.messaging.queries.access import check
from siyu.messaging.queries.forecasts import plan_forecast
from siyu.org.contracts import Viewer
from siyu.org.contracts.approvals import ApprovalNeeded
from siyu.org.queries import approvals
from siyu.org.services.approvals import ask

# A plan and its saved audience are approved together: who is reached may not change under an approval.
_AUDIENCE_VERSIONS = 1 << 31


def checked_version(viewer: Viewer, plan_id: int) -> int:
    """The version of a plan that may be launched as it is; ApprovalNeeded where somebody else has to agree first.

    Computes the forecast, and only where the brand has set a threshold. Not inside a transaction.
    """
    version = _row(plan_id).version
    rule = approvals.rule(LAUNCH_APPROVAL)
    if rule.is_on:
        forecast = plan_forecast(viewer, plan_id)
        if rule.asks(people_count=forecast.treated_count, cost_fen=forecast.cost_fen):
            raise ApprovalNeeded(people=forecast.treated_count)
    return version


def ask_to_launch(*, viewer: Viewer, plan_id: int, reason: str, at: datetime | None = None) -> int:
    """Asks for the approval of a launch, with what it would do now; returns the id of the request."""
    check(viewer)
    if at is not None and (at.tzinfo is None or at <= clock.now()):
        raise InvalidInput(reason="Choose a time that is still to come.")
    row = _row(plan_id)
    with records.transaction():
        pinned = pinned_version(plan_id)
    if row.state != PlanState.DRAFT or pinned is None:
        raise WrongState(state=row.state)
    forecast = plan_forecast(viewer, plan_id)
    if forecast.problems:
        raise BadText(forecast.problems)
    return ask(
        viewer=viewer,
        kind=LAUNCH_APPROVAL,
        object_id=plan_id,
        object_version=pinned,
        title=row.name,
        reason=reason,
        people_count=forecast.treated_count,
        cost_fen=forecast.cost_fen,
        args={"at": at.isoformat() if at else None, "version": row.version},
    )


def pinned_version(plan_id: int) -> int | None:
    """What an approval pins: the plan's version with that of its saved audience; None for what is no draft any more.

    Inside a transaction, which holds the plan from here on.
    """
    row = Plan.objects.select_for_update().filter(pk=plan_id, state=PlanState.DRAFT).first()
    if row is None:
        return None
    audience_id = json.loads(row.audience_json).get("saved")
    audience_version = audiences.version_of(audience_id) if audience_id is not None else 0
    return row.version * _AUDIENCE_VERSIONS + (audience_version or 0)


def launch_approved(viewer: Viewer, plan_id: int, args: Mapping[str, Any]) -> None:
    """Does an approved launch, in the transaction that settles the request."""
    from siyu.messaging.services.plans import start_launch  # plans asks this module whether it may

    at = datetime.fromisoformat(args["at"]) if args["at"] else None
    start_launch(viewer=viewer, plan_id=plan_id, version=args["version"], at=at)


def _row(plan_id: int) -> Plan:
    row = Plan.objects.filter(pk=plan_id).first()
    if row is None:
        raise NotFound()
    return row

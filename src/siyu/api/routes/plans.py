"""Recall plans: write, forecast, launch, stop; what became of every message."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router

from siyu.api.authentication import needs, viewer
from siyu.api.idempotency import DOCUMENTED, once
from siyu.api.schemas.paging import Cursor, Limit
from siyu.api.schemas.plans import (
    ForecastIn,
    ForecastOut,
    HourList,
    LaunchIn,
    PlanChange,
    PlanIn,
    PlanOut,
    PlanPage,
    RecipientPage,
    TallyOut,
    TextIn,
    TextOut,
)
from siyu.api.schemas.results import ResultOut
from siyu.api.schemas.work import ApprovalOut, AskIn
from siyu.insights import queries as insights
from siyu.messaging import queries, services
from siyu.messaging.contracts import OutboxState, PlanState, Reason
from siyu.messaging.permissions import PLANS_EDIT, PLANS_LAUNCH, PLANS_VIEW
from siyu.org.contracts import Viewer
from siyu.org.queries import approvals

router = Router()


@router.get("", response=PlanPage, auth=needs(PLANS_VIEW))
def list_plans(request: HttpRequest, state: PlanState | None = None, cursor: Cursor = None, limit: Limit = 50) -> Any:
    """Plans, newest first."""
    return queries.plans(viewer(request), state=state, cursor=cursor, limit=limit)


@router.post("", response={201: PlanOut}, openapi_extra=DOCUMENTED, auth=needs(PLANS_EDIT))
def create_plan(request: HttpRequest, body: PlanIn) -> Any:
    """Add a draft. Nothing is sent before it is launched."""
    seen_by = viewer(request)
    return once(request, lambda: _plan(seen_by, services.create_plan(viewer=seen_by, **body.model_dump())))


def _plan(seen_by: Viewer, plan_id: int) -> PlanOut:
    return PlanOut.model_validate(queries.plan(seen_by, plan_id))


@router.post("/preview", response=TextOut, auth=needs(PLANS_EDIT))
def preview_text(request: HttpRequest, body: TextIn) -> Any:
    """A text as a customer would get it, with its length in billed units and everything that is wrong with it."""
    return queries.preview(viewer(request), **body.model_dump())


@router.post("/forecast", response=ForecastOut, auth=needs(PLANS_EDIT))
def forecast(request: HttpRequest, body: ForecastIn) -> Any:
    """What a plan would do if it were launched now. Saves nothing."""
    return queries.forecast(viewer(request), **body.model_dump())


@router.get("/{int:plan_id}", response=PlanOut, auth=needs(PLANS_VIEW))
def get_plan(request: HttpRequest, plan_id: int) -> Any:
    """One plan."""
    return queries.plan(viewer(request), plan_id)


@router.patch("/{int:plan_id}", response=PlanOut, auth=needs(PLANS_EDIT))
def update_plan(request: HttpRequest, plan_id: int, body: PlanChange) -> Any:
    """Change a draft. 409 if somebody changed it since the version given, or once it is launched."""
    seen_by = viewer(request)
    services.update_plan(viewer=seen_by, plan_id=plan_id, version=body.version, **body.changes())
    return queries.plan(seen_by, plan_id)


@router.delete("/{int:plan_id}", response={204: None}, auth=needs(PLANS_EDIT))
def delete_plan(request: HttpRequest, plan_id: int) -> Any:
    """Delete a draft. A plan that was ever launched stays, with its result."""
    services.delete_plan(viewer=viewer(request), plan_id=plan_id)
    return HttpResponse(status=204)


@router.get("/{int:plan_id}/forecast", response=ForecastOut, auth=needs(PLANS_VIEW))
def forecast_plan(request: HttpRequest, plan_id: int) -> Any:
    """What the plan would do if it were launched now."""
    return queries.plan_forecast(viewer(request), plan_id)


@router.post("/{int:plan_id}/launch", response=PlanOut, openapi_extra=DOCUMENTED, auth=needs(PLANS_LAUNCH))
def launch_plan(request: HttpRequest, plan_id: int, body: LaunchIn) -> Any:
    """Launch a draft, now or at a time. The job that does it is `job_id` of the answer."""
    seen_by = viewer(request)

    def launch() -> PlanOut:
        services.launch_plan(viewer=seen_by, plan_id=plan_id, at=body.at)
        return _plan(seen_by, plan_id)

    return once(request, launch, status=200)


@router.post("/{int:plan_id}/ask", response={201: ApprovalOut}, openapi_extra=DOCUMENTED, auth=needs(PLANS_LAUNCH))
def ask_to_launch(request: HttpRequest, plan_id: int, body: AskIn) -> Any:
    """Ask a second person for a launch that is too wide or costly for one (a 409 `approval_needed` said so)."""
    seen_by = viewer(request)

    def ask() -> ApprovalOut:
        approval_id = services.ask_to_launch(viewer=seen_by, plan_id=plan_id, reason=body.reason, at=body.at)
        return ApprovalOut.model_validate(approvals.approval(seen_by, approval_id))

    return once(request, ask)


@router.post("/{int:plan_id}/stop", response=PlanOut, auth=needs(PLANS_LAUNCH))
def stop_plan(request: HttpRequest, plan_id: int) -> Any:
    """Stop a plan: a scheduled one is a draft again; of a running one no further message is sent."""
    seen_by = viewer(request)
    services.stop_plan(viewer=seen_by, plan_id=plan_id)
    return queries.plan(seen_by, plan_id)


@router.post("/{int:plan_id}/resume", response=PlanOut, auth=needs(PLANS_LAUNCH))
def resume_plan(request: HttpRequest, plan_id: int) -> Any:
    """Go on with a stopped plan where it was."""
    seen_by = viewer(request)
    services.resume_plan(viewer=seen_by, plan_id=plan_id)
    return queries.plan(seen_by, plan_id)


@router.get("/{int:plan_id}/tally", response=TallyOut, auth=needs(PLANS_VIEW))
def get_tally(request: HttpRequest, plan_id: int) -> Any:
    """How many messages were sent, delivered, clicked, refused, and why."""
    return queries.plan_tally(_of_known_plan(request, plan_id), plan_id)


def _of_known_plan(request: HttpRequest, plan_id: int) -> Viewer:
    """The viewer; NotFound where the plan does not exist, instead of counts of nothing."""
    seen_by = viewer(request)
    queries.plan(seen_by, plan_id)
    return seen_by


@router.get("/{int:plan_id}/hours", response=HourList, auth=needs(PLANS_VIEW))
def list_hours(request: HttpRequest, plan_id: int) -> Any:
    """The same by the hour; hours in which nothing happened are absent."""
    return {"items": queries.plan_hours(_of_known_plan(request, plan_id), plan_id)}


@router.get("/{int:plan_id}/recipients", response=RecipientPage, auth=needs(PLANS_VIEW))
def list_recipients(
    request: HttpRequest,
    plan_id: int,
    *,
    state: OutboxState | None = None,
    reason: Reason | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """Every message of a plan, of one state and reason if asked: the list behind each count."""
    seen_by = _of_known_plan(request, plan_id)
    return queries.recipients(seen_by, plan_id, state=state, reason=reason, cursor=cursor, limit=limit)


@router.get("/{int:plan_id}/result", response=ResultOut, auth=needs(PLANS_VIEW))
def get_result(request: HttpRequest, plan_id: int) -> Any:
    """What the plan really brought: both groups, their difference with its interval, the verdict, the cost."""
    return insights.plan_result(viewer(request), plan_id)

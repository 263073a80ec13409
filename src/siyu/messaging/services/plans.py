"""Recall plans: write, launch, stop, resume. What a launch does step by step is in `launching`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from siyu.audit.contracts import Target
from siyu.eventlog import records
from siyu.eventlog import services as log
from siyu.kernel import clock, ids
from siyu.kernel.errors import InvalidInput, NotFound
from siyu.kernel.failpoints import failpoint
from siyu.links import services as links
from siyu.messaging import actions
from siyu.messaging.contracts import MAX_HOLDOUT_PERCENT, PLAN_FINISHED, BadText, PlanChanged, PlanState, WrongState
from siyu.messaging.models import Outbox, Plan, SmsAccount
from siyu.messaging.queries import population
from siyu.messaging.queries.access import check
from siyu.messaging.queries.forecasts import preview
from siyu.messaging.services import approving
from siyu.org import auditing
from siyu.org.contracts import Viewer
from siyu.org.services.notices import notify

LAUNCH_KIND = "messaging.launch_plan"
# Orders later than this owe little to a message; waiting longer only adds noise.
MAX_WINDOW_DAYS = 90
DEFAULT_WINDOW_DAYS = 7
DEFAULT_HOLDOUT_PERCENT = 10
MAX_NAME_CHARS = 80
MAX_TEXT_CHARS = 1_000
_FIELDS = ("name", "audience_json", "text", "account_id", "target_url", "holdout_percent", "window_days")


def create_plan(
    *,
    viewer: Viewer,
    name: str,
    audience: Mapping[str, Any],
    text: str,
    account_id: int,
    target_url: str = "",
    holdout_percent: int = DEFAULT_HOLDOUT_PERCENT,
    window_days: int = DEFAULT_WINDOW_DAYS,
) -> int:
    """Adds a draft and returns its id. Its text may still have problems: `queries.preview` tells, launching refuses."""
    check(viewer)
    values = _values(
        name=name, audience=audience, text=text, account_id=account_id, target_url=target_url,
        holdout_percent=holdout_percent, window_days=window_days,
    )  # fmt: skip
    with records.transaction():
        row = Plan.objects.create(
            **values, created_by=viewer.staff_id, created_at=clock.now(), trace_id=ids.new_trace_id()
        )
        auditing.record(viewer, actions.PLAN_CREATED, _target(row), after=_documented(values))
    return row.pk


def update_plan(*, viewer: Viewer, plan_id: int, version: int, **changes: Any) -> int:
    """Changes a draft that still has `version`; returns the new version.

    `changes` are arguments of `create_plan`. PlanChanged if somebody was faster, WrongState once it is launched.
    """
    check(viewer)
    with records.transaction():
        row = _locked(plan_id, PlanState.DRAFT)
        if row.version != version:
            raise PlanChanged()
        known = {
            "name": row.name, "audience": json.loads(row.audience_json), "text": row.text, "account_id": row.account_id,
            "target_url": row.target_url, "holdout_percent": row.holdout_percent, "window_days": row.window_days,
        }  # fmt: skip
        if unknown := set(changes) - set(known):
            raise TypeError(f"a plan has no {sorted(unknown)}")
        old, new = {name: getattr(row, name) for name in _FIELDS}, _values(**{**known, **changes})
        Plan.objects.filter(pk=plan_id).update(**new, version=version + 1, problem="")
        auditing.record(viewer, actions.PLAN_CHANGED, _target(row), before=_documented(old), after=_documented(new))
        return version + 1


def delete_plan(*, viewer: Viewer, plan_id: int) -> None:
    """Deletes a draft; a plan that was ever launched stays, with its result."""
    check(viewer)
    with records.transaction():
        row = _locked(plan_id, PlanState.DRAFT)
        before = _documented({name: getattr(row, name) for name in _FIELDS})
        auditing.record(viewer, actions.PLAN_DELETED, _target(row), before=before)
        row.delete()


def launch_plan(*, viewer: Viewer, plan_id: int, at: datetime | None = None) -> int:
    """Starts a draft, now or at an aware moment; returns the id of the job that does it.

    BadText if the text is not ready, with every reason; InvalidInput for an inactive account or a time that is past;
    ApprovalNeeded where the brand wants a second person for one of this size (`ask_to_launch` then).
    """
    check(viewer)
    version = approving.checked_version(viewer, plan_id)
    return start_launch(viewer=viewer, plan_id=plan_id, version=version, at=at)


def start_launch(*, viewer: Viewer, plan_id: int, version: int, at: datetime | None) -> int:
    """Starts a draft that still has this version, whether or not somebody has to approve it: they have, or need not."""
    check(viewer)
    if at is not None and (at.tzinfo is None or at <= clock.now()):
        raise InvalidInput(reason="Choose a time that is still to come.")
    with records.transaction():
        row = _locked(plan_id, PlanState.DRAFT)
        if row.version != version:
            raise PlanChanged()
        row.template_code = _ready_code(viewer, row)
        row.state = PlanState.SCHEDULED if at else PlanState.LAUNCHING
        row.scheduled_at = at
        row.problem = ""
        auditing.record(viewer, actions.PLAN_LAUNCHED, _target(row), after={"at": at} if at else None)
        return _start_job(row, at)


def stop_plan(*, viewer: Viewer, plan_id: int) -> PlanState:
    """Stops a plan. A scheduled one is a draft again; of a begun one nothing more is claimed, the claimed leaves."""
    check(viewer)
    with records.transaction():
        row = _locked(plan_id, PlanState.SCHEDULED, PlanState.LAUNCHING, PlanState.RUNNING)
        begun = row.launched_at is not None
        if row.job_id is not None and row.state != PlanState.RUNNING:
            log.cancel_job(job_id=row.job_id)
        state = PlanState.STOPPED if begun else PlanState.DRAFT
        Plan.objects.filter(pk=plan_id).update(state=state, scheduled_at=None, version=row.version + 1)
        _record_state(viewer, actions.PLAN_STOPPED, row, PlanState(row.state), state)
        return state


def resume_plan(*, viewer: Viewer, plan_id: int) -> PlanState:
    """Goes on with a stopped plan where it was: with the launch if that was not complete, else with sending."""
    check(viewer)
    with records.transaction():
        row = _locked(plan_id, PlanState.STOPPED)
        before = PlanState(row.state)
        row.template_code = _ready_code(viewer, row)
        row.problem = ""
        row.content_refusals = 0
        row.version += 1
        if row.entered_count < row.audience_count:
            row.state = PlanState.LAUNCHING
            _start_job(row, None)
        else:
            row.state = PlanState.RUNNING
            row.save()
            records.wake()
        _record_state(viewer, actions.PLAN_RESUMED, row, before, PlanState(row.state))
        return PlanState(row.state)


def _target(row: Plan) -> Target:
    return Target(actions.PLAN, row.pk, row.name)


def _documented(values: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a draft as the audit log keeps them."""
    return {**values, "audience_json": json.loads(values["audience_json"])}


def _record_state(viewer: Viewer, action: str, row: Plan, before: PlanState, after: PlanState) -> None:
    auditing.record(viewer, action, _target(row), before={"state": before}, after={"state": after})


def finish_plans() -> int:
    """Marks running plans done of which no message is open any more; returns how many."""
    working = Outbox.objects.filter(state__in=["queued", "held", "claimed", "unknown"])
    running = Plan.objects.filter(state=PlanState.RUNNING)
    ended = [pk for pk in running.values_list("pk", flat=True) if not working.filter(plan_id=pk).exists()]
    if not ended:
        return 0
    return sum(_finish(plan_id) for plan_id in ended)


def _finish(plan_id: int) -> int:
    with records.transaction():
        running = Plan.objects.filter(pk=plan_id, state=PlanState.RUNNING)
        finished = running.update(state=PlanState.DONE, finished_at=clock.now())
        if finished:
            name, created_by = Plan.objects.values_list("name", "created_by").get(pk=plan_id)
            people = [] if created_by is None else [created_by]
            notify(kind=PLAN_FINISHED, staff_ids=people, object_id=plan_id, data={"title": name})
        return finished


def _start_job(row: Plan, at: datetime | None) -> int:
    row.version += 1
    row.job_id = log.start_job(
        kind=LAUNCH_KIND,
        args={"plan_id": row.pk},
        unique_key=f"plan:{row.pk}:launch:{row.version}",
        created_by=row.created_by,
        trace_id=row.trace_id,
        due_at=at,
    )
    failpoint("messaging.launch.before_save")
    row.save()
    return row.job_id


def _ready_code(viewer: Viewer, row: Plan) -> str:
    """The approved template that the plan's text matches; BadText with everything that is in the way."""
    if not row.account.is_active:
        raise InvalidInput(reason="The SMS account is switched off.")
    shown = preview(viewer, text=row.text, account_id=row.account_id, target_url=row.target_url)
    if shown.problems:
        raise BadText(shown.problems)
    assert shown.template_code is not None
    return shown.template_code


def _locked(plan_id: int, *states: PlanState) -> Plan:
    row = Plan.objects.select_for_update().select_related(None).filter(pk=plan_id).first()
    if row is None:
        raise NotFound()
    if row.state not in states:
        raise WrongState(state=row.state)
    return row


def _values(
    *,
    name: str,
    audience: Mapping[str, Any],
    text: str,
    account_id: int,
    target_url: str,
    holdout_percent: int,
    window_days: int,
) -> dict[str, Any]:
    if not 1 <= len(name.strip()) <= MAX_NAME_CHARS:
        raise InvalidInput(reason="A plan's name has 1 to %(limit)s characters.", limit=MAX_NAME_CHARS)
    if not 0 <= holdout_percent <= MAX_HOLDOUT_PERCENT:
        raise InvalidInput(reason="Between 0 and %(limit)s %% can be held out.", limit=MAX_HOLDOUT_PERCENT)
    if not 1 <= window_days <= MAX_WINDOW_DAYS:
        raise InvalidInput(reason="The result window has 1 to %(limit)s days.", limit=MAX_WINDOW_DAYS)
    if len(text) > MAX_TEXT_CHARS:
        raise InvalidInput(reason="The text has at most %(limit)s characters.", limit=MAX_TEXT_CHARS)
    if target_url:
        links.check_url(target_url)
    population.check(audience)
    if not SmsAccount.objects.filter(pk=account_id).exists():
        raise NotFound()
    return {
        "name": name.strip(), "audience_json": json.dumps(audience, ensure_ascii=False), "text": text,
        "account_id": account_id, "target_url": target_url, "holdout_percent": holdout_percent,
        "window_days": window_days,
    }  # fmt: skip

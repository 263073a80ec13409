"""The job that launches a plan. Killed anywhere and started again it goes on where the last commit was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from siyu.eventlog.jobs import JobContext
from siyu.messaging.services import launching, plans

KIND = plans.LAUNCH_KIND


def launch_plan(context: JobContext) -> Mapping[str, Any]:
    """Takes the snapshot, then enters its people; the result repeats the plan's counts."""
    plan_id = context.args["plan_id"]
    members = launching.take_snapshot(plan_id=plan_id)
    progress = launching.enter_next(plan_id=plan_id, members=members)
    while progress.is_open:
        context.progress(progress.entered_count, progress.audience_count)
        context.check_cancelled()
        progress = launching.enter_next(plan_id=plan_id, members=members)
    context.progress(progress.entered_count, progress.audience_count)
    return {"plan_id": plan_id, "audience_count": progress.audience_count, "entered_count": progress.entered_count}

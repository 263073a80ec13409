"""Background entry points: the pumps that keep memberships, the rebuild jobs and their schedule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_noop as _

from siyu.audiences import evaluation
from siyu.eventlog.contracts import Pump, Schedule
from siyu.eventlog.jobs import JobContext
from siyu.eventlog.registries import JOBS, PUMPS, SCHEDULES, JobKind
from siyu.kernel.errors import NotFound, SiyuError

REBUILD = "audiences.rebuild"
REBUILD_ALL = "audiences.rebuild_all"


def run_rebuild(context: JobContext) -> Mapping[str, Any]:
    return {"members": evaluation.rebuild(context.args["audience_id"])}


def run_rebuild_all(context: JobContext) -> Mapping[str, Any]:
    """Every audience; one that fails says so on itself and does not keep the others from their turn."""
    audience_ids = evaluation.open_audience_ids()
    failed = []
    for done, audience_id in enumerate(audience_ids):
        context.check_cancelled()
        context.progress(done, len(audience_ids))
        try:
            evaluation.rebuild(audience_id)
        except NotFound:
            continue  # archived in the meantime
        except SiyuError as error:
            failed.append({"audience_id": audience_id, "error": error.text()})
    context.progress(len(audience_ids), len(audience_ids))
    return {"rebuilt": len(audience_ids) - len(failed), "failed": failed}


def register() -> None:
    JOBS.add(REBUILD, JobKind(REBUILD, _("Compute an audience"), run_rebuild))
    JOBS.add(REBUILD_ALL, JobKind(REBUILD_ALL, _("Compute all audiences"), run_rebuild_all))
    PUMPS.add("audiences.evaluate", Pump("audiences.evaluate", evaluation.evaluate_once))
    PUMPS.add("audiences.fold", Pump("audiences.fold", evaluation.fold_once, idle_seconds=30.0))
    # Two minutes past, when a day that has just begun has moved its windows.
    SCHEDULES.add(REBUILD_ALL, Schedule(REBUILD_ALL, "2 * * * *", REBUILD_ALL))

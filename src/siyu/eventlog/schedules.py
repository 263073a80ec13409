"""Schedules: cron lines in the brand's zone that start jobs, each time once however many workers run."""

from __future__ import annotations

from datetime import datetime

from croniter import croniter
from django.conf import settings

from siyu.eventlog import records, registries, services
from siyu.eventlog.models import ScheduleState
from siyu.kernel import clock
from siyu.kernel.failpoints import failpoint


def start_due() -> int:
    """Starts the jobs of every schedule that is due; returns how many."""
    started = 0
    moment = clock.now()
    for schedule in registries.SCHEDULES:
        state, fresh = ScheduleState.objects.get_or_create(
            name=schedule.name, defaults={"cron": schedule.cron, "due_at": _next(schedule.cron, moment)}
        )
        if state.cron != schedule.cron:
            ScheduleState.objects.filter(name=schedule.name).update(
                cron=schedule.cron, due_at=_next(schedule.cron, moment)
            )
        elif not fresh and state.due_at <= moment:
            started += _start(schedule.name, state.due_at, moment)
    return started


def _start(name: str, due_at: datetime, moment: datetime) -> int:
    schedule = registries.SCHEDULES.get(name)
    with records.transaction():
        moved = ScheduleState.objects.filter(name=name, due_at=due_at).update(due_at=_next(schedule.cron, moment))
        failpoint("eventlog.schedule.before_start")
        if moved:
            services.start_job(
                kind=schedule.job_kind, args=schedule.args, unique_key=f"schedule:{name}:{due_at.isoformat()}"
            )
    return int(moved)


def _next(cron: str, moment: datetime) -> datetime:
    local: datetime = croniter(cron, moment.astimezone(settings.SIYU.tz)).get_next(datetime)
    return local.astimezone(moment.tzinfo)

"""Gives the people of the demo brand something to do, through the service that the console uses."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from siyu.cli.demo_home import sandbox
from siyu.eventlog import records
from siyu.kernel import clock
from siyu.kernel.settings import Settings
from siyu.org import queries as org
from siyu.org.contracts import SYSTEM
from siyu.org.contracts.tasks import Whose
from siyu.org.queries import tasks as known
from siyu.org.services import tasks

ASKED_AT = time(10)


def give(settings: Settings) -> None:
    """The errands of the last days, most of them done; again changes nothing."""
    errands = sandbox("siyu.sandbox.demo.errands")
    for errand in errands.ERRANDS:
        asked = known.tasks(SYSTEM, whose=Whose.PLACES, state=None, kind=errand.kind, limit=1).items
        if not asked:
            with records.transaction():
                _play(settings, errand, errands)


def _play(settings: Settings, errand: Any, errands: Any) -> None:
    """Asked at its moment; if it is due already, all stores but a few have done it, one after the other."""
    asked_at = _moment(settings, -errand.asked_days_ago, ASKED_AT)
    due_at = _moment(settings, errand.due_in_days, errand.due_at)
    with clock.frozen(asked_at):
        task_ids = tasks.create_tasks(
            viewer=SYSTEM, below_id=org.root().id, kinds_of_place=[errand.place], role_id=org.role_id(errand.role),
            kind=errand.kind, title=errand.title, note=errand.note, due_at=due_at,
        )  # fmt: skip
    if due_at > clock.now():
        return
    step = (due_at - asked_at) / len(task_ids)
    for number, task_id in enumerate(task_ids, start=1):
        if number % errands.LATE_EVERY:
            with clock.frozen(asked_at + number * step):
                tasks.finish_task(
                    viewer=SYSTEM, task_id=task_id, result=errands.RESULTS[number % len(errands.RESULTS)]
                )


def _moment(settings: Settings, days: int, at: time) -> datetime:
    today = clock.local_day(clock.now(), settings.tz)
    return datetime.combine(today + timedelta(days=days), at, settings.tz)

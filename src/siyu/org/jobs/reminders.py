"""The pump of reminders: each task is reminded of once, in the transaction that notes that it was."""

from __future__ import annotations

from siyu.eventlog import records
from siyu.eventlog.contracts import NewEvent
from siyu.eventlog.services import publish
from siyu.kernel import clock
from siyu.kernel.failpoints import failpoint
from siyu.org import events, kinds
from siyu.org.contracts.tasks import TaskState
from siyu.org.models import Task
from siyu.org.services.notices import notify
from siyu.org.services.tasks import asked_staff

PUMP = "org.reminders"
TASKS_PER_RUN = 100


def remind_once() -> int:
    """Reminds of what is due; returns how many tasks."""
    due = Task.objects.filter(state=TaskState.OPEN.value, remind_at__lte=clock.now())
    return sum(_remind(row) for row in due.order_by("remind_at", "pk")[:TASKS_PER_RUN])


def _remind(row: Task) -> int:
    with records.transaction():
        # Another worker, or a run that was killed after this, has moved it: then there is nothing left to do.
        taken = Task.objects.filter(pk=row.pk, state=TaskState.OPEN.value, remind_at=row.remind_at)
        if not taken.update(remind_at=None):
            return 0
        failpoint("org.task.before_reminder")
        publish([NewEvent(events.TASK_DUE, clock.now(), {"task_id": row.pk, "kind": row.kind}, source="system")])
        notify(kind=kinds.TASK_DUE, staff_ids=asked_staff(row), object_id=row.pk, data={"title": row.title})
    failpoint("org.task.after_reminder")
    return 1

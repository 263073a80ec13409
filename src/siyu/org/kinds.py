"""The kinds of tasks and notices that every installation has."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from siyu.org.contracts.notices import NoticeKind
from siyu.org.contracts.tasks import TaskKind
from siyu.org.registries import NOTICES, TASK_KINDS

GENERIC = "generic"
TASK_GIVEN = "task.given"
TASK_DUE = "task.due"
TASK_CLOSED = "task.closed"
APPROVAL_ASKED = "approval.asked"
APPROVAL_SETTLED = "approval.settled"
JOB_DONE = "job.done"
JOB_FAILED = "job.failed"


def register() -> None:
    for task in (
        TaskKind("follow_up", _("Follow up"), icon="user-check"),
        TaskKind("confirm_broadcast", _("Confirm a broadcast"), icon="send"),
        TaskKind("post", _("Post to moments"), icon="photo"),
        TaskKind("call_back", _("Call back"), icon="phone"),
        TaskKind(GENERIC, _("Other task"), icon="checklist"),
    ):
        TASK_KINDS.add(task.key, task)
    for notice in (
        NoticeKind(TASK_GIVEN, _("A task is given to me"), _("New task: %(title)s"), icon="checklist", url_name="task"),
        NoticeKind(
            TASK_DUE, _("A task of mine is due"), _("Due: %(title)s"), icon="clock", url_name="task", mail=True
        ),
        NoticeKind(
            TASK_CLOSED, _("A task that I gave is closed"), _("Closed: %(title)s"), icon="circle-check",
            url_name="task",
        ),
        NoticeKind(
            APPROVAL_ASKED, _("My approval is asked for"), _("%(name)s asks for an approval: %(title)s"),
            icon="shield-check", url_name="approval", mail=True,
        ),
        NoticeKind(
            APPROVAL_SETTLED, _("My request for an approval is settled"), _("Settled: %(title)s"),
            icon="shield-check", url_name="approval", mail=True,
        ),
        NoticeKind(
            JOB_DONE, _("Work that I started is finished"), _("Finished: %(kind)s"), icon="loader", url_name="job"
        ),
        NoticeKind(
            JOB_FAILED, _("Work that I started did not finish"), _("Did not finish: %(kind)s"),
            icon="alert-triangle", url_name="job", mail=True,
        ),
    ):  # fmt: skip
        NOTICES.add(notice.key, notice)

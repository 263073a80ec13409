"""The facts that `org` publishes. They name staff and nodes by id, never by name."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from siyu.eventlog.contracts import EventType
from siyu.eventlog.registries import EVENTS

NODE_CHANGED = "org.node_changed"
STAFF_CHANGED = "org.staff_changed"
CALENDAR_CHANGED = "org.calendar_changed"
TASK_CREATED = "org.task_created"
TASK_CHANGED = "org.task_changed"
TASK_DONE = "org.task_done"
TASK_DUE = "org.task_due"
APPROVAL_ASKED = "org.approval_asked"
APPROVAL_SETTLED = "org.approval_settled"


def register() -> None:
    change = {"change": _("Change")}
    task = {"task_id": _("Task"), "kind": _("Kind")}
    for kind in (
        EventType(NODE_CHANGED, _("Organisation changed"), {"node_id": _("Place"), **change}, icon="sitemap"),
        EventType(STAFF_CHANGED, _("Staff changed"), {"staff_id": _("Staff"), **change}, icon="user-cog"),
        EventType(CALENDAR_CHANGED, _("Calendar changed"), {"node_id": _("Place"), **change}, icon="calendar"),
        EventType(TASK_CREATED, _("Task given"), task, icon="checklist"),
        EventType(TASK_CHANGED, _("Task changed"), {**task, **change}, icon="checklist"),
        EventType(TASK_DONE, _("Task done"), task, icon="circle-check"),
        EventType(TASK_DUE, _("Task reminded of"), task, icon="clock"),
        EventType(APPROVAL_ASKED, _("Approval asked for"), {"approval_id": _("Approval")}, icon="shield-check"),
        EventType(
            APPROVAL_SETTLED, _("Approval settled"), {"approval_id": _("Approval"), "state": _("State")},
            icon="shield-check",
        ),
    ):  # fmt: skip
        EVENTS.add(kind.name, kind)

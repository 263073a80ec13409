"""The facts that `audiences` publishes: somebody became a member, somebody stopped being one."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from siyu.eventlog.contracts import EventType
from siyu.eventlog.registries import EVENTS

ENTERED = "audiences.entered"
LEFT = "audiences.left"


def register() -> None:
    properties = {"audience_id": _("Audience"), "reason": _("Reason")}
    EVENTS.add(ENTERED, EventType(ENTERED, _("Entered an audience"), properties, icon="users-plus"))
    EVENTS.add(LEFT, EventType(LEFT, _("Left an audience"), properties, icon="users-minus"))

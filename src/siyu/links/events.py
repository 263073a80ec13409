"""The facts that `links` publishes."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from siyu.eventlog.contracts import EventType
from siyu.eventlog.registries import EVENTS

CLICKED = "links.clicked"


def register() -> None:
    EVENTS.add(
        CLICKED,
        EventType(CLICKED, _("Link clicked"), {"purpose": _("From"), "bot": _("Automated visit")}, icon="click"),
    )

"""The facts that `customers` publishes. They carry no personal data: the log is kept for years."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from siyu.eventlog.contracts import EventType
from siyu.eventlog.registries import EVENTS

PROFILE_CHANGED = "customers.profile_changed"
CONSENT_CHANGED = "customers.consent_changed"
PLACED = "customers.placed"


def register() -> None:
    EVENTS.add(
        PLACED,
        EventType(PLACED, _("Placed"), {"node_id": _("Place"), "staff_id": _("Staff")}, icon="building-store"),
    )
    EVENTS.add(
        PROFILE_CHANGED,
        EventType(PROFILE_CHANGED, _("Profile changed"), {"fields": _("Fields that changed")}, icon="user-edit"),
    )
    EVENTS.add(
        CONSENT_CHANGED,
        EventType(
            CONSENT_CHANGED,
            _("Consent changed"),
            {"channel": _("Channel"), "purpose": _("Purpose"), "granted": _("Granted")},
            icon="shield-check",
        ),
    )

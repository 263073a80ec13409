"""The facts that `messaging` publishes. `object_id` is the outbox row, or the plan for its launch."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from siyu.eventlog.contracts import EventType
from siyu.eventlog.registries import EVENTS

PLAN_LAUNCHED = "messaging.plan_launched"
SENT = "messaging.sent"
DELIVERED = "messaging.delivered"
FAILED = "messaging.failed"
SUPPRESSED = "messaging.suppressed"


def register() -> None:
    plan = {"plan_id": _("Plan"), "channel": _("Channel")}
    reason = {**plan, "reason": _("Reason"), "detail": _("What the provider said")}
    for event in (
        EventType(PLAN_LAUNCHED, _("Plan launched"), {**plan, "audience_count": _("Audience")}, icon="rocket"),
        EventType(SENT, _("Message sent"), {**plan, "units": _("Billed units")}, icon="send"),
        EventType(DELIVERED, _("Message delivered"), {**plan, "units": _("Billed units")}, icon="checks"),
        EventType(FAILED, _("Message failed"), reason, icon="message-x"),
        EventType(SUPPRESSED, _("Message held back"), reason, icon="message-off"),
    ):
        EVENTS.add(event.name, event)

"""What the audit log keeps of `webhooks`."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from siyu.audit.registries import action, kind

ENDPOINT = "webhook"
CREATED = "webhook.created"
CHANGED = "webhook.changed"
STATE = "webhook.state"
ROTATED = "webhook.rotated"
PINGED = "webhook.pinged"
REPLAYED = "webhook.replayed"


def register() -> None:
    kind(ENDPOINT, _("Webhook"))
    action(CREATED, _("Webhook created"))
    action(CHANGED, _("Webhook changed"))
    action(STATE, _("Webhook switched on or off"))
    action(ROTATED, _("Webhook secret renewed"))
    action(PINGED, _("Webhook tried"))
    action(REPLAYED, _("Webhook deliveries sent again"))

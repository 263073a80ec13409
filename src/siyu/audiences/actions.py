"""What the audit log keeps of `audiences`."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from siyu.audit.registries import action, kind

AUDIENCE, RFM = "audience", "rfm"
CREATED = "audience.created"
CHANGED = "audience.changed"
REBUILT = "audience.rebuilt"
ARCHIVED = "audience.archived"
RFM_EXPORTED = "rfm.exported"


def register() -> None:
    kind(AUDIENCE, _("Audience"))
    kind(RFM, _("RFM model"))
    action(CREATED, _("Audience created"))
    action(CHANGED, _("Audience changed"))
    action(REBUILT, _("Audience computed again"))
    action(ARCHIVED, _("Audience archived"))
    action(RFM_EXPORTED, _("RFM list downloaded"))

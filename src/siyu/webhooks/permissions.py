"""The permission of `webhooks`."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from siyu.org.registries import permission

WEBHOOKS_MANAGE = "webhooks.manage"


def register() -> None:
    permission(WEBHOOKS_MANAGE, _("Send events to other systems"), area=_("Organisation"))

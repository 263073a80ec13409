"""What roles may allow of plans and message accounts."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from siyu.org.registries import permission

PLANS_VIEW = "plans.view"
PLANS_EDIT = "plans.edit"
PLANS_LAUNCH = "plans.launch"
CHANNELS_MANAGE = "channels.manage"


def register() -> None:
    area = _("Reach")
    permission(PLANS_VIEW, _("See plans and their results"), area=area, roles="operator analyst")
    permission(PLANS_EDIT, _("Make and change plans"), area=area, roles="operator")
    permission(PLANS_LAUNCH, _("Launch and stop plans"), area=area, roles="operator")
    permission(CHANNELS_MANAGE, _("Set message accounts up"), area=area, roles="operator")

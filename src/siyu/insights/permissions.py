"""What roles may allow of reports."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from siyu.org.registries import permission

OVERVIEW_VIEW = "overview.view"


def register() -> None:
    permission(
        OVERVIEW_VIEW, _("See the overview"), area=_("Insights"), roles="operator store_manager guide analyst auditor"
    )

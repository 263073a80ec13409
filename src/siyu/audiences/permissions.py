"""What roles may allow of audiences and RFM."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from siyu.org.registries import permission

AUDIENCES_VIEW = "audiences.view"
AUDIENCES_EDIT = "audiences.edit"
RFM_VIEW = "rfm.view"


def register() -> None:
    area = _("Customers")
    permission(AUDIENCES_VIEW, _("See audiences"), area=area, roles="operator store_manager analyst")
    permission(AUDIENCES_EDIT, _("Make and change audiences"), area=area, roles="operator")
    permission(RFM_VIEW, _("See the RFM model"), area=_("Insights"), roles="operator store_manager analyst")

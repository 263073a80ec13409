"""What roles may allow of customers."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from siyu.org.registries import permission

CUSTOMERS_VIEW = "customers.view"
CUSTOMERS_EXPORT = "customers.export"
CUSTOMERS_REVEAL = "customers.reveal"
CUSTOMERS_PLACE = "customers.place"


def register() -> None:
    area = _("Customers")
    permission(
        CUSTOMERS_VIEW, _("See customers and their orders"), area=area, roles="operator store_manager guide analyst"
    )
    permission(CUSTOMERS_EXPORT, _("Export lists of customers"), area=area, roles="operator")
    permission(CUSTOMERS_REVEAL, _("See whole phone numbers, with an entry in the log"), area=area, roles="operator")
    permission(
        CUSTOMERS_PLACE,
        _("Say where customers belong and who looks after them"),
        area=area,
        roles="operator store_manager",
    )

"""What the audit log keeps of `customers`."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from siyu.audit.registries import action, kind

CUSTOMER = "customer"
PLACED = "customer.placed"


def register() -> None:
    kind(CUSTOMER, _("Customer"))
    action(PLACED, _("Customers moved to a place or a person"))

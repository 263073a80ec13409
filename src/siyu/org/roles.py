"""The system roles: what everybody starts with. Which permissions they have, each permission says itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_noop as _

from siyu.org.contracts import ALL_PERMISSIONS, Reach
from siyu.org.registries import PERMISSIONS

OWNER = "owner"
OPERATOR = "operator"
STORE_MANAGER = "store_manager"
GUIDE = "guide"
ANALYST = "analyst"
AUDITOR = "auditor"


@dataclass(frozen=True, slots=True)
class SystemRole:
    label: str
    reach: Reach
    about: str


SYSTEM_ROLES: Mapping[str, SystemRole] = {
    OWNER: SystemRole(_("Owner"), Reach.ALL, _("May do everything and sees every customer.")),
    OPERATOR: SystemRole(_("Operator"), Reach.ALL, _("Runs the private domain: customers, audiences, plans.")),
    STORE_MANAGER: SystemRole(_("Store manager"), Reach.SUBTREE, _("Leads a store or region and sees its customers.")),
    GUIDE: SystemRole(_("Guide"), Reach.OWN, _("Serves customers and sees those in their own care.")),
    ANALYST: SystemRole(_("Analyst"), Reach.ALL, _("Reads every number and list, changes nothing.")),
    AUDITOR: SystemRole(_("Auditor"), Reach.ALL, _("Reads who did what, and the settings behind it.")),
}


def permissions_of(key: str) -> frozenset[str]:
    """What a system role may do, now that every package has said what there is."""
    if key == OWNER:
        return ALL_PERMISSIONS
    return frozenset(permission.key for permission in PERMISSIONS if key in permission.roles)

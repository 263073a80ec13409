"""Words of the organisation's pages."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from siyu.org.contracts import MembershipView, NodeKind, Reach, RoleView


class KindWord(NamedTuple):
    """How a kind of place is called and drawn."""

    label: Any
    icon: str


KIND_WORDS = {
    NodeKind.COMPANY: KindWord(_("Company"), icon="building-skyscraper"),
    NodeKind.BRAND: KindWord(_("Brand"), icon="diamond"),
    NodeKind.REGION: KindWord(_("Region"), icon="map-pin"),
    NodeKind.STORE: KindWord(_("Store"), icon="building-store"),
    NodeKind.TEAM: KindWord(_("Team"), icon="users-group"),
}
KINDS = {kind: word.label for kind, word in KIND_WORDS.items()}
REACHES = {
    Reach.ALL: _("All customers"),
    Reach.SUBTREE: _("Customers of the place and below"),
    Reach.OWN: _("Own customers"),
}


def role_label(role: RoleView) -> str:
    """System roles are told in the reader's language, own ones as the brand calls them."""
    return gettext(role.label) if role.is_system else role.label


def membership(found: MembershipView) -> str:
    label = found.role_label if found.role_key.startswith("own-") else gettext(found.role_label)
    return gettext("%(role)s · %(place)s") % {"role": label, "place": found.node_name}

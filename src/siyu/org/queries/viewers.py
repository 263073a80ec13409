"""Who is asking: permissions and scope of a member of staff, from the roles of this very moment."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from django.db.models import Q

from siyu.kernel import clock
from siyu.org import roles as system
from siyu.org.contracts import EVERYTHING, STRANGER, Reach, Scope, Viewer
from siyu.org.models import AccessToken, Membership, Role, Staff


def viewer_of(user: Any, *, via: str = "", origin: str = "", trace_id: str = "") -> Viewer:
    """The viewer behind a request's user, with the permissions and scope of this very moment.

    A stranger unless signed in and active; somebody without any role sees nothing and may do nothing.
    """
    if not isinstance(user, Staff) or not user.is_active:
        return STRANGER
    held = list(Membership.objects.filter(staff_id=user.pk).select_related("role", "node"))
    permissions = frozenset[str]().union(*(permissions_of(row.role) for row in held))
    return Viewer(
        staff_id=user.pk,
        name=user.name,
        scope=scope_of(user.pk, held),
        permissions=system.permissions_of(system.OWNER) if is_owner(held) else permissions,
        via=via,
        origin=origin,
        trace_id=trace_id,
        roles=frozenset(row.role.key for row in held),
    )


def is_owner(held: Sequence[Membership]) -> bool:
    return any(row.role.key == system.OWNER for row in held)


def permissions_of(role: Role) -> frozenset[str]:
    if role.is_system:
        return system.permissions_of(role.key)
    return frozenset(json.loads(role.permissions_json))


def reach_of(role: Role) -> Reach:
    return system.SYSTEM_ROLES[role.key].reach if role.is_system else Reach(role.reach)


def scope_of(staff_id: int, held: Sequence[Membership]) -> Scope:
    reaches = {row.pk: reach_of(row.role) for row in held if row.node.is_active}
    if Reach.ALL in reaches.values():
        return EVERYTHING
    paths = sorted({row.node.path for row in held if reaches.get(row.pk) == Reach.SUBTREE})
    # Of nested places the outer one says it all.
    outer = tuple(path for path in paths if not any(path != other and path.startswith(other) for other in paths))
    return Scope(paths=outer, staff_id=staff_id if Reach.OWN in reaches.values() else None)


def staff_by_token(token: str) -> Staff | None:
    """The active member of staff whose unexpired access token this is, or None."""
    digest = hashlib.sha256(token.encode()).digest()
    moment = clock.now()
    found = (
        AccessToken.objects.select_related("staff")
        .filter(Q(expires_at=None) | Q(expires_at__gt=moment))
        .filter(token_hash=digest, revoked_at=None, staff__is_active=True)
        .first()
    )
    return found.staff if found else None


def staff_exists() -> bool:
    return Staff.objects.exists()


def staff_by_email(email: str) -> Staff | None:
    return Staff.objects.filter(email__iexact=email).first()

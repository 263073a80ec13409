"""The brand's own roles. System roles cannot be changed: copy one instead."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.db.models import F
from django.utils.translation import gettext_noop as _

from siyu.audit.contracts import Target
from siyu.eventlog import records
from siyu.kernel import ids
from siyu.kernel.errors import InvalidInput, NotFound, Outdated
from siyu.org import actions, auditing
from siyu.org.contracts import ALL_PERMISSIONS, BeyondYourself, Reach, RoleInUse, Viewer
from siyu.org.models import Membership, Role
from siyu.org.permissions import ROLES_MANAGE
from siyu.org.registries import PERMISSIONS

# Own roles in all: a choice of hundreds helps nobody.
MAX_ROLES = 200


def create_role(*, viewer: Viewer, label: str, reach: Reach, permissions: Iterable[str]) -> int:
    """A new role of the brand's own; returns its id. Nobody makes a role that may do more than they may."""
    viewer.require(ROLES_MANAGE)
    label, chosen = _labelled(label), _chosen(viewer, permissions, reach)
    with records.transaction():
        if Role.objects.count() >= MAX_ROLES:
            raise InvalidInput(reason=_("There are 200 roles already, which is the limit."))
        _check_label(label, None)
        key = f"own-{ids.new_trace_id()[:12]}"
        row = Role.objects.create(key=key, label=label, reach=reach.value, permissions_json=json.dumps(sorted(chosen)))
        auditing.record(viewer, actions.ROLE_CREATED, _target(row), after=_fields(row))
    return row.pk


def change_role(
    *, viewer: Viewer, role_id: int, version: int, label: str, reach: Reach, permissions: Iterable[str]
) -> None:
    """Changes an own role for everybody who has it, at once. Outdated if it was changed since `version`."""
    viewer.require(ROLES_MANAGE)
    label, chosen = _labelled(label), _chosen(viewer, permissions, reach)
    with records.transaction():
        row = _own(role_id)
        _check_label(label, role_id)
        changed = Role.objects.filter(pk=role_id, version=version).update(
            label=label, reach=reach.value, permissions_json=json.dumps(sorted(chosen)), version=F("version") + 1
        )
        if not changed:
            raise Outdated()
        after = {"label": label, "reach": reach.value, "permissions": sorted(chosen)}
        auditing.record(viewer, actions.ROLE_CHANGED, _target(row), before=_fields(row), after=after)


def delete_role(*, viewer: Viewer, role_id: int) -> None:
    """Removes an own role that nobody has. RoleInUse while somebody does."""
    viewer.require(ROLES_MANAGE)
    with records.transaction():
        row = _own(role_id)
        count = Membership.objects.filter(role=row).values("staff_id").distinct().count()
        if count:
            raise RoleInUse(count=count)
        auditing.record(viewer, actions.ROLE_DELETED, _target(row), before=_fields(row))
        row.delete()


def _target(row: Role) -> Target:
    return Target(actions.ROLE, row.pk, row.label)


def _fields(row: Role) -> dict[str, Any]:
    return {"label": row.label, "reach": row.reach, "permissions": json.loads(row.permissions_json)}


def _own(role_id: int) -> Role:
    row = Role.objects.filter(pk=role_id).first()
    if row is None:
        raise NotFound()
    if row.is_system:
        raise InvalidInput(reason=_("System roles cannot be changed. Copy one and change the copy."))
    return row


def _labelled(label: str) -> str:
    label = label.strip()
    if not label or len(label) > 80:
        raise InvalidInput(reason=_("A name of 1 to 80 characters is needed."))
    return label


def _check_label(label: str, role_id: int | None) -> None:
    if any(pk != role_id for pk in Role.objects.filter(label=label).values_list("pk", flat=True)):
        raise InvalidInput(reason=_("There is a role of this name already."))


def _chosen(viewer: Viewer, permissions: Iterable[str], reach: Reach) -> frozenset[str]:
    chosen = frozenset(permissions)
    if not chosen <= set(PERMISSIONS.names()):
        raise InvalidInput(reason=_("A permission is unknown. Reload the page and choose again."))
    if viewer.permissions != ALL_PERMISSIONS and not chosen <= viewer.permissions:
        raise BeyondYourself()
    if reach == Reach.ALL and not viewer.scope.everything:
        raise BeyondYourself()
    return chosen

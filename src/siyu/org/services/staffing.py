"""Staff as the console keeps them: add, change, give roles, close."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db.models import F
from django.utils.translation import gettext_noop as _

from siyu.eventlog import records
from siyu.kernel import clock
from siyu.kernel.errors import InvalidInput, NotAllowed, NotFound, Outdated
from siyu.org import actions, auditing, changes, rules, sessions
from siyu.org import roles as system
from siyu.org.contracts import SYSTEM, BeyondYourself, LastOwner, MembershipIn, Reach, Viewer
from siyu.org.models import AccessToken, Membership, Node, PasswordLink, Role, Staff
from siyu.org.permissions import STAFF_MANAGE
from siyu.org.queries import accessible_staff
from siyu.org.services import accounts

# Roles of one person; more is a sign that an own role is missing.
MAX_MEMBERSHIPS = 50


def add_staff(
    *, viewer: Viewer, email: str, name: str, memberships: Sequence[MembershipIn], title: str = "", password: str = ""
) -> tuple[int, str]:
    """Adds somebody with roles; returns the id and the password to hand over, generated if none is given."""
    viewer.require(STAFF_MANAGE)
    secret = password or accounts.new_password()
    check_identity(email, name)
    with records.transaction():
        staff_id = accounts.create_staff(email=email, name=name, title=title, password=secret, viewer=viewer)
        _give_first(viewer, staff_id, memberships)
        changes.staff_changed(viewer, staff_id, "created")
    return staff_id, secret


def add_invited(*, viewer: Viewer, email: str, name: str, memberships: Sequence[MembershipIn], title: str = "") -> int:
    """Adds somebody without a password, who chooses one when they follow their invitation; returns the id."""
    viewer.require(STAFF_MANAGE)
    check_identity(email, name)
    with records.transaction():
        staff_id = accounts.create_invited(email=email, name=name, title=title, viewer=viewer)
        _give_first(viewer, staff_id, memberships)
        changes.staff_changed(viewer, staff_id, "created")
    return staff_id


def change_staff(*, viewer: Viewer, staff_id: int, version: int, name: str, title: str = "") -> None:
    """Changes name and title. Outdated if somebody changed them since `version`."""
    row = _staff(viewer, staff_id)
    check_identity(row.email, name)
    with records.transaction():
        changed = Staff.objects.filter(pk=staff_id, version=version).update(
            name=name.strip(), title=title.strip(), version=F("version") + 1
        )
        if not changed:
            raise Outdated()
        changes.staff_changed(viewer, staff_id, "changed")
        auditing.record(
            viewer, actions.STAFF_CHANGED, accounts.target(row),
            before={"name": row.name, "title": row.title}, after={"name": name.strip(), "title": title.strip()},
        )  # fmt: skip


def set_memberships(*, viewer: Viewer, staff_id: int, memberships: Sequence[MembershipIn]) -> None:
    """Replaces the roles of somebody; sessions that are open obey at their next request.

    Roles beyond the viewer's own are neither given nor taken: those that the person has already stay.
    """
    row = _staff(viewer, staff_id)
    with records.transaction(), _an_owner_stays():
        before = _roles_of(staff_id)
        _write_memberships(viewer, staff_id, memberships)
        changes.staff_changed(viewer, staff_id, "roles")
        after = _roles_of(staff_id)
        auditing.record(
            viewer, actions.STAFF_ROLES, accounts.target(row), before={"roles": before}, after={"roles": after}
        )


def edit_staff(
    *, viewer: Viewer, staff_id: int, version: int, name: str, title: str, memberships: Sequence[MembershipIn]
) -> None:
    """Changes name, title and roles together; all or nothing."""
    with records.transaction():
        change_staff(viewer=viewer, staff_id=staff_id, version=version, name=name, title=title)
        set_memberships(viewer=viewer, staff_id=staff_id, memberships=memberships)


def close_staff(*, viewer: Viewer, staff_id: int) -> None:
    """Ends somebody's access at once: sessions, tokens, roles in effect. What they did stays under their name."""
    row = _staff(viewer, staff_id)
    if staff_id == viewer.staff_id:
        raise InvalidInput(reason=_("You cannot close your own account. Ask another owner."))
    with records.transaction(), _an_owner_stays():
        _check_not_above(viewer, staff_id)
        Staff.objects.filter(pk=staff_id).update(is_active=False, version=F("version") + 1)
        AccessToken.objects.filter(staff_id=staff_id, revoked_at=None).update(revoked_at=clock.now())
        PasswordLink.objects.filter(staff_id=staff_id, used_at=None).delete()
        sessions.drop(staff_id)
        changes.staff_changed(viewer, staff_id, "closed")
        auditing.record(viewer, actions.STAFF_CLOSED, accounts.target(row))


def open_staff(*, viewer: Viewer, staff_id: int) -> None:
    """Gives a closed account its access back, with the roles that it had."""
    row = _staff(viewer, staff_id)
    with records.transaction():
        _check_not_above(viewer, staff_id)
        Staff.objects.filter(pk=staff_id).update(is_active=True, version=F("version") + 1)
        changes.staff_changed(viewer, staff_id, "opened")
        auditing.record(viewer, actions.STAFF_OPENED, accounts.target(row))


def ensure_owner(*, staff_id: int, viewer: Viewer = SYSTEM) -> None:
    """Makes somebody owner of the company: for the first sign-in and for the command line."""
    role = Role.objects.get(key=system.OWNER)
    with records.transaction():
        before = _roles_of(staff_id)
        Membership.objects.get_or_create(staff_id=staff_id, role=role, node=Node.objects.get(parent=None))
        auditing.record(
            viewer, actions.STAFF_ROLES, accounts.target(Staff.objects.get(pk=staff_id)),
            before={"roles": before}, after={"roles": _roles_of(staff_id)},
        )  # fmt: skip


def _give_first(viewer: Viewer, staff_id: int, memberships: Sequence[MembershipIn]) -> None:
    _write_memberships(viewer, staff_id, memberships)
    target = accounts.target(Staff.objects.get(pk=staff_id))
    auditing.record(viewer, actions.STAFF_ROLES, target, before={"roles": []}, after={"roles": _roles_of(staff_id)})


def _roles_of(staff_id: int) -> list[str]:
    """Roles with their places, as the audit log keeps them."""
    held = Membership.objects.filter(staff_id=staff_id).select_related("role", "node").order_by("pk")
    return [f"{row.role} @ {row.node.name or row.node.code}" for row in held]


def manageable(viewer: Viewer, staff_id: int) -> Staff:
    """Somebody whose way of signing in the viewer may change: within their scope, and not above them."""
    row = _staff(viewer, staff_id)
    _check_not_above(viewer, staff_id)
    return row


def manageable_other(viewer: Viewer, staff_id: int) -> Staff:
    """The same, for what asks oneself for the password: an open browser or a stolen token must not go round it."""
    if viewer.staff_id is not None and viewer.staff_id == staff_id:
        raise InvalidInput(reason=_("For yourself, do this under “My account”, with your password."))
    return manageable(viewer, staff_id)


def _staff(viewer: Viewer, staff_id: int) -> Staff:
    viewer.require(STAFF_MANAGE)
    row = accessible_staff(viewer).filter(pk=staff_id).first()
    if row is None:
        raise NotFound()
    return row


def check_identity(email: str, name: str) -> None:
    """InvalidInput for a name or an e-mail address that is none."""
    if not name.strip() or len(name.strip()) > 80:
        raise InvalidInput(reason=_("A name of 1 to 80 characters is needed."))
    local, at, domain = email.strip().partition("@")
    if not (local and at and "." in domain) or len(email) > 254 or any(sign.isspace() for sign in email.strip()):
        raise InvalidInput(reason=_("An e-mail address is needed, such as name@company.com."))


def _write_memberships(viewer: Viewer, staff_id: int, wanted: Sequence[MembershipIn]) -> None:
    held = list(Membership.objects.filter(staff_id=staff_id).select_related("role", "node"))
    have = {(row.role_id, row.node_id) for row in held}
    want = {(entry.role_id, entry.node_id) for entry in wanted}
    if len(want) > MAX_MEMBERSHIPS:
        raise InvalidInput(reason=_("One person can have at most 50 roles. Make a role of your own that says it all."))
    for role_id, node_id in sorted(want - have):
        role, node = Role.objects.filter(pk=role_id).first(), Node.objects.filter(pk=node_id, is_active=True).first()
        if role is None or node is None:
            raise NotFound()
        _check_may_give(viewer, role, node)
        Membership.objects.create(staff_id=staff_id, role=role, node=node)
    for row in held:
        if (row.role_id, row.node_id) not in want and _may_give(viewer, row.role, row.node):
            row.delete()


def _check_may_give(viewer: Viewer, role: Role, node: Node) -> None:
    if not _may_give(viewer, role, node):
        raise BeyondYourself()


def _may_give(viewer: Viewer, role: Role, node: Node) -> bool:
    if role.is_system:
        return rules.may_give(viewer, system.permissions_of(role.key), system.SYSTEM_ROLES[role.key].reach, node.path)
    return rules.may_give(viewer, frozenset(json.loads(role.permissions_json)), Reach(role.reach), node.path)


def _check_not_above(viewer: Viewer, staff_id: int) -> None:
    """Whoever has a role that the viewer could not give is not theirs to close."""
    for row in Membership.objects.filter(staff_id=staff_id).select_related("role", "node"):
        if not _may_give(viewer, row.role, row.node):
            raise NotAllowed()


@contextmanager
def _an_owner_stays() -> Iterator[None]:
    """LastOwner if what happens inside takes the last active owner away."""
    owners = Membership.objects.filter(role__key=system.OWNER, staff__is_active=True)
    had_one = owners.exists()
    yield
    if had_one and not owners.exists():
        raise LastOwner()

"""Staff and roles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from django.db.models import Count, Q, QuerySet

from siyu.kernel.errors import NotFound
from siyu.kernel.paging import MAX_PAGE_ROWS, Page, decode_cursor, encode_cursor
from siyu.org import roles as system
from siyu.org.contracts import (
    MembershipView,
    RoleView,
    Scope,
    StaffView,
    Viewer,
)
from siyu.org.models import Membership, Node, Role, Staff
from siyu.org.permissions import STAFF_VIEW
from siyu.org.queries.tree import accessible_nodes, node, node_view
from siyu.org.queries.viewers import is_owner, permissions_of, reach_of, scope_of

# People whom a filter by name means at most.
MAX_FOUND_STAFF = 100


def accessible_staff(viewer: Viewer) -> QuerySet[Staff]:
    """Staff with a role at a place within the scope; everybody for who sees everything. Oneself always."""
    if viewer.scope.everything:
        return Staff.objects.all()
    here = Membership.objects.filter(node__in=accessible_nodes(viewer)).values("staff_id")
    return Staff.objects.filter(Q(pk__in=here) | Q(pk=viewer.staff_id))


def staff(
    viewer: Viewer,
    *,
    text: str = "",
    node_id: int | None = None,
    role_id: int | None = None,
    active: bool | None = True,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[StaffView]:
    """Staff by name, a page at a time. `text` is part of a name or e-mail; `node_id` means that place and below."""
    viewer.require(STAFF_VIEW)
    found = accessible_staff(viewer)
    if text.strip():
        found = found.filter(Q(name__icontains=text.strip()) | Q(email__icontains=text.strip()))
    if node_id is not None:
        below = Node.objects.filter(path__startswith=node(viewer, node_id).path)
        found = found.filter(pk__in=Membership.objects.filter(node__in=below).values("staff_id"))
    if role_id is not None:
        found = found.filter(pk__in=Membership.objects.filter(role_id=role_id).values("staff_id"))
    if active is not None:
        found = found.filter(is_active=active)
    if cursor:
        name, staff_id = decode_cursor(cursor, str, int)
        found = found.filter(Q(name__gt=name) | Q(name=name, pk__gt=staff_id))
    size = min(limit, MAX_PAGE_ROWS)
    rows = list(found.order_by("name", "pk")[: size + 1])
    more = encode_cursor(rows[size - 1].name, rows[size - 1].pk) if len(rows) > size else None
    return Page(_staff_views(rows[:size]), more)


def staff_member(viewer: Viewer, staff_id: int) -> StaffView:
    """One person; NotFound outside the viewer's scope."""
    row = accessible_staff(viewer).filter(pk=staff_id).first()
    if row is None or (staff_id != viewer.staff_id and not viewer.may(STAFF_VIEW)):
        raise NotFound()
    return _staff_views([row])[0]


def require_staff(viewer: Viewer, staff_ids: Iterable[int]) -> None:
    """NotFound unless the viewer sees all of these people."""
    wanted = set(staff_ids)
    if accessible_staff(viewer).filter(pk__in=wanted).count() != len(wanted):
        raise NotFound()


def staff_by_text(texts: Iterable[str]) -> dict[str, int]:
    """E-mail or name of somebody active → their id, for imports; a name that several have says nothing."""
    wanted = set(texts)
    found = Staff.objects.filter(Q(email__in=wanted) | Q(name__in=wanted), is_active=True)
    rows = list(found.values_list("pk", "email", "name"))
    names = Counter(name for _pk, _email, name in rows)
    by_name = {name: pk for pk, _email, name in rows if name in wanted and names[name] == 1}
    return by_name | {email: pk for pk, email, _name in rows if email in wanted}


def staff_names(staff_ids: Iterable[int]) -> dict[int, str]:
    """Names by id, for lists that show who did something."""
    return dict(Staff.objects.filter(pk__in=set(staff_ids)).values_list("pk", "name"))


def staff_with(permission: str, *, node_path: str = "") -> list[int]:
    """Active staff who have a permission and whose scope holds a place: whom to notify or to ask."""
    held: dict[int, list[Membership]] = {}
    for row in Membership.objects.filter(staff__is_active=True).select_related("role", "node"):
        held.setdefault(row.staff_id, []).append(row)
    return [
        staff_id
        for staff_id, rows in sorted(held.items())
        if (is_owner(rows) or any(permission in permissions_of(row.role) for row in rows))
        and _holds(scope_of(staff_id, rows), node_path)
    ]


def _holds(scope: Scope, path: str) -> bool:
    return scope.everything or any(path.startswith(mine) for mine in scope.paths)


def roles(viewer: Viewer) -> list[RoleView]:
    """System roles first, then the brand's own by name."""
    viewer.require(STAFF_VIEW)
    order, counted = list(system.SYSTEM_ROLES), _staff_counts()
    views = [_role(row, counted.get(row.pk, 0)) for row in Role.objects.all()]
    return sorted(views, key=lambda view: (order.index(view.key) if view.is_system else len(order), view.label))


def _staff_counts() -> dict[int, int]:
    """Active staff by role."""
    held = Membership.objects.filter(staff__is_active=True).values_list("role_id")
    return dict(held.annotate(Count("staff", distinct=True)))


def role(viewer: Viewer, role_id: int) -> RoleView:
    viewer.require(STAFF_VIEW)
    row = Role.objects.filter(pk=role_id).first()
    if row is None:
        raise NotFound()
    return _role(row)


def role_id(key: str) -> int:
    """The id of a role by its key; NotFound for an unknown one."""
    row = Role.objects.filter(key=key).first()
    if row is None:
        raise NotFound()
    return row.pk


def _role(row: Role, staff_count: int = 0) -> RoleView:
    return RoleView(
        id=row.pk,
        key=row.key,
        label=system.SYSTEM_ROLES[row.key].label if row.is_system else row.label,
        is_system=row.is_system,
        reach=reach_of(row),
        permissions=permissions_of(row),
        staff_count=staff_count,
        version=row.version,
    )


def _staff_views(rows: Sequence[Staff]) -> list[StaffView]:
    held: dict[int, list[MembershipView]] = {}
    for row in Membership.objects.filter(staff__in=rows).select_related("role", "node").order_by("pk"):
        held.setdefault(row.staff_id, []).append(_membership(row))
    return [
        StaffView(
            id=row.pk,
            email=row.email,
            name=row.name,
            title=row.title,
            is_active=row.is_active,
            created_at=row.created_at,
            last_login=row.last_login,
            has_password=row.has_usable_password(),
            version=row.version,
            memberships=tuple(held.get(row.pk, ())),
        )
        for row in rows
    ]


def _membership(row: Membership) -> MembershipView:
    role_view = _role(row.role)
    place = node_view(row.node)
    return MembershipView(row.pk, role_view.id, role_view.key, role_view.label, place.id, place.name, place.path)


def staff_ids_named(text: str) -> list[int]:
    """Staff, closed accounts included, whose name or e-mail holds the text: for filters of lists."""
    found = Staff.objects.filter(Q(name__icontains=text.strip()) | Q(email__icontains=text.strip()))
    return list(found.order_by("pk").values_list("pk", flat=True)[:MAX_FOUND_STAFF])

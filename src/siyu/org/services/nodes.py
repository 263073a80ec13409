"""The tree: make, change, move, close and delete places."""

from __future__ import annotations

from django.db.models import F, ProtectedError, Value
from django.db.models.functions import Concat, Substr
from django.utils.translation import gettext_noop as _

from siyu.audit.contracts import Target
from siyu.eventlog import records
from siyu.kernel import clock
from siyu.kernel.errors import InvalidInput, NotFound, Outdated
from siyu.org import actions, auditing, changes, rules
from siyu.org.contracts import BeyondYourself, CodeTaken, NodeInUse, NodeKind, Viewer
from siyu.org.models import Membership, Node
from siyu.org.permissions import STAFF_MANAGE
from siyu.org.queries import accessible_nodes

# Places in all: the largest chains have tens of thousands of stores.
MAX_NODES = 50_000


def create_node(*, viewer: Viewer, parent_id: int, kind: NodeKind, name: str, code: str, city: str = "") -> int:
    """A new place below another one; returns its id."""
    viewer.require(STAFF_MANAGE)
    name, code = _named(name), _coded(code)
    with records.transaction():
        parent = _node(viewer, parent_id)
        if not rules.may_stand_below(kind, NodeKind(parent.kind)):
            raise InvalidInput(reason=_("A place of this kind cannot stand there. Order: brand, region, store, team."))
        if Node.objects.count() >= MAX_NODES:
            raise InvalidInput(reason=_("There are 50,000 places already, which is the limit."))
        _check_code(code, None)
        # The path needs the id, which is known after the insert only; nobody reads in between.
        row = Node.objects.create(
            parent=parent, kind=kind.value, code=code, name=name, path=f"new {code}"[:120], city=city.strip(),
            created_at=clock.now(),
        )  # fmt: skip
        row.path = f"{parent.path}{row.pk}."
        row.save(update_fields=["path"])
        changes.node_changed(viewer, row.pk, "created")
        auditing.record(viewer, actions.NODE_CREATED, _target(row), after=_fields(row))
    return row.pk


def change_node(*, viewer: Viewer, node_id: int, version: int, name: str, code: str, city: str = "") -> None:
    """Renames a place. Outdated if somebody changed it since `version`."""
    viewer.require(STAFF_MANAGE)
    name, code = _named(name), _coded(code)
    with records.transaction():
        row = _node(viewer, node_id)
        before = _fields(row)
        _check_code(code, row.pk)
        changed = Node.objects.filter(pk=row.pk, version=version).update(
            name=name, code=code, city=city.strip(), version=F("version") + 1
        )
        if not changed:
            raise Outdated()
        changes.node_changed(viewer, row.pk, "changed")
        after = before | {"name": name, "code": code, "city": city.strip()}
        auditing.record(viewer, actions.NODE_CHANGED, _target(row), before=before, after=after)


def edit_node(
    *, viewer: Viewer, node_id: int, version: int, name: str, code: str, city: str = "", above_code: str = ""
) -> None:
    """Renames a place and, where `above_code` names another one, hangs it under that; both or nothing."""
    with records.transaction():
        change_node(viewer=viewer, node_id=node_id, version=version, name=name, code=code, city=city)
        above = Node.objects.filter(code=above_code).first() if above_code else None
        if above_code and above is None:
            raise InvalidInput(reason=_("There is no place with the code %(value)s."), value=above_code)
        if above is not None and _node(viewer, node_id).parent_id not in (None, above.pk):
            move_node(viewer=viewer, node_id=node_id, parent_id=above.pk)


def move_node(*, viewer: Viewer, node_id: int, parent_id: int) -> None:
    """Hangs a place, with all below it, under another one. Whose scope holds it changes with that at once."""
    viewer.require(STAFF_MANAGE)
    with records.transaction():
        row, parent = _node(viewer, node_id), _node(viewer, parent_id)
        if row.parent_id is None or rules.moves_into_itself(row.path, parent.path):
            raise InvalidInput(reason=_("A place cannot be moved below itself, and the company stays where it is."))
        if not rules.may_stand_below(NodeKind(row.kind), NodeKind(parent.kind)):
            raise InvalidInput(reason=_("A place of this kind cannot stand there. Order: brand, region, store, team."))
        new_path = f"{parent.path}{row.pk}."
        Node.objects.filter(path__startswith=row.path).update(
            path=Concat(Value(new_path), Substr("path", len(row.path) + 1)), version=F("version") + 1
        )
        Node.objects.filter(pk=row.pk).update(parent=parent)
        changes.node_changed(viewer, row.pk, "moved")
        old_parent = Node.objects.filter(pk=row.parent_id).values_list("name", flat=True).first()
        auditing.record(
            viewer, actions.NODE_MOVED, _target(row),
            before={"parent_id": row.parent_id, "parent": old_parent},
            after={"parent_id": parent.pk, "parent": parent.name},
        )  # fmt: skip


def close_node(*, viewer: Viewer, node_id: int) -> None:
    """Takes a place out of use: its roles reach nobody any more; what happened there stays."""
    _set_active(viewer, node_id, is_active=False)


def open_node(*, viewer: Viewer, node_id: int) -> None:
    """Takes a closed place into use again."""
    _set_active(viewer, node_id, is_active=True)


def _set_active(viewer: Viewer, node_id: int, *, is_active: bool) -> None:
    viewer.require(STAFF_MANAGE)
    with records.transaction():
        row = _node(viewer, node_id)
        if row.parent_id is None:
            raise InvalidInput(reason=_("The company itself cannot be closed."))
        Node.objects.filter(pk=row.pk).update(is_active=is_active, version=F("version") + 1)
        changes.node_changed(viewer, row.pk, "opened" if is_active else "closed")
        action = actions.NODE_OPENED if is_active else actions.NODE_CLOSED
        auditing.record(viewer, action, _target(row))


def delete_node(*, viewer: Viewer, node_id: int) -> None:
    """Removes a place that nothing belongs to. NodeInUse while something does."""
    viewer.require(STAFF_MANAGE)
    with records.transaction():
        row = _node(viewer, node_id)
        if row.parent_id is None:
            raise InvalidInput(reason=_("The company itself cannot be closed."))
        child = Node.objects.filter(parent=row).first()
        if child is not None:
            raise NodeInUse(what=child.name)
        held = Membership.objects.filter(node=row).select_related("staff").first()
        if held is not None:
            raise NodeInUse(what=held.staff.name)
        gone, before = _target(row), _fields(row)
        try:
            row.delete()
        except ProtectedError as error:
            raise NodeInUse(what=row.name) from error
        changes.node_changed(viewer, node_id, "deleted")
        auditing.record(viewer, actions.NODE_DELETED, gone, before=before)


def _target(row: Node) -> Target:
    return Target(actions.NODE, row.pk, row.name)


def _fields(row: Node) -> dict[str, str]:
    return {"name": row.name, "code": row.code, "kind": row.kind, "city": row.city}


def _node(viewer: Viewer, node_id: int) -> Node:
    """A place that the viewer may change: within their scope. A subtree's own root is its manager's to change, too."""
    row = accessible_nodes(viewer).filter(pk=node_id).first()
    if row is None:
        raise NotFound() if Node.objects.filter(pk=node_id).first() is None else BeyondYourself()
    return row


def _named(name: str) -> str:
    name = name.strip()
    if not name or len(name) > 80:
        raise InvalidInput(reason=_("A name of 1 to 80 characters is needed."))
    return name


def _coded(code: str) -> str:
    code = code.strip()
    if not code or len(code) > 60 or any(sign.isspace() or sign == "," for sign in code):
        raise InvalidInput(reason=_("A code of 1 to 60 characters without blanks and commas is needed."))
    return code


def _check_code(code: str, node_id: int | None) -> None:
    if any(pk != node_id for pk in Node.objects.filter(code=code).values_list("pk", flat=True)):
        raise CodeTaken(value=code)

"""The tree of places within the viewer's scope."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from django.conf import settings
from django.db.models import Count, Q, QuerySet

from siyu.kernel.errors import NotFound
from siyu.kernel.paging import MAX_PAGE_ROWS, Page, decode_cursor, encode_cursor
from siyu.org.contracts import (
    NodeKind,
    NodeView,
    Viewer,
)
from siyu.org.models import Membership, Node

# Places found at once by the scope switch and by choices in forms.
MAX_FOUND_NODES = 50


def accessible_nodes(viewer: Viewer) -> QuerySet[Node]:
    """The places within a viewer's scope: the subtrees of its paths, or all. Own customers bring no place."""
    if viewer.scope.everything:
        return Node.objects.all()
    if not viewer.scope.paths:
        return Node.objects.none()
    return Node.objects.filter(_below(viewer.scope.paths))


def _below(paths: Iterable[str]) -> Q:
    condition = Q()
    for path in paths:
        condition |= Q(path__startswith=path)
    return condition


def node_ids_below(paths: Sequence[str]) -> list[int]:
    """The ids of every place at or below these paths: what a scope means in the warehouse."""
    return list(Node.objects.filter(_below(paths)).values_list("pk", flat=True)) if paths else []


def nodes(viewer: Viewer) -> list[NodeView]:
    """The whole visible tree, parents before children, with how many staff each place has."""
    return sorted(_counted(list(accessible_nodes(viewer))), key=lambda view: _order(view.path))


def children(
    viewer: Viewer, parent_id: int | None = None, *, text: str = "", cursor: str | None = None, limit: int = 50
) -> Page[NodeView]:
    """Places right below one, by name, a page at a time; without a parent the uppermost of the scope.

    With a text, every place below (or in the scope) whose name, code or city holds it.
    """
    found = accessible_nodes(viewer)
    if text.strip():
        found = found.filter(_named(text))
        if parent_id is not None:
            found = found.filter(path__startswith=node(viewer, parent_id).path).exclude(pk=parent_id)
    elif parent_id is not None:
        found = found.filter(parent_id=parent_id)
    else:
        found = found.filter(Q(parent=None) if viewer.scope.everything else Q(path__in=viewer.scope.paths))
    if cursor:
        name, node_id = decode_cursor(cursor, str, int)
        found = found.filter(Q(name__gt=name) | Q(name=name, pk__gt=node_id))
    size = min(limit, MAX_PAGE_ROWS)
    rows = list(found.order_by("name", "pk")[: size + 1])
    more = encode_cursor(rows[size - 1].name, rows[size - 1].pk) if len(rows) > size else None
    return Page(_counted(rows[:size]), more)


def _counted(rows: Sequence[Node]) -> list[NodeView]:
    wanted = [row.pk for row in rows]
    held = Membership.objects.filter(node__in=wanted, staff__is_active=True).values_list("node_id")
    staff = dict(held.annotate(Count("staff", distinct=True)))
    below = dict(Node.objects.filter(parent__in=wanted).values_list("parent_id").annotate(Count("pk")))
    return [
        replace(node_view(row), staff_count=staff.get(row.pk, 0), child_count=below.get(row.pk, 0)) for row in rows
    ]


def branches(viewer: Viewer, node_id: int) -> list[NodeView]:
    """The places from the top of the viewer's scope down to one, that one included."""
    path = node(viewer, node_id).path
    rows = accessible_nodes(viewer).filter(pk__in=_order(path))
    return sorted(map(node_view, rows), key=lambda view: view.depth)


def _named(text: str) -> Q:
    wanted = text.strip()
    return Q(name__icontains=wanted) | Q(code__icontains=wanted) | Q(city__icontains=wanted)


def node(viewer: Viewer, node_id: int) -> NodeView:
    """One place; NotFound outside the viewer's scope."""
    found = node_if_seen(viewer, node_id)
    if found is None:
        raise NotFound()
    return found


def node_if_seen(viewer: Viewer, node_id: int) -> NodeView | None:
    """One place; None outside the viewer's scope."""
    row = accessible_nodes(viewer).filter(pk=node_id).first()
    return node_view(row) if row else None


def require_places(viewer: Viewer, node_ids: Iterable[int]) -> None:
    """NotFound unless all of these places lie within the viewer's scope."""
    wanted = set(node_ids)
    if accessible_nodes(viewer).filter(pk__in=wanted).count() != len(wanted):
        raise NotFound()


def node_codes(node_ids: Iterable[int]) -> dict[int, str]:
    """Codes by id, whatever the scope: for forms that must not lose what they do not show."""
    return dict(Node.objects.filter(pk__in=set(node_ids)).values_list("pk", "code"))


def find_nodes(viewer: Viewer, text: str = "", *, limit: int = MAX_FOUND_NODES) -> list[NodeView]:
    """Active places whose name, code or city holds the text; without one the uppermost."""
    found = accessible_nodes(viewer).filter(is_active=True)
    if text.strip():
        found = found.filter(_named(text))
    rows = found.order_by("path")[:limit]
    return sorted((node_view(row) for row in rows), key=lambda node: (node.depth, _order(node.path)))


def nodes_called(viewer: Viewer, text: str) -> list[NodeView]:
    """Places within the scope that have this name or code; several may have one name."""
    condition = Q(name=text) | Q(code=text)
    if text == settings.SIYU.brand:
        condition |= Q(parent=None, name="")
    return [node_view(row) for row in accessible_nodes(viewer).filter(condition).order_by("path")]


def node_by_code(code: str) -> NodeView | None:
    """The place with a code, for imports, whatever the scope."""
    row = Node.objects.filter(code=code).first()
    return node_view(row) if row else None


def nodes_by_text(texts: Iterable[str]) -> dict[str, int]:
    """Code or name of a place → its id, for imports: shops write either into their files.

    Codes win over names; a name that several places have says nothing.
    """
    wanted = set(texts)
    rows = list(Node.objects.filter(Q(code__in=wanted) | Q(name__in=wanted)).values_list("pk", "code", "name"))
    names = Counter(name for _pk, _code, name in rows)
    found = {name: pk for pk, _code, name in rows if name in wanted and names[name] == 1}
    return found | {code: pk for pk, code, _name in rows if code in wanted}


def root() -> NodeView:
    """The company itself."""
    return node_view(Node.objects.get(parent=None))


def node_view(row: Node) -> NodeView:
    return NodeView(
        id=row.pk,
        parent_id=row.parent_id,
        kind=NodeKind(row.kind),
        code=row.code,
        # Until somebody names it, the company is called as the settings say.
        name=row.name or settings.SIYU.brand,
        path=row.path,
        city=row.city,
        is_active=row.is_active,
        depth=row.path.count(".") - 1,
        version=row.version,
    )


def _order(path: str) -> list[int]:
    return [int(part) for part in path.split(".") if part]

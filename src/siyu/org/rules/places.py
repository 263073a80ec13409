"""What may stand below what, and what somebody may hand on."""

from __future__ import annotations

from siyu.org.contracts import ALL_PERMISSIONS, NodeKind, Reach, Scope, Viewer

_ORDER = {kind: place for place, kind in enumerate(NodeKind)}


def may_stand_below(kind: NodeKind, parent: NodeKind) -> bool:
    """Brands, regions, stores and teams nest in this order; levels may be left out, and regions may hold regions."""
    if kind == parent == NodeKind.REGION:
        return True
    return _ORDER[kind] > _ORDER[parent]


def place_of_line(line: str) -> tuple[str, str, str]:
    """(code, name, city) of a line that somebody typed, separated by commas of either kind; a name alone will do."""
    parts = [part.strip() for part in line.replace("，", ",").split(",")]
    code, name, city = [*parts, "", "", ""][:3]
    return (code, name or code, city)


def moves_into_itself(path: str, new_parent_path: str) -> bool:
    return new_parent_path.startswith(path)


def holds_place(scope: Scope, path: str) -> bool:
    """Whether a place lies within a scope."""
    return scope.everything or any(path.startswith(mine) for mine in scope.paths)


def may_give(viewer: Viewer, permissions: frozenset[str], reach: Reach, node_path: str) -> bool:
    """Nobody hands on more than they have: permissions, reach and place must lie within their own."""
    if viewer.permissions != ALL_PERMISSIONS and not permissions <= viewer.permissions:
        return False
    if reach == Reach.ALL and not viewer.scope.everything:
        return False
    return holds_place(viewer.scope, node_path)

"""The data scope: which customers exist for a viewer, in records and in the warehouse. The only place that knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from siyu.customers.models import Placement, Profile, Root
from siyu.org import queries as org
from siyu.org.contracts import NOBODY, Viewer

# One fragment's customer, as every statement of the warehouse writes it.
_ROOT = "dictGetOrDefault('roots_dict', 'root', toUInt64(fragment), fragment)"


def accessible(viewer: Viewer) -> QuerySet[Profile]:
    """The profiles that a viewer may see (fragments that are roots)."""
    # Asked row by row: as a list to compare with, every merged fragment of the brand would be read each time.
    found = Profile.objects.filter(~Exists(Root.objects.filter(pk=OuterRef("pk"))))
    within = placed(viewer)
    return found if within is None else found.filter(pk__in=within)


def placed(viewer: Viewer) -> QuerySet[Placement, int] | None:
    """Fragment ids within the scope, as a subquery for ``pk__in``; None where there is nothing to filter."""
    if viewer.scope.everything:
        return None
    condition = Q(pk__in=[])
    if viewer.scope.paths:
        condition |= Q(node__in=org.accessible_nodes(viewer))
    if viewer.scope.staff_id is not None:
        condition |= Q(staff_id=viewer.scope.staff_id)
    return Placement.objects.filter(condition).values_list("pk", flat=True)


def clause(viewer: Viewer) -> tuple[str, Mapping[str, Any]]:
    """The same for the warehouse: a condition over rows with a column `fragment`, and its parameters."""
    if viewer.scope.everything:
        return "1", {}
    if viewer.scope == NOBODY:
        return "0", {}
    nodes = org.node_ids_below(viewer.scope.paths)
    inner = (
        "SELECT fragment FROM placements FINAL "
        "WHERE has({scope_nodes:Array(UInt32)}, node) OR (staff > 0 AND staff = {scope_staff:UInt32})"
    )
    return f"{_ROOT} IN ({inner})", {"scope_nodes": nodes, "scope_staff": viewer.scope.staff_id or 0}

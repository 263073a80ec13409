"""Saved filters and chosen columns of the viewer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from siyu.org.contracts import Viewer
from siyu.ui.models import SavedView


@dataclass(frozen=True)
class View:
    """A saved filter: its question as pairs of an address, its columns (empty: the list's own choice)."""

    id: int
    name: str
    query: Sequence[tuple[str, str]]
    columns: Sequence[str]


@dataclass(frozen=True)
class ListSettings:
    """What the viewer chose for a list: saved filters in their order, columns and rows of a page without one."""

    views: Sequence[View] = ()
    columns: Sequence[str] = ()
    page_rows: int = 0

    def view(self, view_id: int) -> View | None:
        return next((view for view in self.views if view.id == view_id), None)


def list_settings(viewer: Viewer, list_key: str) -> ListSettings:
    """Everything that the viewer keeps for a list, in one query."""
    if viewer.staff_id is None:
        return ListSettings()
    rows = SavedView.objects.filter(staff_id=viewer.staff_id, list_key=list_key).order_by("position", "pk")
    views, columns, page_rows = [], (), 0
    for row in rows:
        if row.name:
            query = tuple((name, value) for name, value in json.loads(row.query_json))
            views.append(View(row.pk, row.name, query, tuple(json.loads(row.columns_json))))
        else:
            columns, page_rows = tuple(json.loads(row.columns_json)), row.page_rows
    return ListSettings(tuple(views), columns, page_rows)

"""Rows that the viewer chose."""

from __future__ import annotations

from pyroaring import BitMap64

from siyu.kernel.errors import NotFound
from siyu.org.contracts import Viewer
from siyu.ui.models import Selection


def selection(viewer: Viewer, list_key: str, selection_id: int) -> BitMap64:
    """The ids of a selection that the viewer kept for this list; NotFound for anybody else's."""
    row = Selection.objects.filter(pk=selection_id, staff_id=viewer.staff_id or 0, list_key=list_key).first()
    if row is None:
        raise NotFound()
    return BitMap64.deserialize(bytes(row.ids))

"""What the viewer opened from the search box."""

from __future__ import annotations

from siyu.org.contracts import Viewer
from siyu.ui.models import Recent


def recent(viewer: Viewer) -> list[tuple[str, str]]:
    """(kind, key) of the search hits that the viewer opened, newest first."""
    if viewer.staff_id is None:
        return []
    found = Recent.objects.filter(staff_id=viewer.staff_id).order_by("-at", "-pk")
    return list(found.values_list("kind", "key"))

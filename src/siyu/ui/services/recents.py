"""What one person opened from the search box."""

from __future__ import annotations

from siyu.eventlog import records
from siyu.kernel import clock
from siyu.org.contracts import Viewer
from siyu.ui import registries
from siyu.ui.models import Recent

# As many as the search box shows without scrolling.
RECENT_COUNT = 8


def remember_recent(*, viewer: Viewer, kind: str, key: str) -> None:
    """Puts a search hit at the head of what the viewer opened; kinds that cannot be named again are not kept."""
    found = registries.SEARCH_KINDS.get(kind) if kind in registries.SEARCH_KINDS else None
    if viewer.staff_id is None or found is None or found.named is None or not key:
        return
    with records.transaction():
        Recent.objects.update_or_create(
            staff_id=viewer.staff_id, kind=kind, key=key[:120], defaults={"at": clock.now()}
        )
        mine = Recent.objects.filter(staff_id=viewer.staff_id).order_by("-at", "-pk")
        Recent.objects.filter(pk__in=list(mine.values_list("pk", flat=True)[RECENT_COUNT:])).delete()

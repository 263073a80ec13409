"""Rows that somebody chose: kept from the preview of a bulk action to its end."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from pyroaring import BitMap64

from siyu.eventlog import records
from siyu.kernel import clock
from siyu.kernel.errors import InvalidInput, NotAllowed
from siyu.org.contracts import Viewer
from siyu.ui.models import Selection

# Work that waits longer than this for its turn has to be chosen again.
KEPT = timedelta(days=7)


def keep_selection(*, viewer: Viewer, list_key: str, ids: Iterable[int]) -> int:
    """Keeps ids for the viewer's next step and returns the selection's id; old selections of everybody go."""
    if viewer.staff_id is None:
        raise NotAllowed()
    chosen = BitMap64(ids)
    if not chosen:
        raise InvalidInput(reason="Choose at least one row.")
    moment = clock.now()
    with records.transaction():
        Selection.objects.filter(created_at__lt=moment - KEPT).delete()
        return Selection.objects.create(
            staff_id=viewer.staff_id,
            list_key=list_key,
            ids=chosen.serialize(),
            id_count=len(chosen),
            created_at=moment,
        ).pk

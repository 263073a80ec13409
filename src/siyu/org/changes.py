"""How `org` tells of its changes: one event each, in the transaction of the change."""

from __future__ import annotations

from siyu.eventlog.contracts import NewEvent
from siyu.eventlog.services import publish
from siyu.kernel import clock
from siyu.org.contracts import Viewer
from siyu.org.events import NODE_CHANGED, STAFF_CHANGED


def node_changed(viewer: Viewer, node_id: int, change: str) -> None:
    """`change` is one word of created, changed, moved, closed, opened."""
    body = {"node_id": node_id, "change": change}
    publish([NewEvent(NODE_CHANGED, clock.now(), body, source=_source(viewer), trace_id=viewer.trace_id)])


def staff_changed(viewer: Viewer, staff_id: int, change: str) -> None:
    body = {"staff_id": staff_id, "change": change}
    publish([NewEvent(STAFF_CHANGED, clock.now(), body, source=_source(viewer), trace_id=viewer.trace_id)])


def _source(viewer: Viewer) -> str:
    if viewer.key_id is not None:
        return f"key {viewer.key_id}"
    return "system" if viewer.staff_id is None else f"staff {viewer.staff_id}"

"""The audit log for those who have a viewer: record what they do, read what others did.

`record` runs in the transaction of the change and says before and after; see `audit.services.record` for what is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from siyu.audit import queries, services
from siyu.audit.contracts import Actor, EntryView, Filters, Found, Target, Via
from siyu.kernel.errors import NotAllowed, NotFound
from siyu.org.contracts import Viewer
from siyu.org.permissions import AUDIT_EXPORT, AUDIT_VIEW

# What a section "history" of an object shows; the log itself has the rest.
MAX_HISTORY = 20


def record(
    viewer: Viewer,
    action: str,
    target: Target,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Writes down what the viewer does, in the caller's transaction."""
    services.record(actor=actor_of(viewer), action=action, target=target, before=before, after=after)


def actor_of(viewer: Viewer) -> Actor:
    """A viewer as the log names it."""
    return Actor(
        name=viewer.name,
        via=Via(viewer.via or Via.SYSTEM),
        staff_id=viewer.staff_id,
        key_id=viewer.key_id,
        origin=viewer.origin,
        trace_id=viewer.trace_id,
    )


def entries(viewer: Viewer, filters: Filters, *, cursor: str | None = None, limit: int = 50) -> Found:
    """The log, newest first. For those who may read it and see the whole brand: it tells of every place."""
    _check(viewer, AUDIT_VIEW)
    return queries.entries(filters, cursor=cursor, limit=limit)


def entry(viewer: Viewer, entry_id: int) -> EntryView:
    _check(viewer, AUDIT_VIEW)
    found = queries.entry(entry_id)
    if found is None:
        raise NotFound()
    return found


def every(viewer: Viewer, filters: Filters) -> Iterator[EntryView]:
    """Every entry that matches, newest first. For `services.export_audit`, which writes the download down."""
    _check(viewer, AUDIT_EXPORT)
    return queries.every(filters)


def history(kind: str, object_id: int | str) -> list[EntryView]:
    """What happened to one object of late. The caller has made sure that the viewer may see the object."""
    return queries.history(kind, object_id, limit=MAX_HISTORY)


def _check(viewer: Viewer, permission: str) -> None:
    viewer.require(permission)
    if not viewer.all_customers:
        raise NotAllowed()

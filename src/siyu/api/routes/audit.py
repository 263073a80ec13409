"""The audit log: who did what to which object."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router

from siyu.api.authentication import needs, viewer
from siyu.api.schemas.audit import EntryOut, EntryPage, FiltersIn
from siyu.api.schemas.paging import Cursor, Limit
from siyu.org import auditing
from siyu.org.permissions import AUDIT_VIEW

router = Router()


@router.get("", response=EntryPage, auth=needs(AUDIT_VIEW))
def list_audit_entries(
    request: HttpRequest, filters: Query[FiltersIn], cursor: Cursor = None, limit: Limit = 50
) -> Any:
    """What was done, newest first. A search by text may answer with a short page and a cursor: go on with that."""
    return auditing.entries(viewer(request), filters.understood(), cursor=cursor, limit=limit)


@router.get("/{int:entry_id}", response=EntryOut, auth=needs(AUDIT_VIEW))
def get_audit_entry(request: HttpRequest, entry_id: int) -> Any:
    """One thing that was done, with what it was before and after."""
    return auditing.entry(viewer(request), entry_id)

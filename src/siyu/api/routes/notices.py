"""What the caller was told."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router

from siyu.api.authentication import needs, viewer
from siyu.api.schemas.paging import Cursor, Limit
from siyu.api.schemas.work import NoticePage, ReadIn, ReadOut
from siyu.org.access import SIGNED_IN
from siyu.org.queries import notices
from siyu.org.services import notices as services

router = Router()


@router.get("", response=NoticePage, auth=needs(SIGNED_IN))
def list_notices(request: HttpRequest, *, unread: bool = False, cursor: Cursor = None, limit: Limit = 50) -> Any:
    """One's own notices, newest first."""
    return notices.notices(viewer(request), unread=unread, cursor=cursor, limit=limit)


@router.post("/read", response=ReadOut, auth=needs(SIGNED_IN))
def read_notices(request: HttpRequest, body: ReadIn) -> Any:
    """Mark notices as read, these or all."""
    return {"read_count": services.mark_read(viewer=viewer(request), notice_ids=body.notice_ids)}

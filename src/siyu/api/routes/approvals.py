"""Approvals: requests that wait for a second person."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router

from siyu.api.authentication import needs, viewer
from siyu.api.schemas.paging import Cursor, Limit
from siyu.api.schemas.work import ApprovalOut, ApprovalPage, DecisionIn
from siyu.org.access import SIGNED_IN
from siyu.org.permissions import APPROVALS_DECIDE
from siyu.org.queries import approvals
from siyu.org.services import approvals as services

router = Router()


@router.get("", response=ApprovalPage, auth=needs(SIGNED_IN))
def list_approvals(
    request: HttpRequest, *, pending: bool | None = None, cursor: Cursor = None, limit: Limit = 50
) -> Any:
    """One's own requests, and for who may decide those of others, newest first."""
    return approvals.approvals(viewer(request), pending=pending, cursor=cursor, limit=limit)


@router.get("/{int:approval_id}", response=ApprovalOut, auth=needs(SIGNED_IN))
def get_approval(request: HttpRequest, approval_id: int) -> Any:
    """One request with its effect."""
    return approvals.approval(viewer(request), approval_id)


@router.post("/{int:approval_id}/decide", response=ApprovalOut, auth=needs(APPROVALS_DECIDE))
def decide_approval(request: HttpRequest, approval_id: int, body: DecisionIn) -> Any:
    """Approve or decline somebody else's request. What is approved is done within seconds."""
    seen_by = viewer(request)
    services.decide(viewer=seen_by, approval_id=approval_id, approve=body.approve, comment=body.comment)
    return approvals.approval(seen_by, approval_id)


@router.post("/{int:approval_id}/withdraw", response=ApprovalOut, auth=needs(SIGNED_IN))
def withdraw_approval(request: HttpRequest, approval_id: int) -> Any:
    """Take one's own request back while nobody has decided."""
    seen_by = viewer(request)
    services.withdraw(viewer=seen_by, approval_id=approval_id)
    return approvals.approval(seen_by, approval_id)

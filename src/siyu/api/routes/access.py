"""How staff get in: sessions to end, links to hand out, second steps to take away.

What holds on the page “Access” holds here: staff within the caller's scope, and nobody who may do more than the caller.
Links are told once, so making one is not repeatable by an idempotency key: a second one ends the first.
"""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Path, Query, Router, Status

from siyu.api.authentication import needs, viewer
from siyu.api.schemas.access import NewLinkOut, SessionList, SessionsEnded, StaffAccessOut, StaffAccessPage
from siyu.api.schemas.paging import Cursor, Limit
from siyu.kernel.errors import NotFound
from siyu.org import services, signing_in
from siyu.org.permissions import STAFF_MANAGE

router = Router()
Text = Annotated[str, Query(max_length=100, description="Part of a name or e-mail.")]
Waiting = Annotated[bool, Query(description="Only open accounts that have no password yet.")]
SessionKey = Annotated[str, Path(max_length=64)]


@router.get("", response=StaffAccessPage, auth=needs(STAFF_MANAGE))
def list_access(
    request: HttpRequest, *, q: Text = "", waiting: Waiting = False, cursor: Cursor = None, limit: Limit = 50
) -> Any:
    """How the staff within the scope sign in, by name."""
    return signing_in.access_list(viewer(request), text=q, invited_only=waiting, cursor=cursor, limit=limit)


@router.get("/{int:staff_id}", response=StaffAccessOut, auth=needs(STAFF_MANAGE))
def get_access(request: HttpRequest, staff_id: int) -> Any:
    """How one person signs in."""
    return signing_in.access_of(viewer(request), staff_id)


@router.get("/{int:staff_id}/sessions", response=SessionList, auth=needs(STAFF_MANAGE))
def list_sessions(request: HttpRequest, staff_id: int) -> Any:
    """Where somebody is signed in, the last seen first."""
    return {"items": signing_in.sessions(viewer(request), staff_id)}


@router.delete("/{int:staff_id}/sessions", response=SessionsEnded, auth=needs(STAFF_MANAGE))
def end_sessions(request: HttpRequest, staff_id: int) -> Any:
    """Sign somebody out everywhere."""
    return {"ended_count": services.end_sessions(viewer=viewer(request), staff_id=staff_id)}


@router.delete("/{int:staff_id}/sessions/{key}", response={204: None}, auth=needs(STAFF_MANAGE))
def end_session(request: HttpRequest, staff_id: int, key: SessionKey) -> Any:
    """Sign somebody out of one browser. 404 if that session is over already."""
    if not services.end_session(viewer=viewer(request), staff_id=staff_id, key=key):
        raise NotFound()
    return HttpResponse(status=204)


@router.post("/{int:staff_id}/link", response={201: NewLinkOut}, auth=needs(STAFF_MANAGE))
def create_link(request: HttpRequest, staff_id: int) -> Any:
    """Make a link by which somebody chooses a password: an invitation for 7 days, or a reset for 24 hours."""
    (link,) = services.create_links(viewer=viewer(request), staff_ids=[staff_id])
    # A page of the console, which the same process serves.
    url = request.build_absolute_uri(reverse("join", args=[link.token]))
    made = {"staff_id": link.staff_id, "purpose": link.purpose, "url": url, "expires_at": link.expires_at}
    return Status(201, made)


@router.delete("/{int:staff_id}/link", response={204: None}, auth=needs(STAFF_MANAGE))
def end_links(request: HttpRequest, staff_id: int) -> Any:
    """End what was handed out to somebody and not used; again changes nothing."""
    services.end_links(viewer=viewer(request), staff_id=staff_id)
    return HttpResponse(status=204)


@router.delete("/{int:staff_id}/second-step", response={204: None}, auth=needs(STAFF_MANAGE))
def reset_second_step(request: HttpRequest, staff_id: int) -> Any:
    """Take the second step away from somebody who has lost phone and recovery codes. Their sessions end."""
    services.second_step.reset(viewer=viewer(request), staff_id=staff_id)
    return HttpResponse(status=204)

"""Who calls: a signed-in browser (with CSRF token) or a bearer token. Everybody else is refused, by default."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Literal

from django.http import HttpRequest
from ninja.errors import HttpError
from ninja.security import APIKeyCookie, HttpBearer
from ninja.utils import check_csrf

from siyu.api import limits
from siyu.kernel.errors import NotAllowed
from siyu.org import queries as org
from siyu.org.access import may_enter
from siyu.org.contracts import SecondStepNeeded, Viewer
from siyu.org.services.keys import KEY_PREFIX

Via = Literal["session", "token", "key"]


@dataclass(frozen=True)
class Caller:
    """Who is behind a request, and how they showed it: a member of staff, or an API key, which has no `staff_id`."""

    viewer: Viewer
    staff_id: int | None
    email: str
    via: Via

    @property
    def owner_id(self) -> int:
        """A number for what is kept per caller: of staff their id, of keys their id below zero."""
        return self.staff_id if self.staff_id is not None else -(self.viewer.key_id or 0)


class BearerToken(HttpBearer):
    """``Authorization: Bearer siyu_…``: an access token of a person, or a key of the brand (``siyu_key_…``)."""

    def __init__(self, *permissions: str) -> None:
        super().__init__()
        self._permissions = permissions

    def authenticate(self, request: HttpRequest, token: str) -> Caller | None:
        if token.startswith(KEY_PREFIX):
            return _checked(_admit_key(request, token), self._permissions)
        found = _admit(request, org.staff_by_token(token), "token", hashlib.sha256(token.encode()).hexdigest())
        return _checked(found, self._permissions)


class Session(APIKeyCookie):
    """The console's own session; anything but a read needs its CSRF token in the header ``X-CSRFToken``."""

    # The real cookie carries the port, so that two installations on one machine do not sign each other out.
    param_name = "siyu_session"

    def __init__(self, *permissions: str) -> None:
        super().__init__()
        self._permissions = permissions

    def __call__(self, request: HttpRequest) -> Any | None:
        # A wrong token is refused even beside a good session: who sends a token means to use it.
        if "Authorization" in request.headers or org.viewer_of(request.user).staff_id is None:
            return None
        if check_csrf(request) is not None:
            raise HttpError(403, "csrf")
        if getattr(request, "second_step_needed", False):
            raise SecondStepNeeded()
        return self.authenticate(request, None)

    def authenticate(self, request: HttpRequest, key: str | None) -> Caller | None:
        return _checked(_admit(request, request.user, "session", str(request.user.pk)), self._permissions)


def needs(*permissions: str) -> list[Any]:
    """The `auth` of an operation: who calls by token or session, with one of these permissions."""
    return [BearerToken(*permissions), Session(*permissions)]


def _checked(found: Caller | None, permissions: tuple[str, ...]) -> Caller | None:
    """NotAllowed for staff without the permission: who is nobody gets a 401 instead."""
    if found is not None and not may_enter(found.viewer, permissions):
        raise NotAllowed()
    return found


def _admit(request: HttpRequest, staff: Any, via: Via, key: str) -> Caller | None:
    """The caller, counted against their allowance; None for anybody who is not staff."""
    seen_by = org.viewer_of(
        staff, via=via, origin=str(request.META.get("REMOTE_ADDR", "")), trace_id=getattr(request, "trace_id", "")
    )
    if seen_by.staff_id is None:
        return None
    request.api_allowance = limits.window.take(f"{via}:{key}")  # type: ignore[attr-defined]
    return Caller(seen_by, seen_by.staff_id, staff.email, via)


def _admit_key(request: HttpRequest, secret: str) -> Caller | None:
    """The key as a caller, counted against its own limit; None for one that is unknown, expired or revoked."""
    origin = str(request.META.get("REMOTE_ADDR", ""))
    admitted = org.key_viewer(secret, origin=origin, trace_id=getattr(request, "trace_id", ""))
    if admitted is None:
        return None
    limit = min(admitted.rate_per_minute, limits.REQUESTS_PER_MINUTE)
    request.api_allowance = limits.window.take(f"key:{admitted.viewer.key_id}", limit)  # type: ignore[attr-defined]
    return Caller(admitted.viewer, None, "", "key")


def caller(request: HttpRequest) -> Caller:
    """The caller of an admitted request."""
    found: Caller = request.auth  # type: ignore[attr-defined]
    return found


def viewer(request: HttpRequest) -> Viewer:
    return caller(request).viewer

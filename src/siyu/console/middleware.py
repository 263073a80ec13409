"""What every request passes: a trace id, sign-in by default, the security policy, and errors in the reader's words."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import RequestDataTooBig
from django.db import DataError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from siyu.console.web import page
from siyu.kernel import ids
from siyu.kernel.disk import DiskFull, is_disk_full
from siyu.kernel.errors import InvalidInput, NotAllowed, SiyuError
from siyu.org import services as org
from siyu.org import sessions, signing_in
from siyu.org.access import may_enter
from siyu.ui import htmx

log = logging.getLogger(__name__)
Handler = Callable[[HttpRequest], HttpResponse]
TRACE_HEADER = "X-Trace-Id"
_TRACE_ID = re.compile(r"[0-9a-f]{32}")
API_PREFIX = "/api/"


class RequestTrace:
    """Gives each request a trace id (the caller's if well-formed) and puts it on the answer."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get(TRACE_HEADER, "")
        request.trace_id = given if _TRACE_ID.fullmatch(given) else ids.new_trace_id()  # type: ignore[attr-defined]
        response = self.get_response(request)
        response[TRACE_HEADER] = request.trace_id  # type: ignore[attr-defined]
        return response


class SessionWatch:
    """Holds sessions to the brand's limits, keeps where they were seen, and says who still needs a second step."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.second_step_needed = False  # type: ignore[attr-defined]
        if request.user.is_authenticated:
            self._watch(request, request.user)
        return self.get_response(request)

    def _watch(self, request: HttpRequest, staff: Any) -> None:
        rules = signing_in.sign_in_rules()
        row = request.session.row  # type: ignore[attr-defined]
        if row is not None and sessions.is_over(row, rules):
            logout(request)
            return
        if row is not None:
            sessions.notice(row, address=page.origin(request), agent=request.headers.get("User-Agent", ""))
        # Roles cost a query, so they are looked at only where it matters.
        if rules.roles and staff.second_step_at is None:
            needed = signing_in.needs_second_step(page.viewer_of(request), staff, rules)
            request.second_step_needed = needed  # type: ignore[attr-defined]


class SignInRequired:
    """Deny by default: a view is for those who have one of the permissions that it names (`org.access.needs`).

    Only ``public = True`` opens it to strangers. One that says nothing is refused to everybody, owners included: a
    forgotten check shows at once.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: object, kwargs: object
    ) -> HttpResponse | None:
        if getattr(view, "public", False) or request.path.startswith(API_PREFIX):
            return None
        if request.user.is_authenticated:
            if getattr(request, "second_step_needed", False) and not getattr(view, "before_second_step", False):
                return _away(request, reverse("second-step"))
            if may_enter(page.viewer_of(request), getattr(view, "permissions", ())):
                return None
            return error_response(request, NotAllowed())
        return _to_the_door(request)


def _to_the_door(request: HttpRequest) -> HttpResponse:
    """Where strangers go: to the sign-in, or to the wizard while there is nobody who could sign in."""
    if org.founding.is_open():
        return _away(request, reverse("welcome"))
    if request.headers.get("HX-Request"):
        return _away(request, resolve_url(settings.LOGIN_URL))
    return redirect_to_login(_wanted(request))


def _wanted(request: HttpRequest) -> str:
    """What somebody finds after the sign-in. Whoever posted goes back to the form: its address may answer no GET."""
    came_from = request.headers.get("Referer", "")
    if request.method == "POST" and url_has_allowed_host_and_scheme(came_from, request.get_host()):
        parts = urlsplit(came_from)
        return urlunsplit(("", "", parts.path, parts.query, ""))
    return request.get_full_path()


def _away(request: HttpRequest, address: str) -> HttpResponse:
    """To another page: the whole one, also where HTMX asks for a part."""
    if not request.headers.get("HX-Request"):
        return redirect(address)
    response = HttpResponse(status=204)
    response["HX-Redirect"] = address
    return response


class ContentSecurityPolicy:
    """The strict policy on every answer; pages work without inline code or style."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.setdefault("Content-Security-Policy", settings.CONTENT_SECURITY_POLICY)
        return response


class ExpectedErrors:
    """Turns a `SiyuError` into a page, a fragment or problem details (RFC 9457), in the reader's language.

    A full disk is one, too, wherever it is met, and so is the one character that PostgreSQL stores in no text.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if _holds_nul(request):
            return error_response(request, _unstorable())
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, (DataError, ValueError)) and "NUL (0x00)" in str(error):
            error = _unstorable()
        if is_disk_full(error):
            log.error("trace %s: the disk is full", getattr(request, "trace_id", ""), exc_info=error)
            error = DiskFull()
        return error_response(request, error) if isinstance(error, SiyuError) else None


def _holds_nul(request: HttpRequest) -> bool:
    """Whether an address or a JSON body holds the character. Django's forms look for it themselves."""
    if "%00" in request.META.get("QUERY_STRING", "") or "\0" in request.path_info:
        return True
    if request.content_type != "application/json":
        return False
    try:
        return b"\\u0000" in request.body
    except RequestDataTooBig:
        return False  # whoever reads it says so


def _unstorable() -> InvalidInput:
    return InvalidInput(reason=_("There is a character in it that cannot be stored (NUL). Remove it and try again."))


def error_response(request: HttpRequest, error: SiyuError) -> HttpResponse:
    """The answer to an expected error: JSON for the API, a page otherwise."""
    text = sentence(error)
    if request.path.startswith(API_PREFIX):
        problem = {
            "type": f"siyu:{error.code}",
            "title": text,
            "status": error.status,
            "code": error.code,
            **error.data,
        }
        return JsonResponse(problem, status=error.status, content_type="application/problem+json")
    if htmx.is_fragment(request):
        # A part of a page has no room for a page about an error; what stands there stays.
        return htmx.toast(HttpResponse(text, status=error.status, content_type="text/plain"), text, kind="bad")
    return render(request, "console/problem.html", {"problem": text, "status": error.status}, status=error.status)


def sentence(error: SiyuError) -> str:
    """An error's sentence in the current language, its reason included."""
    return error.text(gettext)

"""Tells the browser which form was taken in, so that it forgets the draft that it has kept of it.

`static/siyu/drafts.js` sends a token with each form that is kept. Only an answer of the view itself counts, and none
that is an error: whoever was sent to the sign-in instead, or refused, finds the draft again.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

FIELD = "draft_token"
COOKIE = "siyu_saved"
# Until the next page runs its scripts, after whichever redirects.
COOKIE_SECONDS = 300
FORM_TYPE = "application/x-www-form-urlencoded"
FIRST_ERROR_STATUS = 400
_TOKEN = re.compile(r"[0-9a-f]{32}")


class SavedForms:
    """Stands behind the sign-in check: what that turns away never reaches `process_view`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        token = getattr(request, "siyu_draft", "")
        if token and response.status_code < FIRST_ERROR_STATUS:
            response.set_cookie(COOKIE, token, max_age=COOKIE_SECONDS, samesite="Lax", secure=request.is_secure())
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: object, kwargs: object
    ) -> None:
        """Notes the token of a plain form; an upload is left to its view."""
        if request.method == "POST" and request.content_type == FORM_TYPE:
            given = request.POST.get(FIELD, "")
            request.siyu_draft = given if _TOKEN.fullmatch(given) else ""  # type: ignore[attr-defined]

"""Answers to HTMX: redirects and toasts, so that no view writes the headers by hand."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

TOAST_EVENT = "siyu:toast"


def is_fragment(request: HttpRequest) -> bool:
    """True when HTMX asks for a part of the page (and not for a page it lost from its history)."""
    return request.headers.get("HX-Request") == "true" and "HX-History-Restore-Request" not in request.headers


def redirect(request: HttpRequest, to: str) -> HttpResponse:
    """Sends the browser to another page, from a full request or from inside HTMX alike."""
    if is_fragment(request):
        return HttpResponse(status=204, headers={"HX-Redirect": to})
    return HttpResponseRedirect(to)


def toast(response: HttpResponse, text: Any, *, kind: str = "good") -> HttpResponse:
    """Adds a short message to a fragment's answer; `kind` is info, good, warn or bad."""
    # ASCII only: header values are latin-1, and Chinese would be refused.
    response["HX-Trigger"] = json.dumps({TOAST_EVENT: {"text": str(text), "kind": kind}})
    return response

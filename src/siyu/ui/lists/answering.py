"""The answer to a request for a list: the page, its list alone for HTMX, or the address that it should have had."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from siyu.ui import htmx
from siyu.ui.lists.listing import Listing


def answer(
    request: HttpRequest, listing: Listing, page: str, part: str, context: Mapping[str, Any] | None = None
) -> HttpResponse:
    """Draws `page`, or `part` (which holds the component `listing`) when HTMX asks; both get `listing` besides."""
    is_part = htmx.is_fragment(request)
    if listing.is_added and not is_part:
        return HttpResponseRedirect(listing.here)
    response = render(request, part if is_part else page, {**(context or {}), "listing": listing})
    if is_part:
        if listing.is_added:
            response["HX-Push-Url"] = listing.here
        # Told by a redirect that HTMX followed: the part has no place for messages, the page around it has.
        for message in messages.get_messages(request):
            htmx.toast(response, message.message, kind=_KINDS.get(message.level_tag, "good"))
    return response


_KINDS = {"error": "bad", "warning": "warn", "info": "info"}

"""The search box's answers, the page of all results, and what was opened."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from siyu.org.access import SIGNED_IN, needs
from siyu.ui import htmx, searching, services, viewers


@needs(SIGNED_IN)
@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """What ``?q=`` finds: a few of each kind for the box, more for the page. Without a text, what was opened lately."""
    viewer = viewers.viewer_of(request)
    text = request.GET.get("q", "").strip()
    in_box = htmx.is_fragment(request)
    limit = searching.BOX_HITS if in_box else searching.PAGE_HITS
    groups = searching.find(viewer, text, limit) if text else searching.recent(viewer)
    template = "ui/search_box.html" if in_box else "ui/search.html"
    return render(request, template, {"text": text, "groups": groups})


@needs(SIGNED_IN)
@require_POST
def search_opened(request: HttpRequest) -> HttpResponse:
    """Notes that a hit was opened."""
    kind, key = request.POST.get("kind", ""), request.POST.get("key", "")
    services.remember_recent(viewer=viewers.viewer_of(request), kind=kind, key=key)
    return HttpResponse(status=204)

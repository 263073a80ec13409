"""What the frame loads by itself: notifications, help, keys, and the choice of scope."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from siyu.org.access import SIGNED_IN, needs
from siyu.ui import help as help_texts
from siyu.ui import htmx, registries
from siyu.ui.context import address
from siyu.ui.contracts import Bell, ScopeSwitch

# Tells the badge to count again.
BELL_EVENT = "siyu:bell"


@needs(SIGNED_IN)
@require_GET
def bell(request: HttpRequest) -> HttpResponse:
    """The newest notifications, for the drawer."""
    return _drawn(request, _bell())


def _drawn(request: HttpRequest, found: Bell) -> HttpResponse:
    all_url = address(found.all_url_name) if found.all_url_name else ""
    return render(request, "ui/bell.html", {"notices": found.notices(request), "all_url": all_url})


@needs(SIGNED_IN)
@require_GET
def bell_count(request: HttpRequest) -> HttpResponse:
    """The badge on the bell; asked for again and again."""
    return render(request, "ui/bell_count.html", {"count": _bell().count(request)})


@needs(SIGNED_IN)
@require_POST
def bell_read(request: HttpRequest) -> HttpResponse:
    """Marks notifications as read: the posted ``key`` values, all of them without any."""
    found = _bell()
    found.read(request, request.POST.getlist("key"))
    response = _drawn(request, found)
    response["HX-Trigger"] = BELL_EVENT
    return response


def _bell() -> Bell:
    for found in registries.BELL:
        return found
    raise Http404


@needs(SIGNED_IN)
@require_http_methods(["GET", "POST"])
def scope(request: HttpRequest) -> HttpResponse:
    """The tree of nodes that match ``?q=``; a post chooses one and goes back to the page."""
    switch = _scope()
    if request.method == "GET":
        text = request.GET.get("q", "").strip()
        context = {"nodes": switch.tree(request, text), "text": text, "next": request.GET.get("next", "/")}
        return render(request, "ui/scope_tree.html", context)
    switch.choose(request, request.POST.get("scope", ""))
    next_url = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(next_url, {request.get_host()}, require_https=request.is_secure()):
        next_url = "/"
    return htmx.redirect(request, next_url)


def _scope() -> ScopeSwitch:
    for found in registries.SCOPE:
        return found
    raise Http404


@needs(SIGNED_IN)
@require_GET
def help_panel(request: HttpRequest) -> HttpResponse:
    """The help of the page named by ``?page=``."""
    return render(request, "ui/help.html", {"help": help_texts.help_of(request.GET.get("page", ""))})


@needs(SIGNED_IN)
@require_GET
def keys(request: HttpRequest) -> HttpResponse:
    """Every key that does something."""
    return render(request, "ui/keys.html")

"""What every view of the console needs: the viewer, narrowed by the scope switch, and lists kept in the address."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from siyu.org import queries as org
from siyu.org.contracts import NodeView, Viewer
from siyu.ui import htmx

# Where the scope switch keeps the chosen place in the session.
SCOPE_KEY = "scope_node"


def viewer_of(request: HttpRequest) -> Viewer:
    """The viewer of a request, seeing what the scope switch shows. Computed once a request, from the roles of now."""
    whole = whole_viewer_of(request)
    place = chosen_place(request)
    return whole.narrowed(place.path) if place else whole


def whole_viewer_of(request: HttpRequest) -> Viewer:
    """The viewer with all that the roles give, whatever the scope switch shows."""
    found: Viewer | None = getattr(request, "siyu_viewer", None)
    if found is None:
        user = getattr(request, "user", None)
        found = org.viewer_of(user, via="session", origin=origin(request), trace_id=trace(request))
        request.siyu_viewer = found  # type: ignore[attr-defined]
    return found


def chosen_place(request: HttpRequest) -> NodeView | None:
    """The place that the scope switch shows; None for all. One that is no longer the viewer's counts for nothing."""
    if not hasattr(request, "siyu_place"):
        viewer = whole_viewer_of(request)
        node_id = request.session.get(SCOPE_KEY) if viewer.staff_id is not None else None
        request.siyu_place = org.node_if_seen(viewer, node_id) if node_id else None  # type: ignore[attr-defined]
    found: NodeView | None = request.siyu_place  # type: ignore[attr-defined]
    return found


def origin(request: HttpRequest) -> str:
    """The address that a request came from, as the audit log keeps it."""
    return str(request.META.get("REMOTE_ADDR", ""))


def trace(request: HttpRequest) -> str:
    return str(getattr(request, "trace_id", ""))


def address(path: str, **parameters: Any) -> str:
    """`path` with those parameters that have a value."""
    kept = {name: value for name, value in parameters.items() if value not in (None, "")}
    return f"{path}?{urlencode(kept)}" if kept else path


def page_or_part(request: HttpRequest, page: str, part: str, context: dict[str, Any]) -> HttpResponse:
    """The whole page, or only its changing part when HTMX asks; both from the same template."""
    return render(request, part if htmx.is_fragment(request) else page, context)

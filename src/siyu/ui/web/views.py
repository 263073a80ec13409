"""Views of the style guide. They read nothing but samples."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from siyu.org.access import SIGNED_IN, needs
from siyu.ui import htmx, lists, viewers
from siyu.ui.web import samples
from siyu.ui.web.samples import frame, people

# The sample job ends after this many polls.
SAMPLE_STEPS = 8
SAMPLE_ROWS = 48_000


@needs(SIGNED_IN)
@login_required
def style_guide(request: HttpRequest) -> HttpResponse:
    """Every component, with its empty, long and erroneous states."""
    listings = people.context(request, viewers.viewer_of(request))
    if htmx.is_fragment(request):
        return lists.answer(request, listings["listing"], "", "ui/guide/listing.html", listings)
    return render(request, "ui/style_guide.html", samples.context() | listings)


@needs(SIGNED_IN)
@login_required
def sample_progress(request: HttpRequest, step: int) -> HttpResponse:
    """One answer to a polling progress bar, as a job's page gives it."""
    ended = step >= SAMPLE_STEPS
    values = {
        "done": SAMPLE_ROWS * min(step, SAMPLE_STEPS) // SAMPLE_STEPS,
        "total": SAMPLE_ROWS,
        "state": "done" if ended else "running",
        "seconds_left": SAMPLE_STEPS - step,
        "poll_url": "" if ended else reverse("style-guide-progress", args=[step + 1]),
    }
    return render(request, "ui/style_guide_progress.html", values)


@needs(SIGNED_IN)
@login_required
def sample_drawer(request: HttpRequest) -> HttpResponse:
    """What a drawer loads."""
    return render(request, "ui/guide/drawer.html", samples.context())


@needs(SIGNED_IN)
@login_required
def sample_bell(request: HttpRequest) -> HttpResponse:
    """Notifications as the bell's drawer shows them."""
    return render(request, "ui/bell.html", {"notices": frame.NOTICES, "all_url": "#"})


@needs(SIGNED_IN)
@login_required
def sample_scope(request: HttpRequest) -> HttpResponse:
    """The organisation of the sample brand, or the nodes whose name holds ``?q=``."""
    text = request.GET.get("q", "").strip()
    return render(request, "ui/scope_tree.html", {"nodes": frame.nodes(text), "text": text, "next": "/styleguide/"})


@needs(SIGNED_IN)
@login_required
@require_POST
def nothing(request: HttpRequest) -> HttpResponse:
    """Accepts the sample forms and says so."""
    if htmx.is_fragment(request):
        return htmx.toast(HttpResponse(status=204), gettext("Nothing was changed: this is a sample."), kind="info")
    return htmx.redirect(request, reverse("style-guide"))

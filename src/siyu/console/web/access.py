"""How staff get in: invitations and reset links to hand out, sessions to end, and the page where a link leads."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from siyu.console.middleware import sentence
from siyu.console.web import page
from siyu.console.web.account import session_rows
from siyu.console.web.session import public
from siyu.kernel.errors import InvalidInput, SiyuError
from siyu.kernel.spreadsheets import csv_pieces
from siyu.org import services as org
from siyu.org import signing_in
from siyu.org.access import needs
from siyu.org.contracts import LinkEnded, LinkHolder, LinkPurpose, NewLink, SignInState, StaffAccess
from siyu.org.permissions import STAFF_MANAGE
from siyu.ui import formats, htmx
from siyu.ui.contracts import Cell, Column, Crumb, Row, Tab

PAGE_ROWS = 50
COLUMNS = (
    Column("name", _("Name"), phone="main"),
    Column("email", _("E-mail"), phone="second"),
    Column("state", _("Signing in"), phone="figure"),
    Column("second_step", _("Second step"), phone="hidden"),
    Column("sessions", _("Open sessions"), "end", phone="hidden"),
    Column("last_login", _("Last signed in"), muted=True),
)
STATES = {
    SignInState.READY: (_("Has a password"), "done"),
    SignInState.INVITED: (_("Invited"), "scheduled"),
    SignInState.NOT_INVITED: (_("Not invited yet"), "draft"),
    SignInState.CLOSED: (_("Closed"), "paused"),
}


@needs(STAFF_MANAGE)
@require_GET
def access_list(request: HttpRequest) -> HttpResponse:
    """The staff within the scope and how they sign in."""
    viewer = page.viewer_of(request)
    text, waiting = request.GET.get("q", "")[:100], request.GET.get("show") == "waiting"
    found = signing_in.access_list(
        viewer, text=text, invited_only=waiting, cursor=request.GET.get("cursor") or None, limit=PAGE_ROWS
    )
    path = reverse("access")
    context = {
        "columns": COLUMNS,
        "rows": [_row(person) for person in found.items],
        "q": text,
        "tabs": [
            Tab(_("Everybody"), path, current=not waiting),
            Tab(_("Without a password"), page.address(path, show="waiting"), current=waiting),
        ],
        "kept": [("show", "waiting")] if waiting else [],
        "waiting_count": len(signing_in.uninvited(viewer)),
        "first_url": path if request.GET.get("cursor") else "",
        "next_url": page.address(path, q=text, show="waiting" if waiting else "", cursor=found.next_cursor),
        "has_next": bool(found.next_cursor),
        "crumbs": [Crumb(_("Settings"))],
    }
    return render(request, "console/access.html", context)


def _row(person: StaffAccess) -> Row:
    label, tone = STATES[person.state]
    url = reverse("access-page", args=[person.id])
    return Row(
        key=str(person.id),
        url=url,
        cells={
            "name": Cell(person.name, url=url, strong=True),
            "email": person.email,
            "state": Cell(label, kind="pill", tone=tone),
            "second_step": gettext("On") if person.second_step else formats.MISSING,
            "sessions": formats.number(person.session_count),
            "last_login": formats.moment(person.last_login),
        },
    )


@needs(STAFF_MANAGE)
@require_POST
def access_links(request: HttpRequest) -> HttpResponse:
    """Fresh invitations for everybody who has no password yet, as a CSV file to send out."""
    made = org.create_invitations(viewer=page.viewer_of(request))
    rows = [(link.name, link.email, _address(request, link), link.expires_at.isoformat()) for link in made]
    head = (gettext("Name"), gettext("E-mail"), gettext("Link"), gettext("Valid until"))
    response = HttpResponse("".join(csv_pieces(head, rows)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="invitations.csv"'
    response["Cache-Control"] = "no-store"
    return response


def _address(request: HttpRequest, link: NewLink) -> str:
    return request.build_absolute_uri(reverse("join", args=[link.token]))


@needs(STAFF_MANAGE)
@require_GET
def access_page(request: HttpRequest, staff_id: int) -> HttpResponse:
    """One person: state, link, sessions, second step."""
    return _page(request, staff_id)


def _page(request: HttpRequest, staff_id: int, link: NewLink | None = None) -> HttpResponse:
    viewer = page.viewer_of(request)
    person = signing_in.access_of(viewer, staff_id)
    label, tone = STATES[person.state]
    context = {
        "person": person,
        "state": label,
        "tone": tone,
        "is_closed": person.state is SignInState.CLOSED,
        "is_ready": person.state is SignInState.READY,
        "link": _address(request, link) if link else "",
        "link_until": formats.moment(link.expires_at) if link else "",
        "sessions": session_rows(signing_in.sessions(viewer, staff_id)),
        "crumbs": [Crumb(_("Settings")), Crumb(_("Access"), reverse("access"))],
    }
    response = render(request, "console/access_page.html", context)
    if link:
        response["Cache-Control"] = "no-store"
    return response


@needs(STAFF_MANAGE)
@require_POST
def access_link(request: HttpRequest, staff_id: int) -> HttpResponse:
    """A fresh link, shown this once; earlier ones end."""
    try:
        (link,) = org.create_links(viewer=page.viewer_of(request), staff_ids=[staff_id])
    except SiyuError as error:
        return _back(request, staff_id, error)
    return _page(request, staff_id, link)


def _back(request: HttpRequest, staff_id: int, error: SiyuError) -> HttpResponse:
    """To the person, with what was in the way: an account above one's own, or one that has been closed meanwhile."""
    messages.error(request, sentence(error))
    return htmx.redirect(request, reverse("access-page", args=[staff_id]))


def _done(request: HttpRequest, staff_id: int, verb: Callable[[], object], told: str) -> HttpResponse:
    try:
        verb()
    except SiyuError as error:
        return _back(request, staff_id, error)
    messages.success(request, told)
    return htmx.redirect(request, reverse("access-page", args=[staff_id]))


@needs(STAFF_MANAGE)
@require_POST
def access_links_end(request: HttpRequest, staff_id: int) -> HttpResponse:
    viewer = page.viewer_of(request)
    verb = partial(org.end_links, viewer=viewer, staff_id=staff_id)
    return _done(request, staff_id, verb, gettext("The link no longer works."))


@needs(STAFF_MANAGE)
@require_POST
def access_sign_out(request: HttpRequest, staff_id: int) -> HttpResponse:
    """Ends one session of somebody, or all of them."""
    viewer, key = page.viewer_of(request), request.POST.get("key", "")
    every = partial(org.end_sessions, viewer=viewer, staff_id=staff_id)
    verb = partial(org.end_session, viewer=viewer, staff_id=staff_id, key=key) if key else every
    return _done(request, staff_id, verb, gettext("Signed out."))


@needs(STAFF_MANAGE)
@require_POST
def access_second_step(request: HttpRequest, staff_id: int) -> HttpResponse:
    """Takes the second step away from somebody who has lost the phone."""
    verb = partial(org.second_step.reset, viewer=page.viewer_of(request), staff_id=staff_id)
    told = gettext("The second step is off for this person, and their sessions have ended.")
    return _done(request, staff_id, verb, told)


class ChosenPasswordForm(forms.Form):
    fresh = forms.CharField(
        label=_("New password"), strip=False, max_length=200,
        help_text=_("At least 10 characters, and none that is often used."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "autofocus": True}),
    )  # fmt: skip
    again = forms.CharField(
        label=_("Once more"), strip=False, max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("fresh") and data.get("again") and data["fresh"] != data["again"]:
            self.add_error("again", gettext("The two passwords differ."))
        return data


@public
@require_http_methods(["GET", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Where an invitation or a reset leads: the holder chooses a password, and signs in with it."""
    try:
        holder = signing_in.link_holder(token)
    except LinkEnded as error:
        return render(request, "console/join_ended.html", {"problem": sentence(error)}, status=error.status)
    form = ChosenPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            org.accept_link(
                token=token, password=form.cleaned_data["fresh"], via="session", origin=page.origin(request),
                trace_id=page.trace(request),
            )  # fmt: skip
        except InvalidInput as error:
            form.add_error("fresh", sentence(error))
        else:
            messages.success(request, gettext("Your password is set. Sign in with it."))
            return redirect("sign-in")
    return _join_page(request, form, holder)


def _join_page(request: HttpRequest, form: ChosenPasswordForm, holder: LinkHolder) -> HttpResponse:
    context = {"form": form, "holder": holder, "is_invitation": holder.purpose is LinkPurpose.INVITATION}
    response = render(request, "console/join.html", context, status=422 if form.errors else 200)
    # The address is the secret: it goes to no other site, and no cache keeps the page.
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-store"
    return response

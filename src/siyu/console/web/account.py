"""“My account”: name, language, theme, password, second step, sessions, access tokens."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import get_user_model, update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from siyu.console.middleware import sentence
from siyu.console.web import devices, page
from siyu.console.web.session import before_second_step
from siyu.kernel.errors import SiyuError
from siyu.org import services as org
from siyu.org import signing_in
from siyu.org.access import SIGNED_IN, needs
from siyu.org.contracts import SessionView
from siyu.ui import formats, htmx

MAX_TOKEN_DAYS = 3_650


class NameForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=80)


class PasswordForm(forms.Form):
    present = forms.CharField(
        label=_("Present password"), strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )  # fmt: skip
    fresh = forms.CharField(
        label=_("New password"), strip=False, max_length=200,
        help_text=_("At least 10 characters, none of your last 5. Your other sessions end."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip


class TokenForm(forms.Form):
    label = forms.CharField(label=_("What it is for"), max_length=80)
    days = forms.IntegerField(
        label=_("Ends after days"), min_value=1, max_value=MAX_TOKEN_DAYS, required=False, initial=90,
        help_text=_("Empty: it does not end by itself."),
    )  # fmt: skip


@needs(SIGNED_IN)
@require_http_methods(["GET", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """Shows everything about oneself; takes a new name."""
    form = NameForm(request.POST) if request.method == "POST" else None
    if form is not None and form.is_valid():
        org.set_name(viewer=page.viewer_of(request), name=form.cleaned_data["name"])
        messages.success(request, gettext("Saved."))
        return htmx.redirect(request, reverse("account"))
    return _page(request, name_form=form)


def _page(request: HttpRequest, **bound: Any) -> HttpResponse:
    viewer = page.viewer_of(request)
    forms_of = {
        "name_form": bound.get("name_form") or NameForm(initial={"name": viewer.name}),
        "password_form": bound.get("password_form") or PasswordForm(),
        "token_form": bound.get("token_form") or TokenForm(),
    }
    context = {
        **forms_of,
        "new_token": bound.get("new_token", ""),
        "second_step": signing_in.second_step(viewer),
        "sessions": session_rows(
            signing_in.sessions(viewer, viewer.staff_id or 0, current_key=request.session.session_key or "")
        ),
        "tokens": signing_in.tokens(viewer),
    }
    status = 422 if any(form.errors for form in forms_of.values()) else 200
    return render(request, "console/account.html", context, status=status)


def session_rows(sessions: list[SessionView]) -> list[dict[str, Any]]:
    """Sessions in the words of a screen."""
    return [
        {
            "key": session.key,
            "device": devices.device(session.agent),
            "address": session.address,
            "since": formats.moment(session.created_at),
            "seen": formats.moment(session.seen_at),
            "is_current": session.is_current,
        }
        for session in sessions
    ]


@needs(SIGNED_IN)
@require_POST
def account_password(request: HttpRequest) -> HttpResponse:
    """Changes the password; this browser stays signed in, the others do not."""
    form = PasswordForm(request.POST)
    viewer = page.viewer_of(request)
    if form.is_valid():
        try:
            org.change_password(
                viewer=viewer,
                present=form.cleaned_data["present"],
                password=form.cleaned_data["fresh"],
                besides=request.session.session_key or "",
            )
        except SiyuError as error:
            form.add_error(None, sentence(error))
        else:
            update_session_auth_hash(request, get_user_model().objects.get(pk=viewer.staff_id or 0))
            messages.success(request, gettext("The password is changed. Your other sessions have ended."))
            return htmx.redirect(request, reverse("account"))
    return _page(request, password_form=form)


@before_second_step
@needs(SIGNED_IN)
@require_POST
def account_session_end(request: HttpRequest, key: str) -> HttpResponse:
    viewer = page.viewer_of(request)
    org.end_session(viewer=viewer, staff_id=viewer.staff_id or 0, key=key)
    messages.success(request, gettext("That browser is signed out."))
    return htmx.redirect(request, reverse("account"))


@needs(SIGNED_IN)
@require_POST
def account_sessions_end(request: HttpRequest) -> HttpResponse:
    """Ends every session but this one."""
    viewer = page.viewer_of(request)
    org.end_sessions(viewer=viewer, staff_id=viewer.staff_id or 0, besides=request.session.session_key or "")
    messages.success(request, gettext("Every other browser is signed out."))
    return htmx.redirect(request, reverse("account"))


@needs(SIGNED_IN)
@require_POST
def account_token_new(request: HttpRequest) -> HttpResponse:
    """Makes an access token and shows it this once, on the answer itself."""
    form = TokenForm(request.POST)
    token = ""
    if form.is_valid():
        viewer = page.viewer_of(request)
        label, days = form.cleaned_data["label"], form.cleaned_data["days"]
        token = org.create_token(staff_id=viewer.staff_id or 0, label=label, days=days, viewer=viewer)
    return _page(request, token_form=form if form.errors else None, new_token=token)


@needs(SIGNED_IN)
@require_POST
def account_token_end(request: HttpRequest, token_id: int) -> HttpResponse:
    org.revoke_token(viewer=page.viewer_of(request), token_id=token_id)
    messages.success(request, gettext("The token has ended."))
    return htmx.redirect(request, reverse("account"))

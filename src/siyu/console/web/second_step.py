"""Setting up the second step of signing in: the QR code, the first code, the recovery codes."""

from __future__ import annotations

import segno
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from siyu.console.middleware import sentence
from siyu.console.web import page
from siyu.console.web.session import before_second_step
from siyu.kernel.errors import SiyuError
from siyu.org import services as org
from siyu.org import signing_in
from siyu.org.access import SIGNED_IN, needs
from siyu.ui import htmx
from siyu.ui.contracts import Crumb

# Pixels of one module: the code of a usual address is then about 200 px wide, which phones read from a screen.
QR_SCALE = 4


class FirstCodeForm(forms.Form):
    code = forms.CharField(
        label=_("Code from the app"), max_length=12,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )  # fmt: skip


class OwnPasswordForm(forms.Form):
    """Asked again for what an open browser alone must not do."""

    password = forms.CharField(
        label=_("Your password"), strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )  # fmt: skip


@before_second_step
@needs(SIGNED_IN)
@require_http_methods(["GET", "POST"])
def second_step(request: HttpRequest) -> HttpResponse:
    """Shows the QR code and takes the first code; once set up, what can be done with it."""
    viewer = page.viewer_of(request)
    if signing_in.second_step(viewer).since is not None:
        return _set_up_page(request, OwnPasswordForm())
    form = FirstCodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            codes = org.second_step.confirm(
                viewer=viewer, code=form.cleaned_data["code"], besides=request.session.session_key or ""
            )
        except SiyuError as error:
            form.add_error("code", sentence(error))
        else:
            return _codes_page(request, codes)
    enrolment = org.second_step.begin(viewer=viewer)
    context = {
        "form": form,
        "secret": " ".join(enrolment.secret[i : i + 4] for i in range(0, len(enrolment.secret), 4)),
        "picture": segno.make(enrolment.uri, error="m").svg_data_uri(scale=QR_SCALE, border=2, light="#fff"),
        "is_needed": getattr(request, "second_step_needed", False),
        "crumbs": _crumbs(),
    }
    return render(request, "console/second_step.html", context, status=422 if form.errors else 200)


@needs(SIGNED_IN)
@require_POST
def second_step_off(request: HttpRequest) -> HttpResponse:
    """Turns it off, with the password."""
    form = OwnPasswordForm(request.POST)
    if form.is_valid():
        try:
            org.second_step.turn_off(viewer=page.viewer_of(request), password=form.cleaned_data["password"])
        except SiyuError as error:
            form.add_error("password", sentence(error))
        else:
            messages.success(request, gettext("The second step is off."))
            return htmx.redirect(request, reverse("account"))
    return _set_up_page(request, form)


@needs(SIGNED_IN)
@require_POST
def second_step_codes(request: HttpRequest) -> HttpResponse:
    """New recovery codes, with the password; the old ones end."""
    form = OwnPasswordForm(request.POST)
    if form.is_valid():
        try:
            codes = org.second_step.renew_recovery_codes(
                viewer=page.viewer_of(request), password=form.cleaned_data["password"]
            )
        except SiyuError as error:
            form.add_error("password", sentence(error))
        else:
            return _codes_page(request, codes)
    return _set_up_page(request, form)


def _set_up_page(request: HttpRequest, form: forms.Form) -> HttpResponse:
    viewer = page.viewer_of(request)
    context = {
        "form": form,
        "second_step": signing_in.second_step(viewer),
        "is_required": bool(signing_in.sign_in_rules().roles & viewer.roles),
        "crumbs": _crumbs(),
    }
    return render(request, "console/second_step_set_up.html", context, status=422 if form.errors else 200)


def _codes_page(request: HttpRequest, codes: list[str]) -> HttpResponse:
    """Shown this once; not kept by browsers and proxies."""
    response = render(
        request, "console/second_step_codes.html", {"codes": codes, "text": "\n".join(codes), "crumbs": _crumbs()}
    )
    response["Cache-Control"] = "no-store"
    return response


def _crumbs() -> list[Crumb]:
    return [Crumb(_("My account"), reverse("account"))]

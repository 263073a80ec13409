"""Signing in and out, and the reader's language."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from axes.helpers import get_lockout_response
from django import forms
from django.conf import settings
from django.contrib.auth import get_user_model, login, logout
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.signals import user_login_failed
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.crypto import constant_time_compare
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from siyu.kernel import clock
from siyu.org import queries as org_queries
from siyu.org import services as org
from siyu.org import sessions
from siyu.org.access import SIGNED_IN, needs
from siyu.org.contracts import SecondStepLocked, WrongCode

# The language stays chosen for a year on this browser.
LANGUAGE_COOKIE_SECONDS = 365 * 24 * 3600
# After the password there is this long for the code.
CODE_SECONDS = 600
PENDING = "pending_sign_in"


class SignInForm(AuthenticationForm):
    username = forms.EmailField(
        label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})
    )
    password = forms.CharField(
        label=_("Password"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )
    error_messages = {  # noqa: RUF012
        "invalid_login": _("E-mail and password do not match. Check both and try again."),
        "inactive": _("This account is closed. Ask the owner of this installation."),
    }


def public(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Marks a view that strangers may call."""
    view.public = True  # type: ignore[attr-defined]
    return view


def before_second_step(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Marks a view that somebody may use who still has to set up the second step that their role needs."""
    view.before_second_step = True  # type: ignore[attr-defined]
    return view


class SignIn(LoginView):
    """The password; where a second step is set up, it leads on to the code instead of signing in."""

    template_name = "ui/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("welcome") if org.founding.is_open() else super().get(request, *args, **kwargs)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        staff: Any = form.get_user()
        if staff.second_step_at is None:
            sessions.drop_expired()
            return super().form_valid(form)
        request = self.request
        request.session.cycle_key()
        request.session.set_expiry(CODE_SECONDS)
        request.session[PENDING] = {
            "staff_id": staff.pk,
            "at": clock.now().timestamp(),
            "next": self.get_success_url(),
            "proof": staff.get_session_auth_hash(),
        }
        return redirect("sign-in-code")


sign_in = public(SignIn.as_view())


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Code"),
        max_length=20,
        help_text=_("Six digits from the app, or one of your recovery codes."),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autofocus": True, "inputmode": "text"}),
    )


@public
@require_http_methods(["GET", "POST"])
def sign_in_code(request: HttpRequest) -> HttpResponse:
    """The second step. Wrong codes count with wrong passwords, and lock the same pair of account and address."""
    staff, pending = _pending(request)
    if staff is None:
        return redirect("sign-in")
    credentials = {"username": staff.email}
    if not AxesProxyHandler.is_allowed(request, credentials):
        return get_lockout_response(request, credentials=credentials)
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            right = org.second_step.verify(staff_id=staff.pk, code=form.cleaned_data["code"])
            problem = "" if right else WrongCode().text(gettext)
        except SecondStepLocked as error:
            right, problem = False, error.text(gettext)
        if right:
            return _signed_in(request, staff, pending["next"])
        user_login_failed.send(sender=__name__, credentials=credentials, request=request)
        form.add_error("code", problem)
    return render(request, "ui/sign_in_code.html", {"form": form}, status=422 if form.errors else 200)


def _pending(request: HttpRequest) -> tuple[Any, dict[str, Any]]:
    """Who has shown the password in this browser lately, if it is still theirs, and where they wanted to go."""
    pending = request.session.get(PENDING)
    if not pending or clock.now().timestamp() - pending["at"] > CODE_SECONDS:
        return None, {}
    staff: Any = get_user_model().objects.filter(pk=pending["staff_id"], is_active=True).first()
    if staff is None or not constant_time_compare(staff.get_session_auth_hash(), pending["proof"]):
        return None, {}
    return staff, pending


def _signed_in(request: HttpRequest, staff: Any, next_url: str) -> HttpResponse:
    del request.session[PENDING]
    request.session.set_expiry(None)
    login(request, staff, backend="django.contrib.auth.backends.ModelBackend")
    sessions.drop_expired()
    return HttpResponseRedirect(next_url)


@before_second_step
@needs(SIGNED_IN)
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect(settings.LOGOUT_REDIRECT_URL)


@public
@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Switches the language for this browser and, when signed in, for this person; goes back to the page."""
    language = request.POST.get("language", "")
    next_url = request.POST.get("next", "/")
    safe = url_has_allowed_host_and_scheme(next_url, {request.get_host()}, require_https=request.is_secure())
    # Not through `redirect`, which would take a name for a view's.
    response: Any = HttpResponseRedirect(next_url if safe and next_url.isprintable() else "/")
    if language in dict(settings.LANGUAGES) and check_for_language(language):
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, language, max_age=LANGUAGE_COOKIE_SECONDS, samesite="Lax")
        staff_id = org_queries.viewer_of(request.user).staff_id
        if staff_id is not None:
            org.set_language(staff_id=staff_id, language=language)
    return response

"""The first-run wizard: one page, one step, gone for good afterwards."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_user_model, login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from siyu.console.middleware import sentence
from siyu.console.web.session import LANGUAGE_COOKIE_SECONDS, public
from siyu.kernel import env_file
from siyu.kernel.errors import NotFound, SiyuError
from siyu.org import services as org
from siyu.org.services.files import MAX_BYTES
from siyu.org.services.founding import Founding

MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"


class WelcomeForm(forms.Form):
    code = forms.CharField(
        label=_("Setup code"), max_length=40,
        help_text=_("Printed when Siyu started; also in setup-code.txt in its folder."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
    )  # fmt: skip
    owner_name = forms.CharField(label=_("Your name"), max_length=80)
    owner_email = forms.EmailField(label=_("Your e-mail"), help_text=_("The name to sign in with."))
    password = forms.CharField(
        label=_("Password"), strip=False, max_length=200,
        help_text=_("At least 10 characters, and none that is often used."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}, render_value=False),
    )  # fmt: skip
    company = forms.CharField(label=_("Company"), max_length=80)
    brand = forms.CharField(label=_("Brand"), max_length=80, required=False, help_text=_("Empty: as the company."))
    zone = forms.ChoiceField(
        label=_("Time zone"), choices=[(name, name) for name in sorted(available_timezones())],
        help_text=_("Days and sending hours follow it."),
    )  # fmt: skip
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    places = forms.CharField(
        label=_("First places"), required=False, max_length=10_000,
        help_text=_("One to a line: code, name, city. More can come later."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )  # fmt: skip
    places_file = forms.FileField(
        label=_("Or a CSV file of places"), required=False, help_text=_("Columns: code, name, kind, parent, city.")
    )

    def clean_places_file(self) -> Any:
        file = self.cleaned_data["places_file"]
        if file and file.size > MAX_BYTES:
            raise forms.ValidationError(gettext("The file is larger than 2 MB."))
        return file


@public
@require_http_methods(["GET", "POST"])
def welcome(request: HttpRequest) -> HttpResponse:
    """Founds the installation and signs its owner in; not there once somebody can sign in."""
    if not org.founding.is_open():
        raise Http404
    initial = {"zone": settings.SIYU.zone, "language": get_language() or settings.LANGUAGE_CODE}
    form = WelcomeForm(request.POST or None, request.FILES or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            return _found(request, form.cleaned_data)
        except NotFound as error:
            raise Http404 from error
        except SiyuError as error:
            form.add_error(None, sentence(error))
    return render(request, "console/welcome.html", {"form": form}, status=422 if form.errors else 200)


def _found(request: HttpRequest, data: dict[str, Any]) -> HttpResponse:
    file = data["places_file"]
    names = ("owner_name", "owner_email", "password", "company", "brand", "places", "language")
    founding = Founding(**{name: data[name] for name in names}, places_file=file.read() if file else b"")
    staff_id = org.founding.found(code=data["code"], founding=founding)
    env_file.put(settings.SIYU.home, {"SIYU_ZONE": data["zone"], "SIYU_LANGUAGE": data["language"]})
    login(request, get_user_model().objects.get(pk=staff_id), backend=MODEL_BACKEND)
    messages.success(request, gettext("Welcome. The installation is yours."))
    if data["zone"] != settings.SIYU.zone:
        messages.info(request, gettext("The time zone holds from the next start: siyu down, then siyu up."))
    response = redirect("settings-world" if settings.SIYU.sandbox else "overview")
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME, data["language"], max_age=LANGUAGE_COOKIE_SECONDS, samesite="Lax"
    )
    return response

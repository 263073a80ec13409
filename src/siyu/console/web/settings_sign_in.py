"""The brand's rules for signing in: which roles need a second step, and how long sessions last."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from siyu.console.middleware import sentence
from siyu.console.web import conflicts, page
from siyu.console.web.organisation import wording
from siyu.kernel.errors import Outdated, SiyuError
from siyu.org import queries, signing_in
from siyu.org import services as org
from siyu.org.access import needs
from siyu.org.contracts import SignInRulesView, Viewer
from siyu.org.permissions import ROLES_MANAGE
from siyu.ui import htmx
from siyu.ui.conflicts import differences, listed, only_different
from siyu.ui.contracts import Crumb, Difference, EditConflict


class RulesForm(forms.Form):
    """Hours and minutes as the brand thinks of them; bounds stand in the service, which says them in words."""

    idle_minutes = forms.IntegerField(
        label=_("End a session after idle minutes"), min_value=0, max_value=10**6,
        help_text=_("5 or more. A shift is 480."),
    )  # fmt: skip
    absolute_hours = forms.IntegerField(
        label=_("End a session in any case after hours"), min_value=0, max_value=10**6,
        help_text=_("Up to 720. A week is 168."),
    )  # fmt: skip
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**62)


@needs(ROLES_MANAGE)
@require_http_methods(["GET", "POST"])
def settings_sign_in(request: HttpRequest) -> HttpResponse:
    """Shows and changes the rules. The change holds for open sessions, too, from their next request."""
    viewer = page.viewer_of(request)
    rules = signing_in.sign_in_rules()
    form, conflict = RulesForm(request.POST or None, initial=_initial(rules)), None
    chosen = set(request.POST.getlist("roles")) if request.method == "POST" else rules.roles
    if request.method == "POST" and form.is_valid():
        try:
            org.save_sign_in_rules(viewer=viewer, roles=chosen, **form.cleaned_data)
        except Outdated:
            conflict = _conflict(request, viewer, form, chosen)
        except SiyuError as error:
            form.add_error(None, sentence(error))
        else:
            messages.success(request, gettext("Saved."))
            return htmx.redirect(request, reverse("settings-sign-in"))
    context: dict[str, Any] = {
        "form": form,
        "conflict": conflict,
        "roles": [
            {"key": role.key, "label": wording.role_label(role), "on": role.key in chosen}
            for role in queries.roles(viewer)
        ],
        "has_second_step": signing_in.second_step(viewer).since is not None,
        "crumbs": [Crumb(_("Settings"))],
    }
    status = conflicts.status(conflict, failed=form.errors)
    return render(request, "console/settings_sign_in.html", context, status=status)


def _initial(rules: SignInRulesView) -> dict[str, Any]:
    return {
        "idle_minutes": rules.idle_minutes,
        "absolute_hours": rules.absolute_hours,
        "version": rules.version,
    }


def _conflict(request: HttpRequest, viewer: Viewer, form: RulesForm, chosen: Collection[str]) -> EditConflict:
    saved = signing_in.sign_in_rules()
    labels = {role.key: wording.role_label(role) for role in queries.roles(viewer)}
    mine, theirs = (listed(labels.get(key, key) for key in keys) for keys in (chosen, saved.roles))
    return conflicts.found(
        [
            *only_different([Difference(_("Second step"), mine, theirs)]),
            *differences(form, RulesForm(initial=_initial(saved))),
        ],
        version=saved.version,
        theirs_url=request.path,
    )

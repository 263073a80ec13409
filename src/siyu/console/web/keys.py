"""API keys of the brand: the list, a new one with its secret shown once, one key with renewal and revocation."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from siyu.console.middleware import sentence
from siyu.console.web import audit, page
from siyu.console.web.organisation.roles import areas
from siyu.kernel.errors import NotFound, SiyuError
from siyu.org import queries as org
from siyu.org import services as org_services
from siyu.org.access import needs
from siyu.org.api_keys import KeyState, KeyView, NewKey
from siyu.org.contracts import Viewer
from siyu.org.permissions import KEYS_MANAGE
from siyu.org.registries import PERMISSIONS
from siyu.org.services.keys import DEFAULT_OVERLAP_HOURS, MAX_DAYS, MAX_OVERLAP_HOURS, MAX_RATE_PER_MINUTE
from siyu.ui import formats, htmx
from siyu.ui.contracts import Cell, Column, Crumb, Fact, Row

STATES = {
    KeyState.ACTIVE: (pgettext_lazy("API key", "Active"), "running"),
    KeyState.EXPIRED: (pgettext_lazy("API key", "Expired"), "paused"),
    KeyState.REVOKED: (pgettext_lazy("API key", "Revoked"), "done"),
}
COLUMNS = (
    Column("name", _("Name"), phone="main"),
    Column("state", _("State"), phone="figure"),
    Column("place", _("Place")),
    Column("permissions", _("Permissions"), "end", phone="hidden"),
    Column("used", _("Last used"), "end", muted=True),
)


class KeyForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("What it is for, such as the till or the ERP."))
    place = forms.CharField(
        label=_("Code of the place"), max_length=60, required=False,
        help_text=_("It sees customers of this place and below; the whole company without a code."),
    )  # fmt: skip
    days = forms.IntegerField(
        label=_("Days until it ends"), required=False, min_value=1, max_value=MAX_DAYS, initial=365,
        help_text=_("Without a number it does not end by itself."),
    )  # fmt: skip
    networks = forms.CharField(
        label=_("Allowed addresses"), required=False, max_length=2_000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One a line, as 203.0.113.7 or 203.0.113.0/24; from anywhere without one."),
    )  # fmt: skip
    rate_per_minute = forms.IntegerField(
        label=_("Requests a minute"), min_value=1, max_value=MAX_RATE_PER_MINUTE, initial=MAX_RATE_PER_MINUTE
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        posted = self.data.getlist("permissions") if isinstance(self.data, QueryDict) else []
        self.chosen = frozenset(posted) & set(PERMISSIONS.names())


@needs(KEYS_MANAGE)
@require_GET
def key_list(request: HttpRequest) -> HttpResponse:
    """Every key, newest first, revoked ones included."""
    rows = [_row(key) for key in org.keys(page.viewer_of(request))]
    context = {"columns": COLUMNS, "rows": rows, "crumbs": [Crumb(_("Settings"))]}
    return render(request, "console/keys/list.html", context)


def _row(key: KeyView) -> Row:
    label, tone = STATES[key.state]
    url = reverse("key", args=[key.id])
    return Row(
        key=str(key.id),
        url=url,
        cells={
            "name": Cell(key.name, url=url, note=f"…{key.hint}"),
            "state": Cell(label, kind="pill", tone=tone),
            "place": key.node_name,
            "permissions": formats.number(len(key.permissions)),
            "used": formats.moment(key.last_used_at),
        },
    )


@needs(KEYS_MANAGE)
@never_cache
@require_http_methods(["GET", "POST"])
def key_new(request: HttpRequest) -> HttpResponse:
    """A new key. The answer to the form shows its secret, this once."""
    viewer = page.viewer_of(request)
    form = KeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            return _secret_page(request, _made(viewer, form))
        except SiyuError as error:
            form.add_error("place" if isinstance(error, NotFound) else None, sentence(error))
    context = {
        "form": form,
        "areas": areas(form.chosen, within=viewer),
        "crumbs": _crumbs(),
    }
    return render(request, "console/keys/new.html", context, status=422 if form.errors else 200)


def _made(viewer: Viewer, form: KeyForm) -> NewKey:
    data = form.cleaned_data
    place = org.node_by_code(data["place"].strip()) if data["place"].strip() else org.root()
    if place is None:
        raise NotFound()
    return org_services.create_key(
        viewer=viewer, name=data["name"], permissions=form.chosen, node_id=place.id, days=data["days"],
        networks=data["networks"].splitlines(), rate_per_minute=data["rate_per_minute"],
    )  # fmt: skip


def _secret_page(request: HttpRequest, made: NewKey) -> HttpResponse:
    key = org.key(page.viewer_of(request), made.id)
    context = {
        "key": key,
        "secret": made.secret,
        "example": f'curl -H "Authorization: Bearer {made.secret}" {request.build_absolute_uri("/api/v1/me")}',
        "crumbs": _crumbs(),
    }
    return render(request, "console/keys/secret.html", context)


@needs(KEYS_MANAGE)
@require_GET
def key_page(request: HttpRequest, key_id: int) -> HttpResponse:
    """One key: what it may do, when it was used, what happened to it."""
    viewer = page.viewer_of(request)
    key = org.key(viewer, key_id)
    label, tone = STATES[key.state]
    context = {
        "key": key,
        "state": label,
        "state_kind": tone,
        "is_active": key.state is KeyState.ACTIVE,
        "facts": _facts(key),
        "areas": areas(key.permissions, chosen_only=True),
        "overlap_hours": DEFAULT_OVERLAP_HOURS,
        "max_overlap_hours": MAX_OVERLAP_HOURS,
        "crumbs": _crumbs(),
        **audit.history(viewer, "key", key_id),
    }
    return render(request, "console/keys/key.html", context)


def _facts(key: KeyView) -> list[Fact]:
    author = org.staff_names([key.created_by])[key.created_by] if key.created_by else formats.MISSING
    facts = [
        Fact(_("Secret"), f"siyu_key_…{key.hint}"),
        Fact(_("Place"), key.node_name),
        Fact(_("Allowed addresses"), ", ".join(key.networks) or gettext("From anywhere")),
        Fact(_("Requests a minute"), formats.number(key.rate_per_minute)),
        Fact(_("Ends"), formats.moment(key.expires_at) if key.expires_at else gettext("Not by itself")),
        Fact(_("Last used"), formats.moment(key.last_used_at)),
        Fact(_("Last used from"), key.last_used_from or formats.MISSING),
        Fact(_("Created"), formats.moment(key.created_at)),
        Fact(_("Created by"), author),
    ]
    if key.old_until:
        facts.append(Fact(_("The old secret works until"), formats.moment(key.old_until)))
    return facts


@needs(KEYS_MANAGE)
@never_cache
@require_POST
def key_rotate(request: HttpRequest, key_id: int) -> HttpResponse:
    """A new secret, shown this once; the old one works on for some hours."""
    hours = request.POST.get("overlap_hours", "").strip()
    overlap = int(hours) if hours.isascii() and hours.isdecimal() and len(hours) < 6 else DEFAULT_OVERLAP_HOURS
    try:
        made = org_services.rotate_key(viewer=page.viewer_of(request), key_id=key_id, overlap_hours=overlap)
    except NotFound:
        raise
    except SiyuError as error:
        messages.error(request, sentence(error))
        return htmx.redirect(request, reverse("key", args=[key_id]))
    return _secret_page(request, made)


@needs(KEYS_MANAGE)
@require_POST
def key_revoke(request: HttpRequest, key_id: int) -> HttpResponse:
    org_services.revoke_key(viewer=page.viewer_of(request), key_id=key_id)
    return htmx.redirect(request, reverse("key", args=[key_id]))


def _crumbs() -> list[Crumb]:
    return [Crumb(_("API keys"), reverse("keys"))]

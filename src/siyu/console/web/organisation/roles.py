"""Roles: what each of them may do and how far it sees."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from siyu.console.middleware import sentence
from siyu.console.web import conflicts, page
from siyu.console.web.organisation import wording
from siyu.kernel.errors import Outdated, SiyuError
from siyu.org import queries as org
from siyu.org import services as org_services
from siyu.org.access import needs
from siyu.org.contracts import ALL_PERMISSIONS, Permission, Reach, RoleView, Viewer
from siyu.org.permissions import ROLES_MANAGE, STAFF_VIEW
from siyu.org.registries import PERMISSIONS
from siyu.org.roles import SYSTEM_ROLES
from siyu.ui import formats, htmx
from siyu.ui.conflicts import differences
from siyu.ui.contracts import Cell, Column, Crumb, EditConflict, Row

COLUMNS = (
    Column("label", _("Role"), phone="main"),
    Column("reach", _("Sees")),
    Column("permissions", _("Permissions"), "end", phone="hidden"),
    Column("staff", _("Staff"), "end", phone="figure"),
)


class RoleForm(forms.Form):
    label = forms.CharField(label=_("Name"), max_length=80)
    reach = forms.ChoiceField(
        label=_("Sees"), choices=[(reach.value, label) for reach, label in wording.REACHES.items()],
        initial=Reach.OWN.value,
    )  # fmt: skip
    permissions = forms.MultipleChoiceField(label=_("Permissions"), choices=(), required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, initial=1)

    def __init__(self, data: Any = None, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        field = self.fields["permissions"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(permission.key, gettext(permission.label)) for permission in PERMISSIONS]

    @property
    def chosen(self) -> frozenset[str]:
        return frozenset(self["permissions"].value() or ())


@needs(STAFF_VIEW)
@require_GET
def role_list(request: HttpRequest) -> HttpResponse:
    """System roles, then the brand's own."""
    viewer = page.viewer_of(request)
    context = {
        "columns": COLUMNS,
        "rows": [_row(role) for role in org.roles(viewer)],
        "may_change": viewer.may(ROLES_MANAGE),
    }
    return render(request, "console/organisation/roles.html", context)


def _row(role: RoleView) -> Row:
    url = reverse("role", args=[role.id])
    count = len(PERMISSIONS) if role.permissions == ALL_PERMISSIONS else len(role.permissions)
    return Row(
        key=str(role.id),
        url=url,
        cells={
            "label": Cell(wording.role_label(role), url=url, note="" if role.is_system else gettext("own")),
            "reach": wording.REACHES[role.reach],
            "permissions": formats.number(count),
            "staff": Cell(formats.number(role.staff_count), url=page.address(reverse("staff"), role=role.id)),
        },
    )


@needs(STAFF_VIEW)
@require_http_methods(["GET", "POST"])
def role_page(request: HttpRequest, role_id: int) -> HttpResponse:
    """One role; an own one can be changed, a system role copied."""
    viewer = page.viewer_of(request)
    role = org.role(viewer, role_id)
    may_change = viewer.may(ROLES_MANAGE) and not role.is_system
    form, conflict = RoleForm(request.POST or None, _initial(role)), None
    if request.method == "POST" and may_change and form.is_valid():
        try:
            if _saved(viewer, role.id, form):
                messages.success(request, gettext("Saved."))
                return htmx.redirect(request, reverse("role", args=[role.id]))
        except Outdated:
            conflict = _conflict(request, viewer, form, role_id)
    context = {
        "conflict": conflict,
        "role": role,
        "title": wording.role_label(role),
        "about": gettext(SYSTEM_ROLES[role.key].about) if role.is_system else "",
        "reach": wording.REACHES[role.reach],
        "form": form,
        "areas": areas(form.chosen),
        "may_change": may_change,
        "may_copy": viewer.may(ROLES_MANAGE),
        "crumbs": _crumbs(),
    }
    status = conflicts.status(conflict, failed=form.errors)
    return render(request, "console/organisation/role.html", context, status=status)


def _conflict(request: HttpRequest, viewer: Viewer, form: RoleForm, role_id: int) -> EditConflict:
    saved = org.role(viewer, role_id)
    theirs = RoleForm(initial=_initial(saved))
    return conflicts.found(
        differences(form, theirs), version=saved.version, theirs_url=request.path, kind="role", object_id=role_id
    )


@needs(ROLES_MANAGE)
@require_http_methods(["GET", "POST"])
def role_new(request: HttpRequest) -> HttpResponse:
    """A new own role, empty or as a copy (``?copy=``)."""
    viewer = page.viewer_of(request)
    copied = request.GET.get("copy", "")
    initial = _initial(org.role(viewer, int(copied))) if copied.isascii() and copied.isdecimal() else {}
    if initial:
        initial["label"] = gettext("Copy of %(name)s") % {"name": initial["label"]}
    form = RoleForm(request.POST or None, initial)
    if request.method == "POST" and form.is_valid() and (made := _saved(viewer, None, form)):
        messages.success(request, gettext("Saved."))
        return htmx.redirect(request, reverse("role", args=[made]))
    context = {
        "form": form,
        "areas": areas(form.chosen),
        "title": gettext("New role"),
        "may_change": True,
        "crumbs": _crumbs(),
    }
    return render(request, "console/organisation/role.html", context, status=422 if form.errors else 200)


def _crumbs() -> list[Crumb]:
    return [Crumb(_("Roles"), reverse("roles"))]


def _initial(role: RoleView) -> dict[str, Any]:
    chosen = PERMISSIONS.names() if role.permissions == ALL_PERMISSIONS else sorted(role.permissions)
    return {
        "label": wording.role_label(role),
        "reach": role.reach.value,
        "permissions": chosen,
        "version": role.version,
    }


def areas(
    chosen: frozenset[str], *, within: Viewer | None = None, chosen_only: bool = False
) -> list[tuple[str, list[tuple[Permission, bool]]]]:
    """(area, (permission, whether it is chosen) …), areas together: all, those that somebody has, or the chosen."""
    shown = [p for p in PERMISSIONS if (within is None or within.may(p.key)) and (p.key in chosen or not chosen_only)]
    ordered = sorted(shown, key=lambda permission: permission.area)
    return [
        (gettext(area), [(permission, permission.key in chosen) for permission in found])
        for area, found in groupby(ordered, key=lambda permission: permission.area)
    ]


def _saved(viewer: Viewer, role_id: int | None, form: RoleForm) -> int | None:
    """The role's id; None if it was refused, which the form then says. Outdated is left to the caller."""
    data = form.cleaned_data
    what = {"label": data["label"], "reach": Reach(data["reach"]), "permissions": data["permissions"]}
    try:
        if role_id is None:
            return org_services.create_role(viewer=viewer, **what)
        org_services.change_role(viewer=viewer, role_id=role_id, version=data["version"], **what)
    except Outdated:
        raise
    except SiyuError as error:
        form.add_error(None, sentence(error))
        return None
    return role_id


@needs(ROLES_MANAGE)
@require_POST
def role_delete(request: HttpRequest, role_id: int) -> HttpResponse:
    """Removes an own role that nobody has."""
    try:
        org_services.delete_role(viewer=page.viewer_of(request), role_id=role_id)
    except SiyuError as error:
        messages.error(request, sentence(error))
        return htmx.redirect(request, reverse("role", args=[role_id]))
    return htmx.redirect(request, reverse("roles"))

"""Staff: who works here, with which roles where."""

from __future__ import annotations

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
from siyu.console.web import audit, conflicts, page
from siyu.console.web.organisation import wording
from siyu.kernel.errors import Outdated, SiyuError
from siyu.org import queries as org
from siyu.org import services as org_services
from siyu.org.access import needs
from siyu.org.contracts import MembershipIn, StaffView, Viewer
from siyu.org.permissions import STAFF_MANAGE, STAFF_VIEW
from siyu.ui import formats, htmx
from siyu.ui.conflicts import differences, listed, only_different, shown
from siyu.ui.contracts import Cell, Chip, Column, Crumb, Difference, EditConflict, Row, Tab

PAGE_ROWS = 50
COLUMNS = (
    Column("name", _("Full name"), phone="main"),
    Column("email", _("E-mail")),
    Column("roles", _("Roles")),
    Column("seen", _("Last sign-in"), "end", phone="hidden"),
    Column("state", _("State"), phone="figure"),
)
# Roles in one form; whoever needs more adds them in a second step.
FORM_ROLES = 3
STATES = {"open": True, "closed": False}


class MembershipFields(forms.Form):
    """Up to three roles at places, by the place's code. Empty rows count for nothing."""

    def __init__(self, viewer: Viewer, data: Any = None, initial: list[tuple[int, str]] | None = None) -> None:
        super().__init__(data)
        self._viewer = viewer
        held = initial or []
        self.row_count = max(FORM_ROLES, len(held) + 1)
        choices = [("", gettext("No role"))]
        choices += [(str(role.id), wording.role_label(role)) for role in org.roles(viewer)]
        for place in range(self.row_count):
            role_id, code = held[place] if place < len(held) else ("", "")
            self.fields[f"role_{place}"] = forms.ChoiceField(
                label=_("Role"), choices=choices, required=False, initial=str(role_id)
            )
            self.fields[f"place_{place}"] = forms.CharField(
                label=_("Code of the place"), max_length=60, required=False, initial=code,
                help_text=_("Empty: the whole company.") if place == 0 else "",
            )  # fmt: skip

    @property
    def rows(self) -> list[tuple[Any, Any]]:
        return [(self[f"role_{place}"], self[f"place_{place}"]) for place in range(self.row_count)]

    def in_words(self) -> str:
        """The chosen roles with their places' codes."""
        chosen = [(shown(role), place.value() or "") for role, place in self.rows if role.value()]
        return listed(f"{role} ({place})" if place else role for role, place in chosen)

    def memberships(self) -> list[MembershipIn]:
        """What the rows say; a code that leads nowhere is an error at its field."""
        found = []
        for place in range(self.row_count):
            role_id, code = self.cleaned_data[f"role_{place}"], self.cleaned_data[f"place_{place}"].strip()
            if not role_id:
                continue
            node = org.node_by_code(code) if code else org.root()
            if node is None:
                wrong = gettext("There is no place with the code %(value)s.") % {"value": code}
                self.add_error(f"place_{place}", wrong)
            else:
                found.append(MembershipIn(int(role_id), node.id))
        return found


class NewStaffForm(MembershipFields):
    name = forms.CharField(label=_("Full name"), max_length=80)
    email = forms.EmailField(label=_("E-mail"), help_text=_("The name to sign in with."))
    title = forms.CharField(label=_("Position"), max_length=80, required=False)


class StaffForm(MembershipFields):
    name = forms.CharField(label=_("Full name"), max_length=80)
    title = forms.CharField(label=_("Position"), max_length=80, required=False)
    version = forms.IntegerField(widget=forms.HiddenInput)


@needs(STAFF_VIEW)
@require_GET
def staff_list(request: HttpRequest) -> HttpResponse:
    """Staff within the scope, by name; narrowed by place, role, state and a search."""
    viewer = page.viewer_of(request)
    asked = {name: request.GET.get(name, "").strip() for name in ("q", "place", "role", "state")}
    cursor = request.GET.get("cursor")
    found = org.staff(
        viewer,
        text=asked["q"],
        node_id=_number(asked["place"]),
        role_id=_number(asked["role"]),
        active=STATES.get(asked["state"] or "open"),
        cursor=cursor,
        limit=PAGE_ROWS,
    )
    path = reverse("staff")
    context = {
        "columns": COLUMNS,
        "rows": [_row(view) for view in found.items],
        "text": asked["q"],
        "path": path,
        "tabs": _tabs(path, asked),
        "chips": _chips(viewer, path, asked),
        "kept": [(name, asked[name]) for name in ("place", "role", "state") if asked[name]],
        "filtered": any(asked.values()),
        "may_change": viewer.may(STAFF_MANAGE),
        "next_url": page.address(path, **asked, cursor=found.next_cursor) if found.next_cursor else "",
        "first_url": page.address(path, **asked) if cursor else "",
    }
    return render(request, "console/organisation/staff.html", context)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else None


def _tabs(path: str, asked: dict[str, str]) -> list[Tab]:
    labels = {"open": _("In service"), "closed": _("Closed accounts"), "all": _("All")}
    chosen = asked["state"] or "open"
    return [
        Tab(label, page.address(path, **{**asked, "state": key if key != "open" else ""}), key == chosen)
        for key, label in labels.items()
    ]


def _chips(viewer: Viewer, path: str, asked: dict[str, str]) -> list[Chip]:
    chips = []
    place_id, role_id = _number(asked["place"]), _number(asked["role"])
    if place_id is not None:
        label = gettext("Place: %(name)s") % {"name": org.node(viewer, place_id).name}
        chips.append(Chip(label, page.address(path, **{**asked, "place": ""})))
    if role_id is not None:
        label = gettext("Role: %(name)s") % {"name": wording.role_label(org.role(viewer, role_id))}
        chips.append(Chip(label, page.address(path, **{**asked, "role": ""})))
    return chips


def _row(view: StaffView) -> Row:
    url = reverse("staff-member", args=[view.id])
    shown = [wording.membership(found) for found in view.memberships]
    more = gettext("and %(count)s more") % {"count": len(shown) - 2} if len(shown) > 2 else ""
    return Row(
        key=str(view.id),
        url=url,
        cells={
            "name": Cell(view.name, url=url, note=view.title),
            "email": view.email,
            "roles": Cell(gettext(", ").join(shown[:2]) or gettext("No role"), note=more),
            "seen": formats.day(view.last_login) if view.last_login else formats.MISSING,
            "state": _state(view),
        },
    )


def _state(view: StaffView) -> Cell:
    if not view.is_active:
        return Cell(gettext("Closed"), kind="pill", tone="done")
    if not view.has_password:
        return Cell(gettext("Invited"), kind="pill", tone="scheduled")
    return Cell(gettext("In service"), kind="pill", tone="running")


@needs(STAFF_MANAGE)
@require_http_methods(["GET", "POST"])
def staff_new(request: HttpRequest) -> HttpResponse:
    """Adds somebody; the generated password is shown this once."""
    viewer = page.viewer_of(request)
    form = NewStaffForm(viewer, request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.memberships()
        if not form.errors and (made := _added(viewer, form, given)):
            staff_id, password = made
            context = {"person": org.staff_member(viewer, staff_id), "password": password, "crumbs": _crumbs()}
            return render(request, "console/organisation/staff_added.html", context)
    context = {"form": form, "crumbs": _crumbs()}
    return render(request, "console/organisation/staff_new.html", context, status=422 if form.errors else 200)


def _added(viewer: Viewer, form: NewStaffForm, given: list[MembershipIn]) -> tuple[int, str] | None:
    data = form.cleaned_data
    try:
        return org_services.add_staff(
            viewer=viewer, email=data["email"], name=data["name"], title=data["title"], memberships=given
        )
    except SiyuError as error:
        form.add_error(None, sentence(error))
        return None


def _crumbs() -> list[Crumb]:
    return [Crumb(_("Staff"), reverse("staff"))]


@needs(STAFF_VIEW)
@require_http_methods(["GET", "POST"])
def staff_member(request: HttpRequest, staff_id: int) -> HttpResponse:
    """One person with their roles; whoever may changes both."""
    viewer = page.viewer_of(request)
    person = org.staff_member(viewer, staff_id)
    form, conflict = _form(viewer, person, request.POST or None), None
    if request.method == "POST" and form.is_valid():
        given = form.memberships()
        try:
            if not form.errors and _saved(viewer, person, form, given):
                messages.success(request, gettext("Saved."))
                return htmx.redirect(request, reverse("staff-member", args=[staff_id]))
        except Outdated:
            conflict = _conflict(request, viewer, form, staff_id)
    context = {
        "person": person,
        "form": form,
        "conflict": conflict,
        "state": _state(person),
        "roles": [wording.membership(found) for found in person.memberships],
        "may_change": viewer.may(STAFF_MANAGE),
        "is_oneself": staff_id == viewer.staff_id,
        "crumbs": _crumbs(),
        **audit.history(viewer, "staff", staff_id),
    }
    status = conflicts.status(conflict, failed=form.errors)
    return render(request, "console/organisation/staff_member.html", context, status=status)


def _form(viewer: Viewer, person: StaffView, data: Any = None) -> StaffForm:
    held = [(found.role_id, _code_of(viewer, found.node_id)) for found in person.memberships]
    form = StaffForm(viewer, data, initial=held)
    form.initial = {"name": person.name, "title": person.title, "version": person.version}
    return form


def _conflict(request: HttpRequest, viewer: Viewer, form: StaffForm, staff_id: int) -> EditConflict:
    saved = org.staff_member(viewer, staff_id)
    theirs = _form(viewer, saved)
    roles = only_different([Difference(_("Roles"), form.in_words(), theirs.in_words())])
    return conflicts.found(
        [*differences(form, theirs, ("name", "title")), *roles],
        version=saved.version, theirs_url=request.path, kind="staff", object_id=staff_id,
    )  # fmt: skip


def _code_of(viewer: Viewer, node_id: int) -> str:
    """The code of a place, empty for the company; a place outside the scope keeps its own code all the same."""
    root = org.root()
    return "" if node_id == root.id else org.node_codes([node_id])[node_id]


def _saved(viewer: Viewer, person: StaffView, form: StaffForm, given: list[MembershipIn]) -> bool:
    """False if it was refused, which the form then says; Outdated is left to the caller."""
    data = form.cleaned_data
    try:
        org_services.edit_staff(
            viewer=viewer, staff_id=person.id, version=data["version"], name=data["name"], title=data["title"],
            memberships=given,
        )  # fmt: skip
    except Outdated:
        raise
    except SiyuError as error:
        form.add_error(None, sentence(error))
        return False
    return True


@needs(STAFF_MANAGE)
@require_POST
def staff_state(request: HttpRequest, staff_id: int) -> HttpResponse:
    """Closes an open account, opens a closed one."""
    viewer = page.viewer_of(request)
    person = org.staff_member(viewer, staff_id)
    verb = org_services.close_staff if person.is_active else org_services.open_staff
    try:
        verb(viewer=viewer, staff_id=staff_id)
    except SiyuError as error:
        messages.error(request, sentence(error))
    return htmx.redirect(request, reverse("staff-member", args=[staff_id]))

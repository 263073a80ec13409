"""Places: one level of the tree at a time, with what may be done there."""

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
from siyu.console.web import conflicts, page
from siyu.console.web.organisation import wording
from siyu.kernel.errors import Outdated, SiyuError
from siyu.org import queries as org
from siyu.org import services as org_services
from siyu.org.access import needs
from siyu.org.contracts import NodeKind, NodeView, Viewer
from siyu.org.permissions import STAFF_MANAGE, STAFF_VIEW
from siyu.ui import formats, htmx
from siyu.ui.conflicts import differences
from siyu.ui.contracts import Cell, Column, Crumb, EditConflict, Row

PAGE_ROWS = 50
COLUMNS = (
    Column("name", _("Place"), phone="main"),
    Column("kind", _("Kind")),
    Column("code", _("Place code"), phone="hidden"),
    Column("city", _("City"), phone="hidden"),
    Column("below", _("Places below"), "end"),
    Column("staff", _("Staff here"), "end", phone="figure"),
    Column("state", _("State")),
)


class PlaceForm(forms.Form):
    """A new place below another one."""

    kind = forms.ChoiceField(label=_("Kind"), choices=())
    name = forms.CharField(label=_("Name"), max_length=80)
    code = forms.CharField(
        label=_("Place code"), max_length=60, help_text=_("As your tills and files write it; unique.")
    )
    city = forms.CharField(label=_("City"), max_length=60, required=False)

    def __init__(self, parent: NodeView, data: Any = None) -> None:
        super().__init__(data)
        order = list(NodeKind)
        possible = [kind for kind in order[1:] if order.index(kind) > order.index(parent.kind)]
        if parent.kind == NodeKind.REGION:
            possible.insert(0, NodeKind.REGION)
        field = self.fields["kind"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(kind.value, wording.KINDS[kind]) for kind in possible]


class EditForm(forms.Form):
    """Name, code, city and the place above. `version` is what the reader has seen."""

    name = forms.CharField(label=_("Name"), max_length=80)
    code = forms.CharField(label=_("Place code"), max_length=60)
    city = forms.CharField(label=_("City"), max_length=60, required=False)
    above = forms.CharField(
        label=_("Code of the place above"), max_length=60, required=False,
        help_text=_("Another code moves this place with all below it. Who sees its customers changes at once."),
    )  # fmt: skip
    version = forms.IntegerField(widget=forms.HiddenInput)


@needs(STAFF_VIEW)
@require_GET
def place_list(request: HttpRequest) -> HttpResponse:
    """The uppermost places that the viewer sees; ``?q=`` searches all of them."""
    viewer = page.viewer_of(request)
    context = _level(request, viewer, None) | {"may_import": viewer.may(STAFF_MANAGE)}
    return render(request, "console/organisation/places.html", context)


@needs(STAFF_VIEW)
@require_http_methods(["GET", "POST"])
def place_page(request: HttpRequest, node_id: int) -> HttpResponse:
    """One place: what lies right below it, who works there, what may be done. Posted, adds a place below."""
    viewer = page.viewer_of(request)
    place = org.node(viewer, node_id)
    form = PlaceForm(place, request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            org_services.create_node(
                viewer=viewer, parent_id=place.id, kind=NodeKind(data["kind"]), name=data["name"], code=data["code"],
                city=data["city"],
            )  # fmt: skip
        except SiyuError as error:
            form.add_error(None, sentence(error))
        else:
            messages.success(request, gettext("%(name)s was added.") % {"name": data["name"]})
            return htmx.redirect(request, reverse("place", args=[place.id]))
    context = _level(request, viewer, place) | {
        "place": place,
        "form": form,
        "kind": wording.KINDS[place.kind],
        "may_change": viewer.may(STAFF_MANAGE),
        "may_add": viewer.may(STAFF_MANAGE) and place.kind != NodeKind.TEAM,
        "staff_url": page.address(reverse("staff"), place=place.id),
    }
    return render(request, "console/organisation/place.html", context, status=422 if form.errors else 200)


def _level(request: HttpRequest, viewer: Viewer, place: NodeView | None) -> dict[str, Any]:
    text, cursor = request.GET.get("q", "").strip(), request.GET.get("cursor")
    found = org.children(viewer, place.id if place else None, text=text, cursor=cursor, limit=PAGE_ROWS)
    path = reverse("place", args=[place.id]) if place else reverse("places")
    above = org.branches(viewer, place.id)[:-1] if place else []
    return {
        "columns": COLUMNS,
        "rows": [_row(view) for view in found.items],
        "text": text,
        "path": path,
        "crumbs": [Crumb(_("Organisation"), reverse("places"))] * bool(place)
        + [Crumb(node.name, reverse("place", args=[node.id])) for node in above],
        "next_url": page.address(path, q=text, cursor=found.next_cursor) if found.next_cursor else "",
        "first_url": page.address(path, q=text) if cursor else "",
    }


def _row(view: NodeView) -> Row:
    url = reverse("place", args=[view.id])
    state = Cell(gettext("In use"), kind="pill", tone="running")
    return Row(
        key=str(view.id),
        url=url,
        cells={
            "name": Cell(view.name, url=url),
            "kind": wording.KINDS[view.kind],
            "code": view.code,
            "city": view.city,
            "below": formats.number(view.child_count),
            "staff": formats.number(view.staff_count),
            "state": state if view.is_active else Cell(gettext("Closed"), kind="pill", tone="done"),
        },
    )


@needs(STAFF_MANAGE)
@require_http_methods(["GET", "POST"])
def place_edit(request: HttpRequest, node_id: int) -> HttpResponse:
    """Renames and moves a place."""
    viewer = page.viewer_of(request)
    place = org.node(viewer, node_id)
    form, conflict = EditForm(request.POST or None, initial=_initial(viewer, place)), None
    if request.method == "POST" and form.is_valid():
        try:
            _change(viewer, place, form.cleaned_data)
        except Outdated:
            conflict = _conflict(request, viewer, form, node_id)
        except SiyuError as error:
            form.add_error(None, sentence(error))
        else:
            messages.success(request, gettext("Saved."))
            return htmx.redirect(request, reverse("place", args=[place.id]))
    context = {
        "form": form,
        "conflict": conflict,
        "place": place,
        "crumbs": [Crumb(_("Organisation"), reverse("places")), Crumb(place.name, reverse("place", args=[place.id]))],
    }
    status = conflicts.status(conflict, failed=form.errors)
    return render(request, "console/organisation/place_edit.html", context, status=status)


def _conflict(request: HttpRequest, viewer: Viewer, form: EditForm, node_id: int) -> EditConflict:
    saved = org.node(viewer, node_id)
    theirs = EditForm(initial=_initial(viewer, saved))
    return conflicts.found(
        differences(form, theirs), version=saved.version, theirs_url=request.path, kind="node", object_id=node_id
    )


def _initial(viewer: Viewer, place: NodeView) -> dict[str, Any]:
    above = org.branches(viewer, place.id)[:-1]
    return {
        "name": place.name,
        "code": place.code,
        "city": place.city,
        "above": above[-1].code if above else "",
        "version": place.version,
    }


def _change(viewer: Viewer, place: NodeView, data: dict[str, Any]) -> None:
    """Both in one transaction: a place is not half moved."""
    org_services.edit_node(
        viewer=viewer, node_id=place.id, version=data["version"], name=data["name"], code=data["code"],
        city=data["city"], above_code=data["above"],
    )  # fmt: skip


@needs(STAFF_MANAGE)
@require_POST
def place_state(request: HttpRequest, node_id: int) -> HttpResponse:
    """Closes an open place, opens a closed one."""
    viewer = page.viewer_of(request)
    place = org.node(viewer, node_id)
    verb = org_services.close_node if place.is_active else org_services.open_node
    verb(viewer=viewer, node_id=node_id)
    return htmx.redirect(request, reverse("place", args=[node_id]))


@needs(STAFF_MANAGE)
@require_POST
def place_delete(request: HttpRequest, node_id: int) -> HttpResponse:
    """Removes a place that nothing belongs to."""
    viewer = page.viewer_of(request)
    place = org.node(viewer, node_id)
    try:
        org_services.delete_node(viewer=viewer, node_id=node_id)
    except SiyuError as error:
        messages.error(request, sentence(error))
        return htmx.redirect(request, reverse("place", args=[node_id]))
    messages.success(request, gettext("%(name)s was removed.") % {"name": place.name})
    return htmx.redirect(request, reverse("place", args=[place.parent_id]) if place.parent_id else reverse("places"))

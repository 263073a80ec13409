"""My work: the list of tasks, one task, giving one or many, and how places and people stand."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from siyu.console.middleware import sentence
from siyu.console.web import conflicts, page
from siyu.console.web.customer_lists import name_of
from siyu.console.web.work.forms import BulkForm, ReassignForm, TaskForm
from siyu.customers import queries as customers
from siyu.customers.permissions import CUSTOMERS_VIEW
from siyu.kernel.errors import Outdated, SiyuError
from siyu.org.access import SIGNED_IN, needs
from siyu.org.contracts import Viewer
from siyu.org.contracts.tasks import OverdueRow, PlannedTask, TaskState, TaskView, Whose
from siyu.org.permissions import TASKS_MANAGE
from siyu.org.queries import tasks
from siyu.org.registries import TASK_KINDS
from siyu.org.services import tasks as services
from siyu.ui import formats, htmx
from siyu.ui.conflicts import only_different, shown
from siyu.ui.contracts import Cell, Chip, Column, Crumb, Difference, EditConflict, Fact, Row, Tab

PAGE_ROWS = 50
STATES = {
    TaskState.OPEN: (_("To do"), "running"),
    TaskState.DONE: (_("Done"), "done"),
    TaskState.CANCELLED: (_("Cancelled"), "paused"),
}
COLUMNS = (
    Column("title", _("Task"), phone="main"),
    Column("state", _("State"), phone="figure"),
    Column("who", _("Who")),
    Column("place", _("Place")),
    Column("due", _("Due")),
)
REPORT_COLUMNS = (
    Column("name", _("Name"), phone="main"),
    Column("overdue", _("Overdue"), "end", phone="figure"),
    Column("open", _("To do"), "end"),
    Column("done", _("Done in 30 days"), "end"),
    Column("late", _("Of them late"), "end"),
)
PLAN_COLUMNS = (
    Column("place", _("Place"), phone="main"),
    Column("people", _("People"), "end", phone="figure"),
    Column("due", _("Due")),
    Column("problem", _("Left out because")),
)


@needs(SIGNED_IN)
@require_GET
def task_list(request: HttpRequest) -> HttpResponse:
    """Tasks: ``?whose=`` mine, given, places; ``?show=`` open, overdue, done; ``?kind=``."""
    viewer = page.viewer_of(request)
    whose = _whose(request, viewer)
    show, kind, cursor = request.GET.get("show", "open"), request.GET.get("kind", ""), request.GET.get("cursor")
    state = TaskState.DONE if show == "done" else TaskState.OPEN
    found = tasks.tasks(
        viewer, whose=whose, state=state, overdue=show == "overdue", kind=kind, cursor=cursor, limit=PAGE_ROWS
    )
    path = reverse("work")
    kept = {"whose": whose.value, "show": show, "kind": kind}
    context = {
        "columns": COLUMNS,
        "rows": [_row(view) for view in found.items],
        "tabs": _tabs(viewer, whose, kept),
        "shows": _shows(kept),
        "chips": [Chip(_kind(kind), page.address(path, **(kept | {"kind": ""})))] if kind in TASK_KINDS else (),
        "filtered": bool(kind) or show != "open",
        "path": path,
        "may_manage": viewer.may(TASKS_MANAGE),
        "next_url": page.address(path, **kept, cursor=found.next_cursor) if found.next_cursor else "",
        "first_url": page.address(path, **kept) if cursor else "",
    }
    return render(request, "console/work/tasks.html", context)


def _whose(request: HttpRequest, viewer: Viewer) -> Whose:
    asked = request.GET.get("whose", "")
    chosen = Whose(asked) if asked in set(Whose) else Whose.MINE
    return Whose.MINE if chosen is Whose.PLACES and not viewer.may(TASKS_MANAGE) else chosen


def _tabs(viewer: Viewer, whose: Whose, kept: dict[str, str]) -> list[Tab]:
    words = {Whose.MINE: _("Mine"), Whose.GIVEN: _("Given by me")}
    if viewer.may(TASKS_MANAGE):
        words[Whose.PLACES] = _("At my places")
    path = reverse("work")
    return [
        Tab(label, page.address(path, **(kept | {"whose": one.value})), current=one is whose)
        for one, label in words.items()
    ]


def _shows(kept: dict[str, str]) -> list[Tab]:
    path = reverse("work")
    words = {"open": _("To do"), "overdue": _("Overdue"), "done": _("Done")}
    return [
        Tab(label, page.address(path, **(kept | {"show": key})), current=kept["show"] == key)
        for key, label in words.items()
    ]


def _kind(key: str) -> str:
    return gettext(TASK_KINDS.get(key).label) if key in TASK_KINDS else key


def _row(view: TaskView) -> Row:
    url, is_open = reverse("task", args=[view.id]), view.state is TaskState.OPEN
    label, tone = (_("Overdue"), "failed") if view.is_overdue else STATES[view.state]
    return Row(
        key=str(view.id),
        url=url,
        cells={
            "title": Cell(view.title, url=url, note=_kind(view.kind)),
            "state": Cell(label, kind="pill", tone=tone),
            "who": _who(view),
            "place": view.node_name,
            "due": Cell(formats.moment(view.due_at), note=formats.relative(view.due_at) if is_open else ""),
        },
    )


def _who(view: TaskView) -> str:
    if view.role_id is not None:
        return gettext(view.role_label)
    return gettext("、").join(person.name for person in view.people)


@needs(SIGNED_IN)
@require_GET
def task_page(request: HttpRequest, task_id: int) -> HttpResponse:
    """One task with what was said about it."""
    viewer = page.viewer_of(request)
    return _task(request, tasks.task(viewer, task_id), ReassignForm(viewer=viewer))


def _task(
    request: HttpRequest, view: TaskView, form: ReassignForm, conflict: EditConflict | None = None
) -> HttpResponse:
    viewer = page.viewer_of(request)
    label, tone = (_("Overdue"), "failed") if view.is_overdue else STATES[view.state]
    context = {
        "task": view,
        "state": label,
        "state_kind": tone,
        "is_open": view.state is TaskState.OPEN,
        "may_reopen": view.state is not TaskState.OPEN
        and (view.may_change or (view.closed_by is not None and view.closed_by.id == viewer.staff_id)),
        "may_reassign": view.may_change and viewer.may(TASKS_MANAGE),
        "facts": _facts(request, view),
        "comments": [
            {"name": one.author.name if one.author else "", "text": one.text, "at": formats.moment(one.at)}
            for one in tasks.comments(viewer, view.id)
        ],
        "form": form,
        "version": conflicts.posted_version(request) if form.is_bound else view.version,
        "conflict": conflict,
        "cancel_fields": [("act", "cancel")],
        "crumbs": [Crumb(_("My work"), reverse("work"))],
    }
    status = conflicts.status(conflict, failed=form.errors)
    return render(request, "console/work/task.html", context, status=status)


def _facts(request: HttpRequest, view: TaskView) -> list[Fact]:
    facts = [
        Fact(_("Kind"), _kind(view.kind)),
        Fact(_("Who does it"), _who(view)),
        Fact(_("Place"), view.node_name),
        Fact(_("Due"), f"{formats.moment(view.due_at)} · {formats.relative(view.due_at)}"),
        Fact(_("Given by"), f"{view.created_by.name if view.created_by else ''} · {formats.moment(view.created_at)}"),
    ]
    viewer = page.viewer_of(request)
    if view.customer_id is not None and viewer.may(CUSTOMERS_VIEW):
        # A customer outside the viewer's scope is not named, though the task itself is theirs.
        facts += [
            Fact(_("Customer"), name_of(known), url=reverse("customer", args=[known.id]))
            for known in customers.customers(viewer, [view.customer_id])
        ]
    if view.closed_at is not None:
        name = view.closed_by.name if view.closed_by else ""
        facts.append(Fact(_("Closed by"), f"{name} · {formats.moment(view.closed_at)}"))
    return facts


@needs(SIGNED_IN)
@require_POST
def task_act(request: HttpRequest, task_id: int) -> HttpResponse:
    """``act`` is done, cancel, reopen or comment; `text` is the result or what is said."""
    viewer, text = page.viewer_of(request), request.POST.get("text", "")
    act = request.POST.get("act", "")
    if act == "done":
        services.finish_task(viewer=viewer, task_id=task_id, result=text)
        messages.success(request, gettext("Done."))
    elif act == "cancel":
        services.cancel_task(viewer=viewer, task_id=task_id, result=text)
    elif act == "reopen":
        services.reopen_task(viewer=viewer, task_id=task_id)
    else:
        services.comment_task(viewer=viewer, task_id=task_id, text=text)
    return htmx.redirect(request, reverse("task", args=[task_id]))


@needs(SIGNED_IN)
@require_POST
def task_reassign(request: HttpRequest, task_id: int) -> HttpResponse:
    viewer = page.viewer_of(request)
    view, form, conflict = tasks.task(viewer, task_id), ReassignForm(request.POST, viewer=viewer), None
    if form.is_valid():
        try:
            services.reassign_task(
                viewer=viewer, task_id=task_id, staff_ids=[int(pk) for pk in form.cleaned_data["people"]],
                version=conflicts.posted_version(request),
                due_at=form.cleaned_data["due"],
            )  # fmt: skip
        except Outdated:
            conflict = _conflict(viewer, form, task_id)
        except SiyuError as error:
            form.add_error(None, sentence(error))
        else:
            return htmx.redirect(request, reverse("task", args=[task_id]))
    return _task(request, view, form, conflict)


def _conflict(viewer: Viewer, form: ReassignForm, task_id: int) -> EditConflict:
    """Who else was asked meanwhile, and for when, unless this one leaves the time as it is."""
    saved = tasks.task(viewer, task_id)
    told = [Difference(form["people"].label, shown(form["people"]), form.spoken(saved.people) or _who(saved))]
    if form.cleaned_data["due"] is not None:
        due = form.cleaned_data["due"]
        told.append(Difference(form["due"].label, formats.moment(due), formats.moment(saved.due_at)))
    return conflicts.found(only_different(told), version=saved.version, theirs_url=reverse("task", args=[task_id]))


@needs(SIGNED_IN)
@require_http_methods(["GET", "POST"])
def task_new(request: HttpRequest) -> HttpResponse:
    """Gives a task; ``?customer=`` says about whom, ``?kind=`` of which kind."""
    viewer = page.viewer_of(request)
    asked = request.GET.get("customer", "") or request.POST.get("customer", "")
    customer_id = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 12 else None
    initial = {"kind": request.GET.get("kind", "")}
    form = TaskForm(request.POST or None, viewer=viewer, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            task_id = services.create_task(
                viewer=viewer, **form.about(), due_at=form.cleaned_data["due"],
                staff_ids=[int(pk) for pk in form.cleaned_data["people"]], customer_id=customer_id,
            )  # fmt: skip
        except SiyuError as error:
            form.add_error(None, sentence(error))
        else:
            return htmx.redirect(request, reverse("task", args=[task_id]))
    known = customers.customers(viewer, [customer_id]) if customer_id and viewer.may(CUSTOMERS_VIEW) else []
    context = {
        "form": form,
        "customer": customer_id if known else None,
        "customer_name": name_of(known[0]) if known else "",
        "crumbs": [Crumb(_("My work"), reverse("work"))],
    }
    return render(request, "console/work/task_new.html", context, status=422 if form.errors else 200)


@needs(TASKS_MANAGE)
@require_http_methods(["GET", "POST"])
def task_bulk(request: HttpRequest) -> HttpResponse:
    """One task for each place: first what would happen, then, with `go`, it does."""
    viewer = page.viewer_of(request)
    form = BulkForm(request.POST or None, viewer=viewer)
    planned: list[PlannedTask] = []
    if request.method == "POST" and form.is_valid():
        try:
            if "go" in request.POST:
                made = services.create_tasks(viewer=viewer, **form.where(), **form.about())
                text = ngettext("%(count)s task given.", "%(count)s tasks given.", len(made)) % {"count": len(made)}
                messages.success(request, text)
                return htmx.redirect(request, page.address(reverse("work"), whose=Whose.GIVEN.value))
            planned = services.plan_tasks(viewer=viewer, **form.where())
        except SiyuError as error:
            form.add_error(None, sentence(error))
    context = {
        "form": form,
        "planned": bool(planned),
        "plan_columns": PLAN_COLUMNS,
        "plan_rows": [_planned(one) for one in planned],
        "count": sum(not one.problem for one in planned),
        "uncertain": any(not one.is_certain for one in planned),
        "none": request.method == "POST" and not form.errors and not planned,
        "crumbs": [Crumb(_("My work"), reverse("work"))],
    }
    return render(request, "console/work/task_bulk.html", context, status=422 if form.errors else 200)


def _planned(view: PlannedTask) -> Row:
    return Row(
        key=str(view.node_id),
        cells={
            "place": view.node_name,
            "people": formats.number(view.people_count),
            "due": formats.moment(view.due_at),
            "problem": gettext(view.problem) if view.problem else "",
        },
    )


@needs(TASKS_MANAGE)
@require_GET
def task_report(request: HttpRequest) -> HttpResponse:
    """How the places and people stand that the viewer leads."""
    by_place, by_person = tasks.report(page.viewer_of(request))
    context = {
        "columns": REPORT_COLUMNS,
        "place_rows": [_report_row(row) for row in by_place],
        "person_rows": [_report_row(row) for row in by_person],
        "crumbs": [Crumb(_("My work"), reverse("work"))],
    }
    return render(request, "console/work/task_report.html", context)


def _report_row(row: OverdueRow) -> Row:
    return Row(
        key=str(row.id),
        cells={
            "name": row.name,
            "overdue": Cell(formats.number(row.overdue_count), strong=row.overdue_count > 0),
            "open": formats.number(row.open_count),
            "done": formats.number(row.done_count),
            "late": formats.number(row.late_count),
        },
    )

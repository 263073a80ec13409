"""Audiences: the list, the builder with live counts, the text form, the members."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from siyu.audiences import queries as audiences
from siyu.audiences import services as audience_services
from siyu.audiences.contracts import AudienceState, AudienceView, Preview
from siyu.audiences.permissions import AUDIENCES_EDIT, AUDIENCES_VIEW
from siyu.console.middleware import sentence
from siyu.console.web import audit, conflicts, freshness, page, rule_forms, wording
from siyu.console.web.customer_lists import SHOWN as CUSTOMER_COLUMNS
from siyu.console.web.customer_lists import rows_of
from siyu.customers import queries as customers
from siyu.kernel.errors import Outdated, SiyuError
from siyu.org.access import needs
from siyu.ui import formats, htmx
from siyu.ui.conflicts import only_different
from siyu.ui.contracts import Cell, Column, Crumb, Difference, EditConflict, Row

PAGE_ROWS = 50
SAMPLE_COUNT = 6
# The sample is drawn with one seed, so that it does not jump while conditions are edited.
SAMPLE_SEED = 1
FIRST_RULE: dict[str, Any] = {"all": []}
STATES = {
    AudienceState.BUILDING: (_("Computing"), "scheduled"),
    AudienceState.READY: (_("In use"), "running"),
    AudienceState.FAILED: (_("Failed"), "failed"),
    AudienceState.ARCHIVED: (_("Archived"), "draft"),
}
COLUMNS = (
    Column("name", _("Audience"), phone="main"),
    Column("state", _("State")),
    Column("members", _("Customers"), "end", phone="figure"),
    Column("fresh", _("As of"), "end"),
)


@needs(AUDIENCES_VIEW)
@require_GET
def audience_list(request: HttpRequest) -> HttpResponse:
    """Saved audiences by name."""
    found = audiences.audiences(page.viewer_of(request))
    return render(request, "console/audiences.html", {"columns": COLUMNS, "rows": [_row(view) for view in found]})


def _row(view: AudienceView) -> Row:
    url = reverse("audience", args=[view.id])
    label, tone = STATES[view.state]
    return Row(
        key=str(view.id),
        url=url,
        cells={
            "name": Cell(view.name, url=url),
            "state": Cell(label, kind="pill", tone=tone),
            "members": Cell(formats.number(view.member_count), url=reverse("audience-members", args=[view.id])),
            "fresh": formats.moment(view.fresh_at),
        },
    )


@needs(AUDIENCES_EDIT)
@require_GET
def audience_new(request: HttpRequest) -> HttpResponse:
    """The builder with an empty rule, or with the one in ``?rule=`` that a list has made of its filters."""
    given = _decoded(request.GET.get("rule", ""))
    return _builder_page(request, given if isinstance(given, dict) else FIRST_RULE, name="", audience=None)


@needs(AUDIENCES_VIEW)
@require_GET
def audience_page(request: HttpRequest, audience_id: int) -> HttpResponse:
    """The builder with a saved audience's rule."""
    audience = audiences.audience(page.viewer_of(request), audience_id)
    return _builder_page(request, dict(audience.rule), name=audience.name, audience=audience)


def _builder_page(
    request: HttpRequest, rule: Any, *, name: str, audience: AudienceView | None, problem: str = "", status: int = 200,
    conflict: EditConflict | None = None,
) -> HttpResponse:  # fmt: skip
    context = _builder(request, rule) | {
        "name": name,
        "audience": audience,
        # What was refused keeps the version that its reader has seen: it must not replace another one unseen.
        "version": conflicts.posted_version(request) if problem or conflict else audience.version if audience else 0,
        "conflict": conflict,
        "refused": bool(problem or conflict),
        "problem": problem,
        "crumbs": [Crumb(_("Audiences"), reverse("audiences"))],
    }
    if audience:
        context["plan_url"] = page.address(reverse("plan-new"), audience=audience.id)
        context["state"], context["state_kind"] = STATES[audience.state]
        context |= audit.history(page.viewer_of(request), "audience", audience.id)
        context["error"] = wording.problem_text(audience.error)
    return render(request, "console/audience.html", context, status=status)


def _builder(request: HttpRequest, rule: Any) -> dict[str, Any]:
    """The rule drawn with a count at each part, the total, and a few of the customers."""
    viewer = page.viewer_of(request)
    is_empty = rule_forms.group_of(rule) != "" and not rule[rule_forms.group_of(rule)]
    preview = audiences.preview(viewer, rule)
    total = None if is_empty else preview.total
    share = total / preview.universe_count if total is not None and preview.universe_count else None
    kinds = {kind.name: kind for kind in audiences.leaf_kinds()}
    problems = {} if is_empty else _problems(preview)
    sample = customers.customers(viewer, audiences.sample(viewer, rule, SAMPLE_COUNT, SAMPLE_SEED)) if total else []
    return {
        "rule": rule_forms.shown(rule, kinds, preview.nodes, problems),
        "document": json.dumps(rule, ensure_ascii=False),
        "text": json.dumps(rule, ensure_ascii=False, indent=2),
        "words": "" if is_empty or preview.problems else audiences.in_words(rule),
        "kinds": [(kind.name, gettext(kind.label), kind.icon) for kind in kinds.values()],
        "total": total,
        "universe": preview.universe_count,
        "share": share,
        "share_percent": 100 * (share or 0),
        "is_empty": is_empty,
        "unavailable": preview.unavailable,
        "fresh": freshness.text(preview.freshness) if preview.freshness else "",
        "attribute_names": customers.attribute_names(viewer),
        "saved": audiences.audiences(viewer),
        "sample_columns": [column for column in CUSTOMER_COLUMNS if column.key in {"name", "net_sales", "last_order"}],
        "sample_rows": rows_of(viewer, sample),
    }


def _problems(preview: Preview) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    for problem in preview.problems:
        found[problem.path].append(problem.phrase.text(gettext))
    return {path: tuple(texts) for path, texts in found.items()}


@needs(AUDIENCES_VIEW)
@require_POST
def audience_edit(request: HttpRequest) -> HttpResponse:
    """One step of editing: takes the form, applies the asked change, answers with the builder."""
    return render(request, "console/audience_builder.html", _builder(request, _posted_rule(request)))


def _posted_rule(request: HttpRequest) -> Any:
    """The rule in the form, with what was asked: a condition chosen to add, ``group:<path>`` or ``remove:<path>``."""
    if request.POST.get("form") == "text":
        return _decoded(request.POST.get("text", ""))
    kinds = {kind.name: kind for kind in audiences.leaf_kinds()}
    document = rule_forms.read(_decoded(request.POST.get("document", "")), request.POST, kinds)
    what, _colon, rest = request.POST.get("change", "").partition(":")
    if what == "remove":
        # Removing comes after the groups were renamed: the path is the one that was drawn.
        return rule_forms.removed(document, _renamed(rest, request))
    if what == "group":
        return rule_forms.added(document, _renamed(rest, request), {"any": []})
    for path, kind in _added_kinds(request):
        document = rule_forms.added(document, _renamed(path, request), {"leaf": kind})
    return document


def _added_kinds(request: HttpRequest) -> list[tuple[str, str]]:
    """Groups whose "add a condition" list has a choice."""
    names = [name for name in request.POST if name.startswith("add:")]
    return [(name.removeprefix("add:"), str(request.POST[name])) for name in names if request.POST[name]]


def _renamed(path: str, request: HttpRequest) -> str:
    """A drawn path after the groups above it took the operator that was posted."""
    steps, drawn = [], ""
    for step in path.split(".") if path else []:
        if step in rule_forms.GROUPS:
            steps.append(str(request.POST.get(f"group:{drawn}", step)))
        else:
            steps.append(step)
        drawn = f"{drawn}.{step}" if drawn else step
    return ".".join(steps)


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


@needs(AUDIENCES_EDIT)
@require_http_methods(["POST"])
def audience_save(request: HttpRequest, audience_id: int = 0) -> HttpResponse:
    """Saves the rule under its name; what is wrong is said beside the form, and nothing typed is lost."""
    viewer, rule = page.viewer_of(request), _posted_rule(request)
    name = request.POST.get("name", "")
    try:
        if audience_id:
            audience_services.update_audience(
                viewer=viewer, audience_id=audience_id, version=conflicts.posted_version(request), name=name, rule=rule
            )
        else:
            audience_id = audience_services.create_audience(viewer=viewer, name=name, rule=rule)
    except Outdated as error:
        saved = audiences.audience(viewer, audience_id)
        conflict = _conflict(saved, name, rule)
        return _builder_page(request, rule, name=name, audience=saved, conflict=conflict, status=error.status)
    except SiyuError as error:
        audience = audiences.audience(viewer, audience_id) if audience_id else None
        return _builder_page(request, rule, name=name, audience=audience, problem=sentence(error), status=error.status)
    return htmx.redirect(request, reverse("audience", args=[audience_id]))


def _conflict(saved: AudienceView, name: str, rule: Any) -> EditConflict:
    words = Difference(_("Rule"), audiences.in_words(rule), audiences.in_words(saved.rule))
    told = [Difference(_("Name"), name, saved.name), words]
    return conflicts.found(
        only_different(told),
        version=saved.version, theirs_url=reverse("audience", args=[saved.id]), kind="audience", object_id=saved.id,
    )  # fmt: skip


@needs(AUDIENCES_VIEW)
@require_GET
def audience_members(request: HttpRequest, audience_id: int) -> HttpResponse:
    """The customers of a saved audience."""
    viewer, cursor = page.viewer_of(request), request.GET.get("cursor")
    audience = audiences.audience(viewer, audience_id)
    found = audiences.member_page(viewer, audience_id, cursor=cursor, limit=PAGE_ROWS)
    path = reverse("audience-members", args=[audience_id])
    context = {
        "audience": audience,
        "columns": [Column(c.key, c.label, c.align, phone=c.phone, definition=c.definition) for c in CUSTOMER_COLUMNS],
        "rows": rows_of(viewer, customers.customers(viewer, found.items)),
        "crumbs": [
            Crumb(_("Audiences"), reverse("audiences")),
            Crumb(audience.name, reverse("audience", args=[audience_id])),
        ],
        "next_url": page.address(path, cursor=found.next_cursor) if found.next_cursor else "",
        "first_url": path if cursor else "",
    }
    return render(request, "console/audience_members.html", context)


@needs(AUDIENCES_EDIT)
@require_POST
def audience_rebuild(request: HttpRequest, audience_id: int) -> HttpResponse:
    audience_services.rebuild_audience(viewer=page.viewer_of(request), audience_id=audience_id)
    return htmx.redirect(request, reverse("audience", args=[audience_id]))


@needs(AUDIENCES_EDIT)
@require_POST
def audience_archive(request: HttpRequest, audience_id: int) -> HttpResponse:
    audience_services.archive_audience(
        viewer=page.viewer_of(request), audience_id=audience_id, version=conflicts.posted_version(request)
    )
    return htmx.redirect(request, reverse("audiences"))

"""Approvals: what waits for a decision, one request with its effect, and the thresholds."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from siyu.console.middleware import sentence
from siyu.console.web import conflicts, page, wording
from siyu.kernel.errors import Outdated, SiyuError
from siyu.org.access import SIGNED_IN, needs
from siyu.org.contracts.approvals import ApprovalState, ApprovalView, RuleView
from siyu.org.permissions import APPROVALS_SET
from siyu.org.queries import approvals
from siyu.org.registries import APPROVALS
from siyu.org.services import approvals as services
from siyu.ui import formats, htmx
from siyu.ui.conflicts import differences
from siyu.ui.contracts import Cell, Column, Crumb, EditConflict, Fact, Row, Tab

PAGE_ROWS = 50
STATES = {
    ApprovalState.PENDING: (_("Waits for a decision"), "scheduled"),
    ApprovalState.APPROVED: (_("Approved"), "running"),
    ApprovalState.DONE: (_("Approved and done"), "done"),
    ApprovalState.DECLINED: (_("Declined"), "failed"),
    ApprovalState.WITHDRAWN: (_("Withdrawn"), "draft"),
    ApprovalState.EXPIRED: (_("Expired"), "draft"),
    ApprovalState.VOID: (_("Void"), "paused"),
    ApprovalState.FAILED: (_("Could not be done"), "failed"),
}
COLUMNS = (
    Column("title", _("Request"), phone="main"),
    Column("state", _("State"), phone="figure"),
    Column("people", _("People"), "end"),
    Column("cost", _("Cost"), "end", phone="hidden"),
    Column("by", _("Asked by")),
    Column("at", _("Asked at"), muted=True),
)


@needs(SIGNED_IN)
@require_GET
def approval_list(request: HttpRequest) -> HttpResponse:
    """Requests that the viewer may see; ``?show=settled`` those that are over."""
    viewer, path = page.viewer_of(request), reverse("approvals")
    settled, cursor = request.GET.get("show", "") == "settled", request.GET.get("cursor")
    found = approvals.approvals(viewer, pending=not settled, cursor=cursor, limit=PAGE_ROWS)
    show = "settled" if settled else ""
    context = {
        "columns": COLUMNS,
        "rows": [_row(view) for view in found.items],
        "tabs": [
            Tab(_("Waits for a decision"), path, current=not settled),
            Tab(_("Settled"), page.address(path, show="settled"), current=settled),
        ],
        "may_set": viewer.may(APPROVALS_SET),
        "next_url": page.address(path, show=show, cursor=found.next_cursor) if found.next_cursor else "",
        "first_url": page.address(path, show=show) if cursor else "",
    }
    return render(request, "console/work/approvals.html", context)


def _row(view: ApprovalView) -> Row:
    url = reverse("approval", args=[view.id])
    label, tone = STATES[view.state]
    return Row(
        key=str(view.id),
        url=url,
        cells={
            "title": Cell(view.title, url=url, note=_kind(view.kind)),
            "state": Cell(label, kind="pill", tone=tone),
            "people": formats.number(view.people_count),
            "cost": formats.money(view.cost_fen) if _has_cost(view.kind) else formats.MISSING,
            "by": view.requested_name,
            "at": formats.moment(view.requested_at),
        },
    )


def _kind(key: str) -> str:
    return gettext(APPROVALS.get(key).label) if key in APPROVALS else key


def _has_cost(key: str) -> bool:
    return key not in APPROVALS or APPROVALS.get(key).has_cost


@needs(SIGNED_IN)
@require_GET
def approval_page(request: HttpRequest, approval_id: int) -> HttpResponse:
    """One request: what it would do, why, and the two answers."""
    view = approvals.approval(page.viewer_of(request), approval_id)
    label, tone = STATES[view.state]
    facts = [
        Fact(_("What"), _kind(view.kind), url=_object_url(view)),
        Fact(_("People"), formats.number(view.people_count)),
        *([Fact(_("Cost"), formats.money(view.cost_fen))] if _has_cost(view.kind) else []),
        Fact(_("Asked by"), f"{view.requested_name} · {formats.moment(view.requested_at)}"),
    ]
    if view.state is ApprovalState.PENDING:
        facts.append(Fact(_("Waits until"), formats.moment(view.expires_at)))
    if view.decided_at is not None:
        facts.append(Fact(_("Decided by"), f"{view.decided_name} · {formats.moment(view.decided_at)}"))
    context = {
        "approval": view,
        "state": label,
        "state_kind": tone,
        "facts": facts,
        "problem": wording.problem_text(view.problem),
        "crumbs": [Crumb(_("Approvals"), reverse("approvals"))],
    }
    return render(request, "console/work/approval.html", context)


def _object_url(view: ApprovalView) -> str:
    try:
        return reverse(APPROVALS.get(view.kind).url_name, args=[view.object_id])
    except (KeyError, NoReverseMatch):
        return ""


@needs(SIGNED_IN)
@require_POST
def approval_act(request: HttpRequest, approval_id: int) -> HttpResponse:
    """``act`` is approve, decline or withdraw."""
    viewer, act = page.viewer_of(request), request.POST.get("act", "")
    if act == "withdraw":
        services.withdraw(viewer=viewer, approval_id=approval_id)
    else:
        services.decide(
            viewer=viewer, approval_id=approval_id, approve=act == "approve", comment=request.POST.get("comment", "")
        )
    return htmx.redirect(request, reverse("approval", args=[approval_id]))


class RuleForm(forms.Form):
    people_from = forms.IntegerField(
        label=_("From so many people on"), min_value=1, max_value=2**53 - 1, required=False,
        help_text=_("Empty: however many."),
    )  # fmt: skip
    cost_from = forms.DecimalField(
        label=_("From this cost on, in yuan"), min_value=0, max_digits=12, decimal_places=2, required=False,
        help_text=_("Empty: whatever it costs."),
    )  # fmt: skip

    def __init__(self, kind: str, data: Any = None, *, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, prefix=kind, initial=initial)
        if not _has_cost(kind):
            del self.fields["cost_from"]


@needs(APPROVALS_SET)
@require_http_methods(["GET", "POST"])
def approval_rules(request: HttpRequest) -> HttpResponse:
    """From which size on each kind of action needs a second person."""
    asked = request.POST.get("kind", "") if request.method == "POST" else ""
    bound, conflict = RuleForm(asked, request.POST) if asked in APPROVALS else None, None
    if bound is not None and bound.is_valid():
        try:
            _save(request, asked, bound.cleaned_data)
        except Outdated:
            conflict = _conflict(request, bound, asked)
        except SiyuError as error:
            bound.add_error(None, sentence(error))
        else:
            messages.success(request, gettext("Saved."))
            return htmx.redirect(request, reverse("approval-rules"))
    refused = {"form": bound, "version": conflicts.posted_version(request), "conflict": conflict}
    context = {
        "rules": [_shown(rule) | (refused if bound and rule.kind == asked else {}) for rule in approvals.rules()],
        "crumbs": [Crumb(_("Settings"))],
    }
    status = conflicts.status(conflict, failed=bound)
    return render(request, "console/settings/approvals.html", context, status=status)


def _shown(rule: RuleView) -> dict[str, Any]:
    return {
        "kind": rule.kind,
        "label": _kind(rule.kind),
        "version": rule.version,
        "is_on": rule.is_on,
        "form": _form(rule),
    }


def _conflict(request: HttpRequest, form: RuleForm, kind: str) -> EditConflict:
    saved = approvals.rule(kind)
    return conflicts.found(differences(form, _form(saved)), version=saved.version, theirs_url=request.path)


def _save(request: HttpRequest, kind: str, data: dict[str, Any]) -> None:
    cost = data.get("cost_from")
    services.set_rule(
        viewer=page.viewer_of(request),
        kind=kind,
        people_from=data["people_from"],
        cost_fen_from=None if cost is None else int(cost * 100),
        version=conflicts.posted_version(request),
    )


def _form(rule: RuleView) -> RuleForm:
    cost = None if rule.cost_fen_from is None else f"{rule.cost_fen_from / 100:.2f}"
    return RuleForm(rule.kind, initial={"people_from": rule.people_from, "cost_from": cost})

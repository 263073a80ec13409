"""Recall plans: write one, see what it would do, launch it, follow it, read what it really brought."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from siyu.audiences import queries as audiences
from siyu.audiences.contracts import AudienceState
from siyu.console.middleware import sentence
from siyu.console.web import audit, conflicts, page, plan_forms, plan_result, wording
from siyu.console.web.customer_lists import name_of
from siyu.customers import queries as customers
from siyu.kernel.errors import Outdated, SiyuError
from siyu.messaging import queries as messaging
from siyu.messaging import services as messaging_services
from siyu.messaging.contracts import LAUNCH_APPROVAL, Forecast, OutboxState, PlanState, PlanTally, PlanView, Reason
from siyu.messaging.permissions import PLANS_EDIT, PLANS_LAUNCH, PLANS_VIEW
from siyu.org.access import needs
from siyu.org.contracts import Viewer
from siyu.org.queries import approvals
from siyu.ui import formats, htmx
from siyu.ui.conflicts import differences
from siyu.ui.contracts import Cell, Column, Crumb, EditConflict, Fact, Row, Step

PAGE_ROWS = 50
COLUMNS = (
    Column("name", _("Plan"), phone="main"),
    Column("state", _("State"), phone="figure"),
    Column("treated", _("Recipients"), "end"),
    Column("held_out", _("Held out"), "end", phone="hidden"),
    Column("launched", _("Launched"), muted=True),
)
RECIPIENT_COLUMNS = (
    Column("name", _("Customer"), phone="main"),
    Column("state", _("State"), phone="figure"),
    Column("reason", _("Reason")),
    Column("sent", _("Sent at"), muted=True),
    Column("clicked", _("Clicked at"), muted=True),
)


@needs(PLANS_VIEW)
@require_GET
def plan_list(request: HttpRequest) -> HttpResponse:
    """All plans, newest first."""
    cursor = request.GET.get("cursor")
    found = messaging.plans(page.viewer_of(request), cursor=cursor, limit=PAGE_ROWS)
    path = reverse("plans")
    context = {
        "columns": COLUMNS,
        "rows": [plan_row(view) for view in found.items],
        "next_url": page.address(path, cursor=found.next_cursor) if found.next_cursor else "",
        "first_url": path if cursor else "",
        "steps": (
            Step(_("Audience"), _("Those who have been silent")),
            Step(_("Message"), _("A text and a link for each")),
            Step(_("Result"), _("Against those held out")),
        ),
    }
    return render(request, "console/plans.html", context)


def plan_row(view: PlanView) -> Row:
    """A plan as a table row, also for the overview."""
    url = reverse("plan", args=[view.id])
    label, tone = wording.PLAN_STATES[view.state]
    return Row(
        key=str(view.id),
        url=url,
        cells={
            "name": Cell(view.name, url=url),
            "state": Cell(label, kind="pill", tone=tone),
            "treated": formats.number(view.treated_count) if view.state.has_begun else formats.MISSING,
            "held_out": formats.number(view.holdout_count) if view.state.has_begun else formats.MISSING,
            "launched": formats.moment(view.launched_at),
        },
    )


@needs(PLANS_EDIT)
@require_http_methods(["GET", "POST"])
def plan_new(request: HttpRequest) -> HttpResponse:
    """A new plan; ``?audience=`` chooses whom."""
    viewer = page.viewer_of(request)
    accounts = messaging.sms_accounts(viewer)
    templates = messaging.sms_templates(viewer, accounts[0].id) if accounts else []
    initial = plan_forms.initial_new(request.GET.get("audience", ""), templates, "")
    return _edit(request, None, initial)


@needs(PLANS_EDIT)
@require_http_methods(["GET", "POST"])
def plan_edit(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Changes a draft."""
    plan = messaging.plan(page.viewer_of(request), plan_id)
    if not plan.state.is_editable:
        return htmx.redirect(request, reverse("plan", args=[plan_id]))
    return _edit(request, plan, plan_forms.initial_of(plan))


def _edit(request: HttpRequest, plan: PlanView | None, initial: dict[str, Any]) -> HttpResponse:
    viewer = page.viewer_of(request)
    known = [view for view in audiences.audiences(viewer) if view.state is not AudienceState.ARCHIVED]
    accounts = messaging.sms_accounts(viewer)
    form = plan_forms.PlanForm(request.POST or None, initial=initial, audiences=known, accounts=accounts)
    conflict: EditConflict | None = None
    if request.method == "POST" and form.is_valid():
        try:
            return htmx.redirect(request, reverse("plan", args=[_save(request, plan, form)]))
        except Outdated:
            assert plan is not None
            saved = messaging.plan(viewer, plan.id)
            initial = plan_forms.initial_of(saved)
            theirs = plan_forms.PlanForm(initial=initial, audiences=known, accounts=accounts)
            conflict = conflicts.found(
                differences(form, theirs),
                version=saved.version, theirs_url=request.path, kind="plan", object_id=plan.id,
            )  # fmt: skip
        except SiyuError as error:
            form.add_error(None, sentence(error))
    account_id = initial.get("account") or (accounts[0].id if accounts else None)
    context = {
        "form": form,
        "plan": plan,
        "conflict": conflict,
        "version": conflicts.posted_version(request) if form.is_bound else plan.version if plan else 0,
        "has_accounts": bool(accounts),
        "has_audiences": bool(known),
        "templates": messaging.sms_templates(viewer, account_id) if account_id else [],
        "crumbs": [Crumb(_("Recall plans"), reverse("plans"))],
    }
    status = conflicts.status(conflict, failed=form.errors)
    return render(request, "console/plan_edit.html", context, status=status)


def _save(request: HttpRequest, plan: PlanView | None, form: plan_forms.PlanForm) -> int:
    viewer = page.viewer_of(request)
    if plan is None:
        return messaging_services.create_plan(viewer=viewer, **form.changes())
    version = conflicts.posted_version(request)
    messaging_services.update_plan(viewer=viewer, plan_id=plan.id, version=version, **form.changes())
    return plan.id


@needs(PLANS_EDIT)
@require_POST
def plan_preview(request: HttpRequest) -> HttpResponse:
    """The text as a customer gets it and the forecast, while the form is being filled in."""
    viewer = page.viewer_of(request)
    form = plan_forms.PlanForm(
        request.POST, audiences=audiences.audiences(viewer), accounts=messaging.sms_accounts(viewer)
    )
    form.is_valid()
    return render(request, "console/plan_preview.html", _shown(request, form))


def _shown(request: HttpRequest, form: plan_forms.PlanForm) -> dict[str, Any]:
    """Preview and forecast of whatever is filled in so far."""
    viewer = page.viewer_of(request)
    values = form.cleaned_data if form.is_bound and hasattr(form, "cleaned_data") else form.initial
    account_id = values.get("account") or next((view.id for view in messaging.sms_accounts(viewer)), None)
    text, target_url = values.get("text") or "", values.get("target_url") or ""
    if not account_id or not text:
        return {}
    preview = messaging.preview(viewer, text=text, account_id=account_id, target_url=target_url)
    context: dict[str, Any] = {
        "preview": preview,
        "problems": [gettext(problem.message) % dict(problem.data) for problem in preview.problems],
    }
    if values.get("audience"):
        try:
            forecast = messaging.forecast(
                viewer,
                audience={"saved": values["audience"]},
                holdout_percent=values.get("holdout_percent") or 0,
                text=text,
                target_url=target_url,
                account_id=account_id,
            )
        except SiyuError as error:
            context["forecast_problem"] = sentence(error)
        else:
            context |= {"forecast": forecast, "forecast_facts": forecast_facts(forecast)}
    return context


def forecast_facts(forecast: Forecast) -> list[Fact]:
    """What a launch would do, line by line."""
    facts = [
        Fact(_("In the audience"), formats.number(forecast.audience_count)),
        *(_suppressed_facts(forecast.suppressed)),
        Fact(_("Held out"), formats.number(forecast.holdout_count)),
        Fact(_("Will get the message"), formats.number(forecast.treated_count)),
        Fact(
            _("Billed units"),
            formats.number(forecast.unit_count),
            definition=_("Up to 70 characters are one unit, longer texts one per 67"),
        ),
        Fact(_("Cost"), ("" if forecast.is_exact else "≈ ") + formats.money(forecast.cost_fen)),
    ]
    if forecast.waits_until:
        facts.append(Fact(_("Waits for the sending window until"), formats.moment(forecast.waits_until)))
    return facts


def _suppressed_facts(suppressed: Mapping[Reason, int]) -> list[Fact]:
    return [
        Fact(wording.REASONS[reason], f"{formats.MINUS}{formats.number(n)}") for reason, n in suppressed.items() if n
    ]


@needs(PLANS_VIEW)
@require_GET
def plan_page(request: HttpRequest, plan_id: int) -> HttpResponse:
    """One plan: forecast of a draft; progress and result of a launched one."""
    viewer = page.viewer_of(request)
    plan = messaging.plan(viewer, plan_id)
    if htmx.is_fragment(request) and request.GET.get("shown") != plan.state.value:
        # The head of the page speaks of another state by now: draw it anew as a whole.
        return htmx.redirect(request, request.path)
    label, tone = wording.PLAN_STATES[plan.state]
    context: dict[str, Any] = {
        "plan": plan,
        "state": label,
        "state_kind": tone,
        "crumbs": [Crumb(_("Recall plans"), reverse("plans"))],
        "preview": messaging.preview(viewer, text=plan.text, account_id=plan.account_id, target_url=plan.target_url),
        "problem": wording.problem_text(plan.problem),
        "audience_name": _audience_name(request, plan),
    }
    if plan.state.has_begun:
        context |= _running(request, plan)
    else:
        context |= _draft(request, plan)
    if htmx.is_fragment(request):
        return render(request, "console/plan_live.html", context)
    context |= audit.history(viewer, "plan", plan.id)
    return render(request, "console/plan.html", context)


def _audience_name(request: HttpRequest, plan: PlanView) -> str:
    if "saved" not in plan.audience:
        return audiences.in_words(plan.audience["rule"])
    return audiences.audience(page.viewer_of(request), plan.audience["saved"]).name


def _draft(request: HttpRequest, plan: PlanView) -> dict[str, Any]:
    try:
        forecast = messaging.plan_forecast(page.viewer_of(request), plan.id)
    except SiyuError as error:
        return {"forecast_problem": sentence(error)}
    problems = [gettext(problem.message) % dict(problem.data) for problem in forecast.problems]
    rule = approvals.rule(LAUNCH_APPROVAL)
    return {
        "forecast": forecast,
        "forecast_facts": forecast_facts(forecast),
        "problems": problems,
        "asks": rule.asks(people_count=forecast.treated_count, cost_fen=forecast.cost_fen),
        "waiting": approvals.waiting_for(LAUNCH_APPROVAL, plan.id),
    }


def _running(request: HttpRequest, plan: PlanView) -> dict[str, Any]:
    viewer = page.viewer_of(request)
    tally = messaging.plan_tally(viewer, plan.id)
    result = plan_result.context(viewer, plan)
    settled = plan.treated_count - tally.open_count
    return {
        "tally": tally,
        "live": plan.state in (PlanState.LAUNCHING, PlanState.RUNNING),
        "polls": not result["result"].is_over,
        "settled": max(settled, 0),
        "state_facts": _state_facts(plan, tally),
        **_account_trouble(viewer, plan, tally),
        **result,
    }


def _state_facts(plan: PlanView, tally: PlanTally) -> list[Fact]:
    url = reverse("plan-recipients", args=[plan.id])
    facts = []
    for state, count in tally.states.items():
        address = page.address(url, state=state.value)
        facts.append(Fact(wording.OUTBOX_STATES[state], formats.number(count), url=address))
        reasons = tally.reasons.get(state, {}).items()
        facts += [Fact(f"· {wording.REASONS[reason]}", formats.number(number)) for reason, number in reasons]
    return facts


def _account_trouble(viewer: Viewer, plan: PlanView, tally: PlanTally) -> dict[str, str]:
    """Why nothing goes out although messages wait: the account's problem, and when it is tried again."""
    account = messaging.sms_account(viewer, plan.account_id)
    if not account.problem or not tally.waiting_count:
        return {}
    at = formats.moment(account.paused_until) if account.paused_until else ""
    return {"account_problem": wording.problem_text(account.problem), "tried_again_at": at}


@needs(PLANS_LAUNCH)
@require_POST
def plan_launch(request: HttpRequest, plan_id: int) -> HttpResponse:
    messaging_services.launch_plan(viewer=page.viewer_of(request), plan_id=plan_id)
    return htmx.redirect(request, reverse("plan", args=[plan_id]))


@needs(PLANS_LAUNCH)
@require_POST
def plan_ask(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Asks a second person for the launch; goes on to the request."""
    approval_id = messaging_services.ask_to_launch(
        viewer=page.viewer_of(request), plan_id=plan_id, reason=request.POST.get("reason", "")
    )
    return htmx.redirect(request, reverse("approval", args=[approval_id]))


@needs(PLANS_LAUNCH)
@require_POST
def plan_stop(request: HttpRequest, plan_id: int) -> HttpResponse:
    messaging_services.stop_plan(viewer=page.viewer_of(request), plan_id=plan_id)
    return htmx.redirect(request, reverse("plan", args=[plan_id]))


@needs(PLANS_LAUNCH)
@require_POST
def plan_resume(request: HttpRequest, plan_id: int) -> HttpResponse:
    messaging_services.resume_plan(viewer=page.viewer_of(request), plan_id=plan_id)
    return htmx.redirect(request, reverse("plan", args=[plan_id]))


@needs(PLANS_EDIT)
@require_POST
def plan_delete(request: HttpRequest, plan_id: int) -> HttpResponse:
    messaging_services.delete_plan(viewer=page.viewer_of(request), plan_id=plan_id)
    return htmx.redirect(request, reverse("plans"))


@needs(PLANS_VIEW)
@require_GET
def plan_recipients(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Who got it, who did not, and why; ``?state=`` narrows it."""
    viewer = page.viewer_of(request)
    plan = messaging.plan(viewer, plan_id)
    chosen, cursor = request.GET.get("state", ""), request.GET.get("cursor")
    state = OutboxState(chosen) if chosen in set(OutboxState) else None
    found = messaging.recipients(viewer, plan_id, state=state, cursor=cursor, limit=PAGE_ROWS)
    people = {view.id: view for view in customers.customers(viewer, [item.customer_id for item in found.items])}
    rows = [
        Row(
            key=str(item.id),
            cells={
                "name": Cell(name_of(people[item.customer_id]), url=reverse("customer", args=[item.customer_id])),
                "state": wording.OUTBOX_STATES[item.state],
                "reason": wording.REASONS[item.reason] if item.reason else "",
                "sent": formats.moment(item.sent_at),
                "clicked": formats.moment(item.clicked_at),
            },
        )
        for item in found.items
        if item.customer_id in people
    ]
    path = reverse("plan-recipients", args=[plan_id])
    context = {
        "title": wording.OUTBOX_STATES[state] if state else gettext("All messages"),
        "columns": RECIPIENT_COLUMNS,
        "rows": rows,
        "crumbs": [Crumb(_("Recall plans"), reverse("plans")), Crumb(plan.name, reverse("plan", args=[plan_id]))],
        "next_url": page.address(path, state=chosen, cursor=found.next_cursor) if found.next_cursor else "",
        "first_url": page.address(path, state=chosen) if cursor else "",
    }
    return render(request, "console/plan_recipients.html", context)

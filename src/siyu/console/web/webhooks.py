"""Webhooks: the list, one with its deliveries, the form, trying, sending again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from siyu.console.middleware import sentence
from siyu.console.web import audit, conflicts, page
from siyu.eventlog.registries import EVENTS
from siyu.kernel.clock import day_end, day_start
from siyu.kernel.errors import NotFound, Outdated, SiyuError
from siyu.org.access import needs
from siyu.ui import formats, htmx
from siyu.ui.conflicts import differences, listed, only_different
from siyu.ui.contracts import Cell, Column, Crumb, Difference, EditConflict, Fact, Row, Tab
from siyu.webhooks import queries, services
from siyu.webhooks.contracts import ALL_EVENTS, PING, DeliveryState, DeliveryView, EndpointState, EndpointView
from siyu.webhooks.permissions import WEBHOOKS_MANAGE

PAGE_ROWS = 50
STATES = {
    EndpointState.ACTIVE: (pgettext_lazy("webhook", "Active"), "running"),
    EndpointState.PAUSED: (pgettext_lazy("webhook", "Paused"), "paused"),
    EndpointState.OFF: (pgettext_lazy("webhook", "Off"), "draft"),
}
DELIVERY_STATES = {
    DeliveryState.WAITING: (pgettext_lazy("delivery", "Waiting"), "scheduled"),
    DeliveryState.DONE: (pgettext_lazy("delivery", "Arrived"), "running"),
    DeliveryState.FAILED: (pgettext_lazy("delivery", "Given up"), "failed"),
}
COLUMNS = (
    Column("name", _("Name"), phone="main"),
    Column("state", _("State"), phone="figure"),
    Column("url", _("Address")),
    Column("problem", _("Last problem"), muted=True),
)
DELIVERY_COLUMNS = (
    Column("event", _("Event"), phone="main"),
    Column("state", _("State"), phone="figure"),
    Column("answer", _("Answer")),
    Column("attempts", _("Attempts"), "end", phone="hidden"),
    Column("took", _("Took"), "end", phone="hidden"),
    Column("at", _("When"), "end", muted=True),
)


class WebhookForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("Which system it leads to."))
    url = forms.CharField(label=_("Address"), max_length=500, help_text=_("Begins with https://; no redirects."))
    version = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput())

    def __init__(self, *args: Any, chosen: tuple[str, ...] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.chosen = frozenset(self.data.getlist("events") if isinstance(self.data, QueryDict) else chosen)

    def values(self) -> dict[str, Any]:
        return {"name": self.cleaned_data["name"], "url": self.cleaned_data["url"], "events": self.chosen}


@needs(WEBHOOKS_MANAGE)
@require_GET
def webhook_list(request: HttpRequest) -> HttpResponse:
    rows = [_row(view) for view in queries.endpoints(page.viewer_of(request))]
    context = {"columns": COLUMNS, "rows": rows, "crumbs": [Crumb(_("Settings"))]}
    return render(request, "console/webhooks/list.html", context)


def _row(view: EndpointView) -> Row:
    label, tone = STATES[view.state]
    url = reverse("webhook", args=[view.id])
    cells = {
        "name": Cell(view.name, url=url),
        "state": Cell(label, kind="pill", tone=tone),
        "url": view.url,
        "problem": problem_text(view.problem),
    }
    return Row(cells, key=str(view.id), url=url)


@needs(WEBHOOKS_MANAGE)
@never_cache
@require_http_methods(["GET", "POST"])
def webhook_new(request: HttpRequest) -> HttpResponse:
    """A new webhook; the answer to the form shows its secret, this once."""
    form = WebhookForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.create_endpoint(viewer=page.viewer_of(request), **form.values())
        except SiyuError as error:
            form.add_error(None, sentence(error))
        else:
            return _secret_page(request, made.id, made.secret)
    return _form_page(request, form, gettext("New webhook"), [Crumb(_("Webhooks"), reverse("webhooks"))])


@needs(WEBHOOKS_MANAGE)
@require_http_methods(["GET", "POST"])
def webhook_edit(request: HttpRequest, webhook_id: int) -> HttpResponse:
    viewer = page.viewer_of(request)
    view = queries.endpoint(viewer, webhook_id)
    form, conflict = _form(view, request.POST or None), None
    if request.method == "POST" and form.is_valid():
        version = form.cleaned_data["version"] or view.version
        try:
            services.change_endpoint(viewer=viewer, endpoint_id=webhook_id, version=version, **form.values())
        except Outdated:
            conflict = _conflict(request, form, queries.endpoint(viewer, webhook_id))
        except SiyuError as error:
            form.add_error(None, sentence(error))
        else:
            messages.success(request, gettext("Saved."))
            return htmx.redirect(request, reverse("webhook", args=[webhook_id]))
    return _form_page(request, form, view.name, _crumbs(), conflict)


def _form(view: EndpointView, data: QueryDict | None = None) -> WebhookForm:
    initial = {"name": view.name, "url": view.url, "version": view.version}
    return WebhookForm(data, initial=initial, chosen=view.events)


def _conflict(request: HttpRequest, form: WebhookForm, saved: EndpointView) -> EditConflict:
    theirs = _form(saved)
    events = only_different([Difference(_("Events"), _told(form.chosen), _told(theirs.chosen))])
    return conflicts.found(
        [*differences(form, theirs), *events],
        version=saved.version, theirs_url=request.path, kind="webhook", object_id=saved.id,
    )  # fmt: skip


def _told(events: Iterable[str]) -> str:
    return listed(gettext("All events") if name == ALL_EVENTS else event_label(name) for name in events)


def _form_page(
    request: HttpRequest, form: WebhookForm, title: str, crumbs: list[Crumb], conflict: EditConflict | None = None
) -> HttpResponse:
    context = {
        "form": form,
        "conflict": conflict,
        "title": title,
        "all_chosen": ALL_EVENTS in form.chosen,
        "all_value": ALL_EVENTS,
        "events": [(event.name, gettext(event.label), event.name in form.chosen) for event in EVENTS],
        "crumbs": crumbs,
    }
    status = conflicts.status(conflict, failed=form.errors)
    return render(request, "console/webhooks/edit.html", context, status=status)


def _secret_page(request: HttpRequest, webhook_id: int, secret: str) -> HttpResponse:
    view = queries.endpoint(page.viewer_of(request), webhook_id)
    return render(request, "console/webhooks/secret.html", {"view": view, "secret": secret, "crumbs": _crumbs()})


@needs(WEBHOOKS_MANAGE)
@require_GET
def webhook_page(request: HttpRequest, webhook_id: int) -> HttpResponse:
    """One webhook with its deliveries; ``?delivery=`` opens one beside the list."""
    viewer, cursor = page.viewer_of(request), request.GET.get("cursor")
    view = queries.endpoint(viewer, webhook_id)
    wanted = request.GET.get("state", "")
    state = DeliveryState(wanted) if wanted in set(DeliveryState) else None
    found = queries.deliveries(viewer, webhook_id, state=state, cursor=cursor, limit=PAGE_ROWS)
    path = request.path
    here = page.address(path, state=wanted, cursor=cursor)
    label, tone = STATES[view.state]
    context = {
        "view": view,
        "state": label,
        "state_kind": tone,
        "facts": _facts(request, view),
        "problem": problem_text(view.problem),
        "is_off": view.state is EndpointState.OFF,
        "is_paused": view.state is EndpointState.PAUSED,
        "tabs": _tabs(path, state),
        "columns": DELIVERY_COLUMNS,
        "rows": [_delivery_row(delivery, here) for delivery in found.items],
        "path": path,
        "next_url": page.address(path, state=wanted, cursor=found.next_cursor) if found.next_cursor else "",
        "first_url": page.address(path, state=wanted) if cursor else "",
        "crumbs": _crumbs(),
        **_opened(request, webhook_id),
        **audit.history(viewer, "webhook", webhook_id),
    }
    return render(request, "console/webhooks/webhook.html", context)


def _tabs(path: str, state: DeliveryState | None) -> list[Tab]:
    states = [
        Tab(label, page.address(path, state=one.value), current=state is one)
        for one, (label, _tone) in DELIVERY_STATES.items()
    ]
    return [Tab(_("All"), path, current=state is None), *states]


def _facts(request: HttpRequest, view: EndpointView) -> list[Fact]:
    waiting = queries.waiting_since(page.viewer_of(request), view.id)
    facts = [
        Fact(_("Address"), view.url),
        Fact(_("Events"), _told(view.events)),
        Fact(_("Waiting since"), formats.moment(waiting) if waiting else gettext("Nothing waits")),
    ]
    if view.failing_since:
        facts.append(Fact(_("Failing since"), formats.moment(view.failing_since)))
    return facts


def problem_text(problem: str) -> str:
    """Why an attempt failed, translated where it is one of the known reasons."""
    return gettext(problem) if problem else ""


def event_label(name: str) -> str:
    if name == PING:
        return gettext("Trial message")
    return gettext(EVENTS.get(name).label) if name in EVENTS else name


def _delivery_row(view: DeliveryView, here: str) -> Row:
    label, tone = DELIVERY_STATES[view.state]
    url = f"{here}{'&' if '?' in here else '?'}delivery={view.id}"
    cells = {
        "event": Cell(event_label(view.event), url=url, note=view.message_id),
        "state": Cell(label, kind="pill", tone=tone),
        "answer": problem_text(view.problem) or (f"HTTP {view.status}" if view.status else formats.MISSING),
        "attempts": formats.number(view.attempts),
        "took": gettext("%(count)s ms") % {"count": formats.number(view.duration_ms)} if view.attempts else "",
        "at": formats.moment(view.created_at),
    }
    return Row(cells, key=str(view.id), url=url)


def _opened(request: HttpRequest, webhook_id: int) -> dict[str, Any]:
    wanted = request.GET.get("delivery", "")
    if not (wanted.isascii() and wanted.isdecimal() and len(wanted) < 19):
        return {}
    view = queries.delivery(page.viewer_of(request), int(wanted))
    if view.endpoint_id != webhook_id:
        raise NotFound()
    facts = [
        Fact(_("Message id"), view.message_id),
        Fact(_("State"), DELIVERY_STATES[view.state][0]),
        Fact(_("Attempts"), formats.number(view.attempts)),
        Fact(_("Queued"), formats.moment(view.created_at)),
        Fact(_("Answer"), problem_text(view.problem) or (f"HTTP {view.status}" if view.status else formats.MISSING)),
    ]
    if view.state is DeliveryState.WAITING:
        facts.append(Fact(_("Next attempt"), formats.moment(view.due_at)))
    return {"delivery": view, "delivery_title": event_label(view.event), "delivery_facts": facts}


@needs(WEBHOOKS_MANAGE)
@require_POST
def webhook_switch(request: HttpRequest, webhook_id: int) -> HttpResponse:
    """Off if it is on; on if it is off or paused."""
    viewer = page.viewer_of(request)
    active = queries.endpoint(viewer, webhook_id).state is EndpointState.ACTIVE
    switch = services.switch_off if active else services.switch_on
    switch(viewer=viewer, endpoint_id=webhook_id)
    return htmx.redirect(request, reverse("webhook", args=[webhook_id]))


@needs(WEBHOOKS_MANAGE)
@require_POST
def webhook_ping(request: HttpRequest, webhook_id: int) -> HttpResponse:
    delivery_id = services.ping(viewer=page.viewer_of(request), endpoint_id=webhook_id)
    messages.success(request, gettext("A trial message is on its way. Reload the page to see its answer."))
    return htmx.redirect(request, page.address(reverse("webhook", args=[webhook_id]), delivery=delivery_id))


@needs(WEBHOOKS_MANAGE)
@never_cache
@require_POST
def webhook_secret(request: HttpRequest, webhook_id: int) -> HttpResponse:
    made = services.rotate_secret(viewer=page.viewer_of(request), endpoint_id=webhook_id)
    return _secret_page(request, made.id, made.secret)


@needs(WEBHOOKS_MANAGE)
@require_POST
def webhook_replay(request: HttpRequest, webhook_id: int) -> HttpResponse:
    """Sends one delivery again (``delivery``), or those of the days ``from`` to ``to``."""
    viewer, one = page.viewer_of(request), request.POST.get("delivery", "")
    back = reverse("webhook", args=[webhook_id])
    if one.isascii() and one.isdecimal() and len(one) < 19:
        if queries.delivery(viewer, int(one)).endpoint_id != webhook_id:
            raise NotFound()
        services.replay(viewer=viewer, delivery_id=int(one))
        return htmx.redirect(request, page.address(back, delivery=one))
    since, until = (_day(request.POST.get(name, "")) for name in ("from", "to"))
    if since is None or until is None:
        messages.error(request, gettext("Choose the first and the last day."))
        return htmx.redirect(request, back)
    zone = ZoneInfo(settings.SIYU.zone)
    try:
        count = services.replay_range(
            viewer=viewer, endpoint_id=webhook_id, since=day_start(since, zone), until=day_end(until, zone),
            failed_only=request.POST.get("what") != "all",
        )  # fmt: skip
    except SiyuError as error:
        messages.error(request, sentence(error))
    else:
        told = ngettext("%(count)s delivery goes out again.", "%(count)s deliveries go out again.", count)
        messages.success(request, told % {"count": count})
    return htmx.redirect(request, back)


def _day(text: str) -> Any:
    try:
        return parse_date(text)
    except ValueError:
        return None


def _crumbs() -> list[Crumb]:
    return [Crumb(_("Webhooks"), reverse("webhooks"))]

"""Overview: what happened, what needs me, what can I start."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from siyu.audiences import queries as audiences
from siyu.audiences.contracts import RfmParams, Segment
from siyu.console.middleware import sentence
from siyu.console.web import page, plans, wording
from siyu.eventlog import queries as log
from siyu.eventlog.contracts import JobState
from siyu.insights import queries as insights
from siyu.insights.contracts import Overview, Period
from siyu.insights.permissions import OVERVIEW_VIEW
from siyu.insights.registries import MEASURES
from siyu.kernel import clock
from siyu.kernel.errors import SiyuError
from siyu.messaging import queries as messaging
from siyu.messaging.contracts import PlanState
from siyu.messaging.permissions import CHANNELS_MANAGE, PLANS_VIEW
from siyu.org.access import needs, whose_jobs
from siyu.org.contracts import Viewer
from siyu.org.permissions import JOBS_VIEW, STATUS_VIEW
from siyu.ui import charts, formats
from siyu.ui.contracts import Tab

PERIODS = (7, 30, 90, 365)
DEFAULT_PERIOD_DAYS = 30
# Days that may be asked for: far from the ends of the calendar, where periods before them would not exist.
FIRST_YEAR, LAST_YEAR = 1971, 2199
# Failed jobs older than the newest few have been seen.
SHOWN_JOBS = 20
SHOWN_PLANS = 5
# Segments that are worth an action, in this order, and the picture beside them.
STARTERS: tuple[dict[str, Any], ...] = (
    {"segment": Segment.IMPORTANT_KEEP, "icon": "bell", "title": _("Wake good customers who have gone quiet")},
    {"segment": Segment.IMPORTANT_RETAIN, "icon": "moon", "title": _("Win back those who spent much on few orders")},
    {"segment": Segment.IMPORTANT_DEVELOP, "icon": "plant-2", "title": _("Bring recent big spenders back again")},
)


@dataclass(frozen=True)
class Todo:
    """Something that waits for a person."""

    title: str
    note: str
    url: str
    action: Any
    icon: str
    tone: str


@needs(OVERVIEW_VIEW)
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """Figures of ``?days=`` ending at ``?until=``; without either, the last days that have sales."""
    viewer = page.viewer_of(request)
    context: dict[str, Any] = {"todos": _todos(viewer)}
    try:
        period = _period(request, viewer)
        context |= _figures(insights.overview(viewer, period), period)
    except SiyuError as error:
        context["unavailable"] = sentence(error)
    return render(request, "console/overview.html", context)


def _period(request: HttpRequest, viewer: Viewer) -> Period:
    days = request.GET.get("days", "")
    day_count = int(days) if days.isdecimal() and int(days) in PERIODS else DEFAULT_PERIOD_DAYS
    until = _asked_day(request.GET.get("until", ""))
    last_day = until or timezone.localdate(clock.now())
    if until is None:
        # An imported log may end long ago: begin where there is something to see.
        sold = insights.sales_days(viewer)
        if sold and sold[1] <= Period.ending(last_day, day_count).first_day:
            last_day = sold[1]
    return Period.ending(last_day, day_count)


def _asked_day(text: str) -> date | None:
    """The day in the address; None for none, for what is no day, and for the ends of the calendar."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else None


def _figures(found: Overview, period: Period) -> dict[str, Any]:
    path = reverse("overview")
    until = period.last_day.isoformat()
    return {
        "fresh": _fresh(found),
        "period": f"{formats.day(period.first_day)} – {formats.day(period.last_day)}",
        "until": until,
        "periods": [
            Tab(_period_label(days), page.address(path, days=days, until=until), days == period.day_count)
            for days in PERIODS
        ],
        "cards": _cards(found),
        "is_empty": not found.figures.order_count and not found.figures.new_customer_count,
        "charts": _charts(found),
        "plan_columns": plans.COLUMNS,
        "plan_rows": [plans.plan_row(plan) for plan in found.plans],
    }


def _period_label(days: int) -> str:
    return ngettext("%(days)s day", "%(days)s days", days) % {"days": days}


def _fresh(found: Overview) -> str:
    if found.freshness.as_of is None:
        return gettext("No data yet")
    return gettext("Data as of %(time)s") % {"time": formats.clock_time(found.freshness.as_of)}


def _cards(found: Overview) -> list[dict[str, Any]]:
    figures = found.figures
    shown = (
        ("net_sales", formats.money(figures.net_sales_fen), found.change("net_sales_fen")),
        ("orders", formats.number(figures.order_count), found.change("order_count")),
        ("paying_customers", formats.number(figures.paying_customer_count), found.change("paying_customer_count")),
        ("new_customers", formats.number(figures.new_customer_count), found.change("new_customer_count")),
        ("aov", formats.money(figures.aov_fen), found.change("aov_fen")),
        ("repurchase_rate", formats.percent(figures.repurchase_rate), None),
    )
    return [_card(key, value, change) for key, value, change in shown]


def _card(key: str, value: str, change: float | None) -> dict[str, Any]:
    measure = MEASURES.get(key)
    definition = f"{gettext(measure.label)} = {gettext(measure.formula)}. {gettext(measure.definition)}"
    compared = (
        gettext("%(change)s on the last period") % {"change": formats.change(change)} if change is not None else ""
    )
    return {"label": gettext(measure.label), "value": value, "definition": definition, "comparison": compared}


def _charts(found: Overview) -> list[dict[str, Any]]:
    days = [formats.day(item.day) for item in found.days]
    sales = [(gettext("Net sales"), [item.net_sales_fen / 100 for item in found.days])]
    people = [
        (gettext("Orders"), [item.order_count for item in found.days]),
        (gettext("New customers"), [item.new_customer_count for item in found.days]),
    ]
    return [
        {
            "id": "sales",
            "title": gettext("Net sales by day"),
            "option": charts.bars(days, sales, unit=gettext("yuan"), number="$number"),
            "table": charts.table_of(gettext("Day"), days, sales),
        },
        {
            "id": "people",
            "title": gettext("Orders and new customers by day"),
            "option": charts.lines(days, people, unit=gettext("per day")),
            "table": charts.table_of(gettext("Day"), days, people),
        },
    ]


def _todos(viewer: Viewer) -> list[Todo]:
    return [
        *_failed_jobs(viewer),
        *(_parked() if viewer.may(STATUS_VIEW) else ()),
        *(_troubled_accounts(viewer) if viewer.may(CHANNELS_MANAGE) else ()),
        *(_open_plans(viewer) if viewer.may(PLANS_VIEW) and viewer.all_customers else ()),
    ]


def _failed_jobs(viewer: Viewer) -> list[Todo]:
    if not viewer.may(JOBS_VIEW):
        return []
    jobs = log.jobs(limit=SHOWN_JOBS, created_by=whose_jobs(viewer))
    return [
        Todo(
            wording.job_label(job),
            wording.job_error(job),
            reverse("job", args=[job.id]),
            _("Look"),
            icon="alert-triangle",
            tone="bad",
        )
        for job in jobs
        if job.state is JobState.FAILED
    ]


def _parked() -> list[Todo]:
    parked = log.parked()
    if not parked:
        return []
    count = ngettext("%(count)s event was set aside", "%(count)s events were set aside", len(parked))
    title, url = count % {"count": len(parked)}, reverse("settings-status")
    return [Todo(title, parked[0].error, url, _("Look"), icon="circle-x", tone="bad")]


def _troubled_accounts(viewer: Viewer) -> list[Todo]:
    url = reverse("settings-sms")
    return [
        Todo(account.name, wording.problem_text(account.problem), url, _("Mend"), icon="message-x", tone="bad")
        for account in messaging.sms_accounts(viewer)
        if account.problem
    ]


def _open_plans(viewer: Viewer) -> list[Todo]:
    found = []
    for plan in messaging.plans(viewer, state=PlanState.STOPPED, limit=SHOWN_PLANS).items:
        note, url = wording.problem_text(plan.problem), reverse("plan", args=[plan.id])
        found.append(Todo(plan.name, note, url, _("Go on"), icon="player-pause", tone="warn"))
    for plan in messaging.plans(viewer, state=PlanState.DRAFT, limit=SHOWN_PLANS).items:
        note, url = gettext("A draft that has not been launched"), reverse("plan", args=[plan.id])
        found.append(Todo(plan.name, note, url, _("Open"), icon="edit", tone="info"))
    return found


@needs(OVERVIEW_VIEW)
@require_GET
def overview_starters(request: HttpRequest) -> HttpResponse:
    """What can be started, from today's RFM picture; asked for by the page once it stands."""
    viewer = page.viewer_of(request)
    try:
        snapshot = audiences.rfm_snapshot(viewer, RfmParams(as_of_day=timezone.localdate(clock.now())))
    except SiyuError as error:
        return render(request, "console/overview_starters.html", {"unavailable": sentence(error)})
    counts = {part.segment: part for part in snapshot.segments}
    starters = [
        {
            **starter,
            "count": counts[starter["segment"]].customer_count,
            "url": page.address(reverse("rfm"), segment=starter["segment"].value, view="segments"),
        }
        for starter in STARTERS
        if counts[starter["segment"]].customer_count
    ]
    return render(request, "console/overview_starters.html", {"starters": starters})

"""The business calendar: a month with holidays and lunar dates, own days and hours of a place, days from a file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from siyu.console.middleware import sentence
from siyu.console.web import conflicts, page
from siyu.kernel import clock
from siyu.kernel.errors import NotFound, Outdated, SiyuError
from siyu.kernel.errors import sentence as filled
from siyu.org import queries as org
from siyu.org.access import SIGNED_IN, needs
from siyu.org.contracts import NodeView, RowProblem, Viewer
from siyu.org.contracts.calendar import DayView, HoursView, OwnDayKind, Spans
from siyu.org.permissions import CALENDAR_MANAGE
from siyu.org.queries import calendar
from siyu.org.queries.calendar import parse_spans, spoken
from siyu.org.services import calendar as services
from siyu.ui import formats, htmx
from siyu.ui.conflicts import differences
from siyu.ui.contracts import Crumb, EditConflict

WEEKDAYS = (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"))
SHORT_WEEKDAYS = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))
OWN_KINDS = {
    OwnDayKind.OPEN: _("Open that day"),
    OwnDayKind.CLOSED: _("Closed that day"),
    OwnDayKind.CAMPAIGN: _("Campaign"),
}
# Public days are the whole company's: who sees all of it enters them at its root.
PUBLIC_KINDS = {"holiday": _("Public holiday"), "workday": _("Shifted workday")}
YEARS = range(2000, 2100)
# Problems of a file that the page lists; the rest is counted.
SHOWN_PROBLEMS = 20


class SpansField(forms.CharField):
    """Opening hours as people write them: ``09:00-12:00, 13:30-21:00``; empty is closed."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, max_length=80, **options)

    def clean(self, value: Any) -> Any:
        spans = parse_spans(super().clean(value))
        if spans is None:
            raise forms.ValidationError(_("Give opening hours as 09:00-21:00, with a comma between several spans."))
        return spans


class HoursForm(forms.Form):
    """One field for each day of the week."""

    closed_on_holidays = forms.BooleanField(
        label=_("Closed on public holidays, open on shifted workdays"), required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number, name in enumerate(WEEKDAYS):
            self.fields[f"day_{number}"] = SpansField(label=name)
        self.order_fields([f"day_{number}" for number in range(7)])

    def week(self) -> list[Spans]:
        return [self.cleaned_data[f"day_{number}"] for number in range(7)]


class OwnDayForm(forms.Form):
    day = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}))
    kind = forms.ChoiceField(label=_("What it does"), choices=[(kind.value, name) for kind, name in OWN_KINDS.items()])
    day_name = forms.CharField(label=_("Name"), max_length=60, required=False)
    hours = SpansField(label=_("Opening hours"), help_text=_("Only for an open day; without them the week's hold."))

    def __init__(self, *args: Any, public: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if public:
            self.fields["kind"].choices += list(PUBLIC_KINDS.items())  # type: ignore[attr-defined]


@needs(SIGNED_IN)
@require_GET
def calendar_page(request: HttpRequest) -> HttpResponse:
    """A month of a place; ``?place=`` and ``?month=2026-10`` choose which."""
    return _page(request, _place(request))


def _page(
    request: HttpRequest,
    place: NodeView,
    *,
    hours_form: HoursForm | None = None,
    hours_conflict: EditConflict | None = None,
    day_form: OwnDayForm | None = None,
    problems: list[str] | None = None,
) -> HttpResponse:
    viewer = page.viewer_of(request)
    year, month = _month(request)
    days = calendar.month(viewer, place.id, year, month)
    hours = calendar.hours_at(place.path)
    own = [day for day in calendar.own_days(viewer, place.id, days[0].day, days[-1].day) if day.day.month == month]
    context = {
        "place": place,
        "places": _places(request, place),
        "month": f"{year}-{month:02d}",
        "month_title": _month_title(year, month),
        "previous_url": _address(place, year, month, -1),
        "next_url": _address(place, year, month, 1),
        "weekdays": SHORT_WEEKDAYS,
        "weeks": [[_day(day) for day in days[start : start + 7]] for start in range(0, len(days), 7)],
        "known": calendar.is_known_year(year),
        "year": year,
        "hours": hours,
        "has_own_hours": hours.node_id == place.id,
        "hours_form": hours_form or HoursForm(initial=_initial(hours)),
        "hours_url": page.address(reverse("calendar-hours"), place=place.id),
        "hours_version": conflicts.posted_version(request) if hours_form else _own_version(hours, place),
        "hours_conflict": hours_conflict,
        "day_form": day_form or OwnDayForm(initial={"day": f"{year}-{month:02d}-01"}, public=_public(request, place)),
        "own": [_own(view, place) for view in own],
        "entered": _entered(days) if _public(request, place) else (),
        "may_change": viewer.may(CALENDAR_MANAGE) and org.accessible_nodes(viewer).filter(pk=place.id).exists(),
        "problems": problems or (),
        "crumbs": [Crumb(_("My work"), reverse("work"))],
    }
    failed = problems or any(form is not None and form.errors for form in (hours_form, day_form))
    status = conflicts.status(hours_conflict, failed=failed)
    return render(request, "console/work/calendar.html", context, status=status)


def _own_version(hours: HoursView, place: NodeView) -> int:
    """The version of the place's own week; 0 while it follows another one."""
    return hours.version if hours.node_id == place.id else 0


def _public(request: HttpRequest, place: NodeView) -> bool:
    return place.parent_id is None and page.viewer_of(request).all_customers


def _entered(days: list[DayView]) -> list[dict[str, Any]]:
    inside = [view.day for view in days if view.in_month]
    return [
        {
            "day": formats.day(view.day),
            "iso": view.day.isoformat(),
            "kind": PUBLIC_KINDS["workday" if view.is_workday else "holiday"],
            "name": gettext(view.name) if view.name else "",
        }
        for view in calendar.entered_days(inside[0], inside[-1])
    ]


def _places(request: HttpRequest, place: NodeView) -> list[NodeView]:
    found = org.find_nodes(page.viewer_of(request), request.GET.get("q", ""))
    return found if any(one.id == place.id for one in found) else [place, *found]


def _place(request: HttpRequest) -> NodeView:
    asked = request.GET.get("place", "") or request.POST.get("place", "")
    if asked and not (asked.isascii() and asked.isdecimal() and len(asked) < 12):
        raise NotFound()
    return calendar.place_or_root(page.viewer_of(request), int(asked) if asked else None)


def _month(request: HttpRequest) -> tuple[int, int]:
    """The month of the address; this one if it is missing or makes no sense."""
    asked = request.GET.get("month", "") or request.POST.get("month", "")
    try:
        chosen = date.fromisoformat(f"{asked}-01")
    except ValueError:
        chosen = clock.local_day(clock.now(), settings.SIYU.tz)
    return (chosen.year, chosen.month) if chosen.year in YEARS else (YEARS[0], 1)


def _address(place: NodeView, year: int, month: int, step: int) -> str:
    turned = year * 12 + month - 1 + step
    if turned // 12 not in YEARS:
        return ""
    return page.address(reverse("calendar"), place=place.id, month=f"{turned // 12}-{turned % 12 + 1:02d}")


def _month_title(year: int, month: int) -> str:
    return date_format(date(year, month, 1), "YEAR_MONTH_FORMAT")


def _day(view: DayView) -> dict[str, Any]:
    """A cell of the month: the words in it, and what its colour says."""
    tone = "unknown" if view.is_workday is None else "work" if view.is_workday else "off"
    lunar = view.lunar
    return {
        "number": view.day.day,
        "iso": view.day.isoformat(),
        "in_month": view.in_month,
        "is_today": view.is_today,
        "tone": tone,
        "public": gettext(view.public.name) if view.public and view.public.name else "",
        "mark": (gettext("worked") if view.public.is_workday else gettext("day off")) if view.public else "",
        "lunar": (lunar.term or (lunar.month if lunar.day == "初一" else lunar.day)) if lunar else "",
        "lunar_title": f"{lunar.year}{lunar.animal}年 {lunar.month}{lunar.day}" if lunar else "",
        "own": [{"name": own.name or OWN_KINDS[own.kind], "kind": own.kind.value} for own in view.own],
        "hours": spoken(view.spans) if view.spans else gettext("shut"),
    }


def _own(view: Any, place: NodeView) -> dict[str, Any]:
    return {
        "id": view.id,
        "day": formats.day(view.day),
        "kind": OWN_KINDS[view.kind],
        "tone": {"open": "running", "closed": "failed", "campaign": "scheduled"}[view.kind.value],
        "name": view.name,
        "hours": spoken(view.spans),
        "inherited": "" if view.node_id == place.id else view.node_name,
    }


def _initial(hours: HoursView) -> dict[str, Any]:
    return _week(hours.week, closed_on_holidays=hours.closed_on_holidays)


def _week(week: Sequence[Spans], *, closed_on_holidays: bool) -> dict[str, Any]:
    days = {f"day_{number}": spoken(spans) for number, spans in enumerate(week)}
    return days | {"closed_on_holidays": closed_on_holidays}


@needs(CALENDAR_MANAGE)
@require_POST
def calendar_hours(request: HttpRequest) -> HttpResponse:
    """Gives the place a week of its own, or lets it follow the one above again."""
    viewer, place = page.viewer_of(request), _place(request)
    if "follow" in request.POST:
        services.clear_hours(viewer=viewer, node_id=place.id)
        return _back(request, place, gettext("Saved."))
    form, conflict = HoursForm(request.POST), None
    if form.is_valid():
        try:
            services.set_hours(
                viewer=viewer,
                node_id=place.id,
                week=form.week(),
                closed_on_holidays=form.cleaned_data["closed_on_holidays"],
                version=conflicts.posted_version(request),
            )
        except Outdated:
            conflict = _conflict(place, form, request.POST.get("month", ""))
        except SiyuError as error:
            form.add_error(None, sentence(error))
        else:
            return _back(request, place, gettext("Saved."))
    return _page(request, place, hours_form=form, hours_conflict=conflict)


def _conflict(place: NodeView, form: HoursForm, month: str) -> EditConflict:
    """Hours that are written in two ways are the same: both are told as Siyu writes them."""
    saved = calendar.hours_at(place.path)
    mine = HoursForm(initial=_week(form.week(), closed_on_holidays=form.cleaned_data["closed_on_holidays"]))
    return conflicts.found(
        differences(mine, HoursForm(initial=_initial(saved))),
        version=_own_version(saved, place),
        theirs_url=page.address(reverse("calendar"), place=place.id, month=month),
    )


@needs(CALENDAR_MANAGE)
@require_POST
def calendar_day(request: HttpRequest) -> HttpResponse:
    """Marks a day at the place and all below it."""
    viewer, place = page.viewer_of(request), _place(request)
    form = OwnDayForm(request.POST, public=_public(request, place))
    if form.is_valid():
        try:
            _mark(viewer, place, form.cleaned_data)
        except SiyuError as error:
            form.add_error(None, sentence(error))
        else:
            return _back(request, place, gettext("Saved."))
    return _page(request, place, day_form=form)


def _mark(viewer: Viewer, place: NodeView, data: dict[str, Any]) -> None:
    day, kind, name = data["day"], data["kind"], data["day_name"]
    if kind in PUBLIC_KINDS:
        services.set_public_day(viewer=viewer, day=day, is_workday=kind == "workday", name=name)
    else:
        services.set_own_day(
            viewer=viewer, node_id=place.id, day=day, kind=OwnDayKind(kind), name=name, spans=data["hours"]
        )


@needs(CALENDAR_MANAGE)
@require_POST
def calendar_public_remove(request: HttpRequest) -> HttpResponse:
    """Takes an entered public day back."""
    try:
        day = date.fromisoformat(request.POST.get("day", ""))
    except ValueError as error:
        raise NotFound() from error
    services.remove_public_day(viewer=page.viewer_of(request), day=day)
    return _back(request, _place(request), gettext("Removed."))


@needs(CALENDAR_MANAGE)
@require_POST
def calendar_day_remove(request: HttpRequest, own_day_id: int) -> HttpResponse:
    services.remove_own_day(viewer=page.viewer_of(request), own_day_id=own_day_id)
    return _back(request, _place(request), gettext("Removed."))


@needs(CALENDAR_MANAGE)
@require_POST
def calendar_file(request: HttpRequest) -> HttpResponse:
    """Takes days from a CSV file; bad rows are named on the page, good ones are taken."""
    place = _place(request)
    upload = request.FILES.get("file")
    if upload is None:
        return _page(request, place, problems=[gettext("Choose a file first.")])
    try:
        result = services.import_days(viewer=page.viewer_of(request), data=upload.read())
    except SiyuError as error:
        return _page(request, place, problems=[sentence(error)])
    done = ngettext("%(count)s day taken over.", "%(count)s days taken over.", _taken(result)) % {
        "count": _taken(result)
    }
    if result.problems:
        return _page(request, place, problems=[done, *_told(result.problems)])
    return _back(request, place, done)


def _taken(result: Any) -> int:
    count: int = result.created_count + result.changed_count
    return count


def _told(problems: tuple[RowProblem, ...]) -> list[str]:
    lines = [
        gettext("Row %(row)s: %(problem)s")
        % {"row": problem.row, "problem": filled(problem.message, problem.data, gettext)}
        for problem in problems[:SHOWN_PROBLEMS]
    ]
    left = len(problems) - SHOWN_PROBLEMS
    return [*lines, gettext("… and %(count)s more rows.") % {"count": left}] if left > 0 else lines


def _back(request: HttpRequest, place: NodeView, text: str) -> HttpResponse:
    messages.success(request, text)
    year, month = _month(request)
    return htmx.redirect(request, page.address(reverse("calendar"), place=place.id, month=f"{year}-{month:02d}"))

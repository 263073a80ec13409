"""System status: what is behind, what was set aside, what the warehouse knows."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from siyu.console.web import page, wording
from siyu.eventlog import queries as log
from siyu.eventlog.contracts import ParkedView, SubscriberLag
from siyu.kernel.clock import MILLIS_PER_SECOND
from siyu.org import services as org
from siyu.org.access import needs
from siyu.org.permissions import STATUS_MANAGE, STATUS_VIEW
from siyu.ui import formats, htmx
from siyu.ui.contracts import Cell, Column, Crumb, Row
from siyu.warehouse import queries as warehouse
from siyu.warehouse.contracts import LATE_SECONDS, StreamLag

COLUMNS = (
    Column("name", _("Reader of the log"), phone="main"),
    Column("state", _("State"), phone="figure"),
    Column("waiting", _("Events waiting"), "end"),
    Column("age", _("Oldest"), "end"),
    Column("error", _("Last error"), muted=True),
)
PARKED_COLUMNS = (
    Column("event", _("Event"), phone="main"),
    Column("subscriber", _("Set aside by")),
    Column("error", _("Why")),
    Column("at", _("When"), muted=True),
)
# Who reads the log, in words; the key stands beside them, as logs and metrics name it.
READERS = {
    "events": _("Events to the warehouse"),
    "projection:profiles": _("Profiles to the warehouse"),
    "projection:placements": _("Homes and guides to the warehouse"),
    "webhooks": _("Events to webhooks"),
    "messaging.clicks": _("Clicks to recall plans"),
}


@needs(STATUS_VIEW)
@require_GET
def settings_status(request: HttpRequest) -> HttpResponse:
    """Every reader of the log with its lag, and the events that were set aside."""
    parked = log.parked()
    context = {
        "columns": COLUMNS,
        "rows": [*(_stream_row(lag) for lag in warehouse.lag()), *(_subscriber_row(lag) for lag in log.lag())],
        "parked_columns": PARKED_COLUMNS,
        "parked_ids": [view.id for view in parked],
        "parked_rows": [_parked_row(view) for view in parked],
        "crumbs": [Crumb(_("Settings"))],
    }
    return render(request, "console/settings_status.html", context)


def _stream_row(lag: StreamLag) -> Row:
    return _row(lag.stream, lag.waiting_count, lag.oldest_age_ms, lag.error, 0)


def _subscriber_row(lag: SubscriberLag) -> Row:
    return _row(lag.name, lag.waiting_count, lag.oldest_age_ms, lag.error, lag.parked_count)


def _row(name: str, waiting_count: int, oldest_age_ms: int, error: str, parked_count: int) -> Row:
    seconds = oldest_age_ms / MILLIS_PER_SECOND if waiting_count else 0
    if error or parked_count:
        state = Cell(_("Needs a look"), kind="pill", tone="failed")
    elif seconds > LATE_SECONDS:
        state = Cell(_("Behind"), kind="pill", tone="paused")
    else:
        state = Cell(_("Up to date") if not waiting_count else _("Busy"), kind="pill", tone="running")
    cells = {
        "name": _reader(name),
        "state": state,
        "waiting": formats.number(waiting_count),
        "age": formats.duration(seconds) if waiting_count else formats.MISSING,
        "error": error,
    }
    return Row(cells, key=name)


def _reader(name: str) -> Cell:
    return Cell(READERS[name], note=name) if name in READERS else Cell(name)


def _parked_row(view: ParkedView) -> Row:
    return Row(
        {
            "event": Cell(wording.event_label(view.event_name), note=f"#{view.event_id}"),
            "subscriber": _reader(view.subscriber),
            "error": view.error,
            "at": formats.moment(view.parked_at),
        },
        key=str(view.id),
    )


@needs(STATUS_MANAGE)
@require_POST
def parked_redrive(request: HttpRequest, parked_id: int) -> HttpResponse:
    """Hands a set-aside event to its reader again."""
    org.redrive(viewer=page.viewer_of(request), parked_id=parked_id)
    return htmx.redirect(request, reverse("settings-status"))


@needs(STATUS_MANAGE)
@require_POST
def parked_dismiss(request: HttpRequest, parked_id: int) -> HttpResponse:
    org.dismiss(viewer=page.viewer_of(request), parked_id=parked_id)
    return htmx.redirect(request, reverse("settings-status"))

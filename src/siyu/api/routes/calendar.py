"""The business calendar: days and hours of places, whether one is open."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from siyu.api.authentication import needs, viewer
from siyu.api.schemas.calendar import DayList, HoursIn, HoursOut, OpenOut, OwnDayIn, OwnDayOut
from siyu.kernel import clock
from siyu.kernel.errors import InvalidInput
from siyu.org import queries as org
from siyu.org.access import SIGNED_IN
from siyu.org.contracts.calendar import Spans
from siyu.org.permissions import CALENDAR_MANAGE
from siyu.org.queries import calendar
from siyu.org.queries.calendar import parse_spans
from siyu.org.services import calendar as services

router = Router()


@router.get("/{int:node_id}/months/{int:year}/{int:month}", response=DayList, auth=needs(SIGNED_IN))
def list_calendar_days(request: HttpRequest, node_id: int, year: int, month: int) -> Any:
    """The days of a month at a place, filled up to whole weeks: workday or not, holidays, lunar dates, hours."""
    if not (2000 <= year < 2100 and 1 <= month <= 12):
        raise InvalidInput(reason="Give a month of the years 2000 to 2099.")
    return {"items": calendar.month(viewer(request), node_id, year, month)}


@router.get("/{int:node_id}/open", response=OpenOut, auth=needs(SIGNED_IN))
def get_open(request: HttpRequest, node_id: int, at: datetime | None = Query(None)) -> Any:  # noqa: B008
    """Whether a place is open at a moment (now without one), and when it opens next."""
    if at is not None and at.tzinfo is None:
        raise InvalidInput(reason="Give the moment with an offset, such as 2026-10-01T09:00:00+08:00.")
    moment, seen_by = at or clock.now(), viewer(request)
    following = calendar.next_open(seen_by, node_id, moment)
    return OpenOut(
        is_open=calendar.is_open(seen_by, node_id, moment),
        next_open=following.at,
        is_certain=following.is_certain,
    )


@router.get("/{int:node_id}/hours", response=HoursOut, auth=needs(SIGNED_IN))
def get_hours(request: HttpRequest, node_id: int) -> Any:
    """The week that holds at a place: its own, or that of the nearest place above."""
    return calendar.hours_at(calendar.readable(viewer(request), node_id).path)


@router.put("/{int:node_id}/hours", response=HoursOut, auth=needs(CALENDAR_MANAGE))
def set_hours(request: HttpRequest, node_id: int, body: HoursIn) -> Any:
    """Give a place a week of its own."""
    seen_by = viewer(request)
    services.set_hours(
        viewer=seen_by,
        node_id=node_id,
        week=[_spans(text) for text in body.week],
        closed_on_holidays=body.closed_on_holidays,
        version=body.version,
    )
    return calendar.hours_at(org.node(seen_by, node_id).path)


@router.put("/{int:node_id}/days", response=OwnDayOut, auth=needs(CALENDAR_MANAGE))
def set_own_day(request: HttpRequest, node_id: int, body: OwnDayIn) -> Any:
    """Mark a day at a place and all below it; the same day again is changed."""
    seen_by = viewer(request)
    own_day_id = services.set_own_day(
        viewer=seen_by, node_id=node_id, day=body.day, kind=body.kind, name=body.name, spans=_spans(body.hours)
    )
    found = calendar.own_days(seen_by, node_id, body.day, body.day)
    return next(view for view in found if view.id == own_day_id)


@router.delete("/days/{int:own_day_id}", response={204: None}, auth=needs(CALENDAR_MANAGE))
def remove_own_day(request: HttpRequest, own_day_id: int) -> Any:
    """Take an own day back."""
    services.remove_own_day(viewer=viewer(request), own_day_id=own_day_id)
    return HttpResponse(status=204)


def _spans(text: str) -> Spans:
    spans = parse_spans(text)
    if spans is None:
        raise InvalidInput(reason="Give opening hours as 09:00-21:00, with a comma between several spans.")
    return spans

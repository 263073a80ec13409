"""The business calendar: hours of places, own days, public days; from forms and from files."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date

from django.db.models import F
from django.utils.translation import gettext_noop as _

from siyu.eventlog import records
from siyu.eventlog.contracts import NewEvent
from siyu.eventlog.services import publish
from siyu.kernel import clock
from siyu.kernel.errors import InvalidInput, NotAllowed, NotFound, Outdated, SiyuError
from siyu.org.contracts import CsvResult, NodeView, RowProblem, Viewer
from siyu.org.contracts.calendar import OwnDayKind, Spans
from siyu.org.events import CALENDAR_CHANGED
from siyu.org.models import OpeningHours, OwnDay, PublicDay
from siyu.org.permissions import CALENDAR_MANAGE
from siyu.org.queries import node, node_by_code, root
from siyu.org.rules import calendar as rules
from siyu.org.services.files import rows_of

MAX_NAME_CHARS = 60
# Years around today: a day further away is a typing error.
YEARS = range(2000, 2100)
COLUMNS = ("day", "kind", "name", "place", "hours")
_HEADERS: Mapping[str, str] = {
    "day": "day", "date": "day", "日期": "day",
    "kind": "kind", "类型": "kind",
    "name": "name", "名称": "name",
    "place": "place", "code": "place", "门店编码": "place", "编码": "place",
    "hours": "hours", "营业时间": "hours",
}  # fmt: skip
HOLIDAY, WORKDAY = "holiday", "workday"
_KINDS: Mapping[str, str] = {
    **{kind.value: kind.value for kind in OwnDayKind}, HOLIDAY: HOLIDAY, WORKDAY: WORKDAY,
    "放假": HOLIDAY, "节假日": HOLIDAY, "上班": WORKDAY, "调休上班": WORKDAY,
    "营业": "open", "停业": "closed", "活动": "campaign",
}  # fmt: skip


def set_hours(
    *, viewer: Viewer, node_id: int, week: Sequence[Spans], closed_on_holidays: bool, version: int = 0
) -> None:
    """Gives a place a week of its own. `version` is the one of its own week that the caller saw; 0 for none."""
    place = _place(viewer, node_id)
    if len(week) != 7 or not all(rules.are_spans(day) for day in week):
        raise InvalidInput(reason=_("Give opening hours as 09:00-21:00, with a comma between several spans."))
    values = {"week_json": json.dumps(week), "closed_on_holidays": closed_on_holidays}
    with records.transaction():
        if version:
            found = OpeningHours.objects.filter(node_id=place.id, version=version)
            if not found.update(**values, version=F("version") + 1):
                raise Outdated()
        else:
            _row, fresh = OpeningHours.objects.get_or_create(node_id=place.id, defaults=values)
            if not fresh:
                raise Outdated()
        _changed(viewer, place.id, "hours")


def clear_hours(*, viewer: Viewer, node_id: int) -> None:
    """Lets a place follow the one above it again."""
    place = _place(viewer, node_id)
    with records.transaction():
        if OpeningHours.objects.filter(node_id=place.id).delete()[0]:
            _changed(viewer, place.id, "hours")


def set_own_day(*, viewer: Viewer, node_id: int, day: date, kind: OwnDayKind, name: str = "", spans: Spans = ()) -> int:
    """Marks a day at a place and all below it; the same day again is changed. Returns its id."""
    place = _place(viewer, node_id)
    _check_day(day)
    if not rules.are_spans(spans):
        raise InvalidInput(reason=_("Give opening hours as 09:00-21:00, with a comma between several spans."))
    values = {
        "kind": kind.value,
        "name": _named(name),
        "spans_json": json.dumps(spans) if spans and kind is OwnDayKind.OPEN else "",
    }
    with records.transaction():
        row, _fresh = OwnDay.objects.update_or_create(node_id=place.id, day=day, defaults=values)
        _changed(viewer, place.id, "day")
    return row.pk


def remove_own_day(*, viewer: Viewer, own_day_id: int) -> None:
    with records.transaction():
        row = OwnDay.objects.filter(pk=own_day_id).first()
        if row is None:
            raise NotFound()
        _place(viewer, row.node_id)
        row.delete()
        _changed(viewer, row.node_id, "day")


def set_public_day(*, viewer: Viewer, day: date, is_workday: bool, name: str = "") -> None:
    """Enters a public holiday or a shifted workday, for the whole company. Its year counts as known from then on."""
    viewer.require(CALENDAR_MANAGE)
    if not viewer.all_customers:
        raise NotAllowed()
    _check_day(day)
    with records.transaction():
        PublicDay.objects.update_or_create(day=day, defaults={"is_workday": is_workday, "name": _named(name)})
        _changed(viewer, root().id, "public_day")


def remove_public_day(*, viewer: Viewer, day: date) -> None:
    """Takes an entered public day back; what the library says of it holds again."""
    viewer.require(CALENDAR_MANAGE)
    if not viewer.all_customers:
        raise NotAllowed()
    with records.transaction():
        if not PublicDay.objects.filter(day=day).delete()[0]:
            raise NotFound()
        _changed(viewer, root().id, "public_day")


def import_days(*, viewer: Viewer, data: bytes, dry_run: bool = False) -> CsvResult:
    """Days from a CSV file: columns day, kind, name, place (a code; empty for the company), hours.

    Kinds holiday and workday are public days, open, closed and campaign the brand's own. Good rows are taken, bad ones
    named; the same file again changes nothing.
    """
    viewer.require(CALENDAR_MANAGE)
    problems: list[RowProblem] = []
    counts = {"created": 0, "changed": 0, "same": 0}
    rows = rows_of(data, ("day", "kind"), headers=_HEADERS, columns=COLUMNS)
    for number, row in rows:
        try:
            with records.transaction():
                action, apply = _planned(viewer, row)
                if not dry_run and action != "same":
                    apply()
            counts[action] += 1
        except SiyuError as error:
            problems.append(RowProblem(number, error.message, error.data))
    return CsvResult(len(rows), counts["created"], counts["changed"], tuple(problems))


def _planned(viewer: Viewer, row: Mapping[str, str]) -> tuple[str, Callable[[], object]]:
    """What a row would do (created, changed, same), and how to do it."""
    day, kind, name = _day(row["day"]), _KINDS.get(row["kind"].strip().lower()), _named(row.get("name", ""))
    if kind is None:
        raise InvalidInput(reason=_("The kind is one of holiday, workday, open, closed, campaign."))
    if kind in (HOLIDAY, WORKDAY):
        known = PublicDay.objects.filter(day=day).values_list("is_workday", "name").first()
        return _action(known, (kind == WORKDAY, name)), lambda: set_public_day(
            viewer=viewer, day=day, is_workday=kind == WORKDAY, name=name
        )
    code = row.get("place", "").strip()
    found = node_by_code(code) if code else root()
    if found is None:
        raise InvalidInput(reason=_("There is no place with the code %(value)s."), value=code)
    place = _place(viewer, found.id)
    spans = rules.parse_spans(row.get("hours", ""))
    if spans is None:
        raise InvalidInput(reason=_("Give opening hours as 09:00-21:00, with a comma between several spans."))
    stored = json.dumps(spans) if spans and kind == OwnDayKind.OPEN else ""
    held = OwnDay.objects.filter(node_id=place.id, day=day).values_list("kind", "name", "spans_json").first()
    return _action(held, (kind, name, stored)), lambda: set_own_day(
        viewer=viewer, node_id=place.id, day=day, kind=OwnDayKind(kind), name=name, spans=spans
    )


def _action(known: object, wanted: object) -> str:
    if known is None:
        return "created"
    return "same" if known == wanted else "changed"


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text.strip().replace("/", "-"))
    except ValueError as error:
        raise InvalidInput(reason=_("Give the day as 2026-10-01.")) from error


def _check_day(day: date) -> None:
    if day.year not in YEARS:
        raise InvalidInput(reason=_("The day lies outside the years 2000 to 2099."))


def _named(name: str) -> str:
    if len(name.strip()) > MAX_NAME_CHARS:
        raise InvalidInput(reason=_("A name has at most %(limit)s characters."), limit=MAX_NAME_CHARS)
    return name.strip()


def _place(viewer: Viewer, node_id: int) -> NodeView:
    viewer.require(CALENDAR_MANAGE)
    return node(viewer, node_id)


def _changed(viewer: Viewer, node_id: int, what: str) -> None:
    source = "system" if viewer.staff_id is None else f"staff {viewer.staff_id}"
    body = {"node_id": node_id, "change": what}
    publish([NewEvent(CALENDAR_CHANGED, clock.now(), body, source=source, trace_id=viewer.trace_id)])

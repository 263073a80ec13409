"""The audit log: who did what, with filters, one entry in a drawer, and the download."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from siyu.audit.contracts import EntryView, Filters, Found, Target, Via
from siyu.audit.registries import ACTIONS, KINDS
from siyu.console.web import page
from siyu.kernel import spreadsheets
from siyu.kernel.clock import day_end, day_start
from siyu.org import auditing
from siyu.org import queries as org
from siyu.org import services as org_services
from siyu.org.access import needs
from siyu.org.actions import APPROVAL
from siyu.org.contracts import Viewer
from siyu.org.permissions import AUDIT_EXPORT, AUDIT_VIEW
from siyu.org.registries import APPROVALS
from siyu.ui import formats
from siyu.ui.actions import LIST
from siyu.ui.contracts import Cell, Column, Crumb, Fact, Row, TimelineDay, TimelineItem
from siyu.ui.registries import LISTS

PAGE_ROWS = 50
# A workbook is made as a whole before it is sent; this many rows take some seconds. The CSV file has no limit.
MAX_XLSX_ROWS = 50_000
PARAMETERS = ("q", "who", "action", "kind", "object", "via", "from", "to")
VIAS = {
    Via.SESSION: _("Console"),
    Via.TOKEN: _("Access token"),
    Via.KEY: _("API key"),
    Via.CLI: _("Command line"),
    Via.SYSTEM: _("Siyu itself"),
    Via.SETUP: _("First-run wizard"),
    Via.APPROVAL: _("After approval"),
}
COLUMNS = (
    Column("what", _("What happened"), phone="main"),
    Column("object", _("To what")),
    Column("who", _("Who")),
    Column("via", _("Through"), phone="hidden"),
    Column("origin", _("From where"), muted=True, phone="hidden"),
    Column("at", _("When"), "end", muted=True, phone="figure"),
)
CHANGE_COLUMNS = (
    Column("field", _("Field"), phone="main", muted=True),
    Column("before", _("Before")),
    Column("after", _("After")),
)
FILE_HEAD = ("id", "at", "who", "through", "from", "action", "what", "kind", "object_id", "object", "before", "after",
             "trace_id")  # fmt: skip
# Pages of objects that have one.
PAGES = {
    "audience": "audience",
    "plan": "plan",
    "import": "import",
    "job": "job",
    "customer": "customer",
    "staff": "staff-member",
    "node": "place",
    "role": "role",
    "key": "key",
    "webhook": "webhook",
    "approval": "approval",
}


@dataclass(frozen=True)
class _Asked:
    """The filters of a request, as typed and as understood. A date that is none filters nothing."""

    given: Mapping[str, str]
    filters: Filters

    @classmethod
    def of(cls, request: HttpRequest) -> _Asked:
        given = {name: request.GET.get(name, "").strip()[:200] for name in PARAMETERS}
        zone = ZoneInfo(settings.SIYU.zone)
        since, until = _day(given["from"]), _day(given["to"])
        filters = Filters(
            staff_ids=org.staff_ids_named(given["who"]) if given["who"] else None,
            via=given["via"] if given["via"] in set(Via) else "",
            action=given["action"] if given["action"] in ACTIONS else "",
            kind=given["kind"] if given["kind"] in KINDS else "",
            object_id=given["object"],
            since=day_start(since, zone) if since else None,
            until=day_end(until, zone) if until else None,
            text=given["q"],
        )
        return cls(given, filters)


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


@needs(AUDIT_VIEW)
@require_GET
def audit_log(request: HttpRequest) -> HttpResponse:
    """The log, newest first; ``?entry=`` opens one entry beside it."""
    viewer, asked = page.viewer_of(request), _Asked.of(request)
    cursor = request.GET.get("cursor")
    found = auditing.entries(viewer, asked.filters, cursor=cursor, limit=PAGE_ROWS)
    path = reverse("audit")
    here = page.address(path, **asked.given, cursor=cursor)
    context = {
        "columns": COLUMNS,
        "rows": [_row(entry, here) for entry in found.items],
        "given": asked.given,
        "filtered": any(asked.given.values()),
        "narrowed": any(value for name, value in asked.given.items() if name not in ("q", "who")),
        "path": path,
        "actions": sorted(((a.key, gettext(a.label)) for a in ACTIONS), key=lambda pair: pair[1]),
        "kinds": sorted(((k.key, gettext(k.label)) for k in KINDS), key=lambda pair: pair[1]),
        "vias": [(via.value, label) for via, label in VIAS.items()],
        "searched_to": _searched_to(found),
        "next_url": page.address(path, **asked.given, cursor=found.next_cursor) if found.next_cursor else "",
        "first_url": page.address(path, **asked.given) if cursor else "",
        "csv_url": page.address(reverse("audit-csv"), **asked.given) if viewer.may(AUDIT_EXPORT) else "",
        "xlsx_url": page.address(reverse("audit-xlsx"), **asked.given) if viewer.may(AUDIT_EXPORT) else "",
        "crumbs": [Crumb(_("Settings"))],
        **_opened(viewer, request.GET.get("entry", "")),
    }
    return page.page_or_part(request, "console/audit.html", "console/audit_part.html", context)


def _searched_to(found: Found) -> str:
    return formats.moment(found.searched_to) if found.searched_to else ""


def _row(entry: EntryView, here: str) -> Row:
    url = f"{here}{'&' if '?' in here else '?'}entry={entry.id}"
    return Row(
        key=str(entry.id),
        url=url,
        cells={
            "what": Cell(action_label(entry.action), url=url),
            "object": Cell(object_label(entry.target), note=kind_label(entry.target.kind)),
            "who": who(entry),
            "via": VIAS[entry.actor.via],
            "origin": entry.actor.origin,
            "at": formats.moment(entry.at),
        },
    )


def _opened(viewer: Viewer, entry_id: str) -> dict[str, Any]:
    if not entry_id.isdecimal() or len(entry_id) > 18:
        return {}
    entry = auditing.entry(viewer, int(entry_id))
    names = dict.fromkeys((*entry.before, *entry.after))
    return {
        "entry": entry,
        "entry_title": action_label(entry.action),
        "entry_facts": _facts(entry),
        "change_columns": CHANGE_COLUMNS,
        "change_rows": [
            Row({"field": field_label(n), "before": shown(entry.before.get(n)), "after": shown(entry.after.get(n))})
            for n in names
        ],
    }


def _facts(entry: EntryView) -> list[Fact]:
    target, actor = entry.target, entry.actor
    page_name = PAGES.get(target.kind)
    url = reverse(page_name, args=[int(target.id)]) if page_name and str(target.id).isdecimal() else ""
    facts = [
        Fact(_("When"), formats.moment(entry.at)),
        Fact(_("Who"), who(entry)),
        Fact(_("Through"), VIAS[actor.via]),
        Fact(_("From where"), actor.origin or formats.MISSING),
        Fact(kind_label(target.kind), object_label(target) or formats.MISSING, url=url),
    ]
    if target.id != "":
        everything = page.address(reverse("audit"), kind=target.kind, object=target.id)
        facts.append(Fact(_("History"), gettext("Everything that happened to it"), url=everything))
    if actor.trace_id:
        facts.append(Fact(_("Trace id"), actor.trace_id, url=page.address(reverse("audit"), q=actor.trace_id)))
    return facts


@needs(AUDIT_EXPORT)
@require_GET
def audit_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Everything that matches, as CSV in pieces; the download itself stands in the log."""
    rows = org_services.export_audit(viewer=page.viewer_of(request), filters=_Asked.of(request).filters)
    lines = spreadsheets.csv_pieces(FILE_HEAD, _file_rows(rows))
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="audit-{timezone.localdate().isoformat()}.csv"'
    return response


@needs(AUDIT_EXPORT)
@require_GET
def audit_xlsx(request: HttpRequest) -> FileResponse:
    """The same as a workbook, up to a limit."""
    rows = org_services.export_audit(viewer=page.viewer_of(request), filters=_Asked.of(request).filters)
    book = spreadsheets.workbook(FILE_HEAD, _file_rows(rows), max_rows=MAX_XLSX_ROWS)
    return FileResponse(book, as_attachment=True, filename=f"audit-{timezone.localdate().isoformat()}.xlsx")


def _file_rows(entries: Iterator[EntryView]) -> Iterator[tuple[Any, ...]]:
    for entry in entries:
        actor, target = entry.actor, entry.target
        yield (
            entry.id, timezone.localtime(entry.at).isoformat(timespec="seconds"), actor.name, actor.via.value,
            actor.origin, entry.action, action_label(entry.action), kind_label(target.kind), str(target.id),
            object_label(target), shown(entry.before), shown(entry.after), actor.trace_id,
        )  # fmt: skip


def history(viewer: Viewer, kind: str, object_id: int) -> dict[str, Any]:
    """What an object's page shows of the log: `history_days`, with a way on for those who may read all of it."""
    reads_all = viewer.may(AUDIT_VIEW) and viewer.all_customers
    address = page.address(reverse("audit"), kind=kind, object=object_id)
    entries = auditing.history(kind, object_id)
    days = [
        TimelineDay(formats.day(day), [_item(entry, address if reads_all else "") for entry in happened])
        for day, happened in groupby(entries, key=lambda entry: timezone.localtime(entry.at).date())
    ]
    return {"history_days": days}


def _item(entry: EntryView, address: str) -> TimelineItem:
    changed = [field_label(name) for name in entry.after] if entry.before else []
    return TimelineItem(
        at=formats.clock_time(entry.at),
        title=action_label(entry.action),
        icon="history",
        note=" · ".join([who(entry), *changed]),
        action_label=gettext("Details") if address else "",
        action_url=f"{address}&entry={entry.id}" if address else "",
    )


def action_label(key: str) -> str:
    """A verb in words; the key itself where the package that wrote it is gone."""
    return gettext(ACTIONS.get(key).label) if key in ACTIONS else key


def kind_label(key: str) -> str:
    return gettext(KINDS.get(key).label) if key in KINDS else key


def object_label(target: Target) -> str:
    """What people called an object then; what Siyu itself has names for, in the reader's words."""
    if target.kind == LIST and target.id in LISTS:
        return str(LISTS.get(str(target.id)).label)
    if target.kind == APPROVAL and target.id in APPROVALS:
        return gettext(APPROVALS.get(str(target.id)).label)
    return target.label or str(target.id)


def who(entry: EntryView) -> str:
    actor = entry.actor
    if actor.via in (Via.CLI, Via.SYSTEM) and actor.staff_id is None:
        return str(VIAS[actor.via])
    return actor.name or gettext("Unknown")


FIELDS = {
    "url": _("Address"), "events": _("Events"),
    "name": _("Name"), "text": _("Text"), "rule": _("Rule"), "audience_json": _("Audience"), "title": _("Title"),
    "email": _("E-mail"), "role": _("Role"), "roles": _("Roles"), "permissions": _("Permissions"),
    "networks": _("Allowed addresses"), "rate_per_minute": _("Requests a minute"), "expires_at": _("Ends"),
    "overlap_hours": _("Hours"), "node_id": _("Place"), "reach": _("Reach"),
    "state": _("State"), "code": _("Code"), "city": _("City"), "kind": _("Kind"),
    "parent": _("Parent place"), "label": _("Name"), "days": _("Days"), "count": _("Number"), "at": _("Time"),
    "target_url": _("Link"), "holdout_percent": _("Holdout"), "window_days": _("Result window"),
    "account_id": _("SMS account"), "mapping": _("Mapping"), "dry_run": _("Trial run"),
    "size_bytes": _("Size in bytes"), "problem": _("Problem"), "sign_name": _("Signature"),
    "is_active": _("Switched on"), "day_cap": _("Cap per day"), "month_cap": _("Cap per 30 days"),
    "second_step": _("Second step"), "second_step_roles": _("Roles that need a second step"),
    "session_count": _("Sessions ended"), "code_count": _("Recovery codes"),
    "replaced_count": _("Unused ones replaced"), "purpose": _("Purpose"), "address": _("Address"),
    "agent": _("Browser"), "since": _("Since"), "idle_minutes": _("Idle minutes"),
    "absolute_hours": _("Hours at most"), "writing": _("Key that writes"), "on_ring": _("On the key ring"),
    "people_from": _("From so many people"), "cost_fen_from": _("From so many fen"), "people_count": _("People"),
    "cost_fen": _("Cost in fen"), "reason": _("Reason"), "comment": _("Comment"),
    "skips_holidays": _("Not on public holidays"),
    "window_start": _("Sending from"), "window_end": _("Sending until"), "provider": _("Provider"),
}  # fmt: skip


def field_label(name: str) -> str:
    """A field in words where there are some; else its name, as documents have it."""
    return str(FIELDS.get(name, name))


def shown(value: Any) -> str:
    """A kept value as text."""
    if value is None or value in ({}, []):
        return ""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, list) and all(isinstance(item, (str, int)) for item in value):
        return ", ".join(map(str, value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

"""Reads of `audit`, by plain filters. Who may read is decided above, in `org.auditing`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from django.db.models import Max, Q, QuerySet

from siyu.audit.contracts import Actor, EntryView, Filters, Found, Target, Via
from siyu.audit.models import Entry
from siyu.kernel.paging import MAX_PAGE_ROWS, decode_cursor, encode_cursor

# A search by text reads this many entries a page at most, newest first, and says how far it came: on both stores that
# takes about a tenth of a second, where a search through everything takes seconds once there are millions.
TEXT_WINDOW_ENTRIES = 50_000
# Entries of transactions that ran side by side may stand in another order than their moments, by no more than this.
DISORDER_ENTRIES = 10_000
# Rows that an export fetches at once.
EXPORT_CHUNK_ROWS = 1_000
_TRACE_ID = re.compile(r"[0-9a-f]{32}")


def entries(filters: Filters, *, cursor: str | None = None, limit: int = 50) -> Found:
    """Entries that match, newest first, a page at a time."""
    size = min(limit, MAX_PAGE_ROWS)
    found = _matching(filters)
    top: int | None = decode_cursor(cursor, int)[0] if cursor else None
    if top is not None:
        found = found.filter(pk__lt=top)
    if not _is_searched(filters):
        rows = list(found.order_by("-pk")[: size + 1])
        more = encode_cursor(rows[size - 1].pk) if len(rows) > size else None
        return Found([_view(row) for row in rows[:size]], more)
    return _searched(found, filters, top, size)


def _searched(found: QuerySet[Entry], filters: Filters, top: int | None, size: int) -> Found:
    """One window of a search by text. Its page may be short, or empty, while older entries are left."""
    highest = top if top is not None else _next_id()
    floor = max(highest - TEXT_WINDOW_ENTRIES, 0)
    inside = found.filter(pk__gte=floor, pk__lt=highest)
    rows = list(inside.filter(_mentions(filters.text.strip())).order_by("-pk")[: size + 1])
    views = [_view(row) for row in rows[:size]]
    if len(rows) > size:
        return Found(views, encode_cursor(rows[size - 1].pk))
    older = found.filter(pk__lt=floor).order_by("-pk").first()
    return Found(views, encode_cursor(floor), older.at) if older else Found(views)


def entry(entry_id: int) -> EntryView | None:
    row = Entry.objects.filter(pk=entry_id).first()
    return _view(row) if row else None


def history(kind: str, object_id: int | str, *, limit: int) -> list[EntryView]:
    """The last that happened to one object, newest first."""
    found = Entry.objects.filter(object_kind=kind, object_id=str(object_id)).order_by("-pk")
    return [_view(row) for row in found[:limit]]


def every(filters: Filters) -> Iterator[EntryView]:
    """All entries of this moment that match, newest first, read in chunks: for exports."""
    return _every(filters, encode_cursor(_next_id()))


def _next_id() -> int:
    return (Entry.objects.aggregate(highest=Max("pk"))["highest"] or 0) + 1


def _every(filters: Filters, cursor: str) -> Iterator[EntryView]:
    while True:
        found = entries(filters, cursor=cursor, limit=min(EXPORT_CHUNK_ROWS, MAX_PAGE_ROWS))
        yield from found.items
        if found.next_cursor is None:
            return
        cursor = found.next_cursor


def _is_searched(filters: Filters) -> bool:
    text = filters.text.strip()
    return bool(text) and not _TRACE_ID.fullmatch(text)


def _matching(filters: Filters) -> QuerySet[Entry]:
    """Everything but the search by text, each by an index."""
    found = Entry.objects.all()
    if filters.staff_ids is not None:
        found = found.filter(staff_id__in=filters.staff_ids)
    chosen = {
        "via": filters.via, "action": filters.action, "object_kind": filters.kind, "object_id": filters.object_id,
    }  # fmt: skip
    found = found.filter(**{name: value for name, value in chosen.items() if value})
    text = filters.text.strip()
    if _TRACE_ID.fullmatch(text):
        found = found.filter(trace_id=text)
    return _within(found, filters)


def _within(found: QuerySet[Entry], filters: Filters) -> QuerySet[Entry]:
    """The period, also as bounds of the id: a list in the order of ids then starts at its end, not at the newest."""
    if filters.since is not None:
        first = Entry.objects.filter(at__gte=filters.since).order_by("at", "pk").first()
        if first is None:
            return found.none()
        found = found.filter(at__gte=filters.since, pk__gte=first.pk - DISORDER_ENTRIES)
    if filters.until is not None:
        last = Entry.objects.filter(at__lt=filters.until).order_by("-at", "-pk").first()
        if last is None:
            return found.none()
        found = found.filter(at__lt=filters.until, pk__lte=last.pk + DISORDER_ENTRIES)
    return found


def _mentions(text: str) -> Q:
    condition = Q()
    for column in ("actor_name", "object_label", "object_id", "origin", "before_json", "after_json"):
        condition |= Q(**{f"{column}__icontains": text})
    return condition


def _view(row: Entry) -> EntryView:
    actor = Actor(row.actor_name, Via(row.via), row.staff_id, row.key_id, row.origin, row.trace_id)
    target = Target(row.object_kind, row.object_id, row.object_label)
    before, after = json.loads(row.before_json), json.loads(row.after_json)
    return EntryView(row.pk, row.at, row.action, actor, target, before, after)

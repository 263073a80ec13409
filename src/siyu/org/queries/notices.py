"""Reads of notices: one's own, and what one has chosen to hear of."""

from __future__ import annotations

import json

from django.utils.translation import gettext, ngettext

from siyu.eventlog.registries import JOBS
from siyu.kernel.paging import MAX_PAGE_ROWS, Page, decode_cursor, encode_cursor
from siyu.org.contracts import Viewer
from siyu.org.contracts.notices import Channel, ChoiceView, NoticeView
from siyu.org.models import Notice, NoticeChoice
from siyu.org.registries import NOTICES

# The badge says 99+ beyond; counting further would only cost.
MAX_BADGE = 100


def notices(viewer: Viewer, *, unread: bool = False, cursor: str | None = None, limit: int = 50) -> Page[NoticeView]:
    """One's own notices, newest first."""
    found = Notice.objects.filter(staff_id=viewer.staff_id or 0, in_app=True)
    if unread:
        found = found.filter(read_at=None)
    if cursor:
        found = found.filter(pk__lt=decode_cursor(cursor, int)[0])
    size = min(limit, MAX_PAGE_ROWS)
    rows = list(found.order_by("-pk")[: size + 1])
    return Page([notice_of(row) for row in rows[:size]], encode_cursor(rows[size - 1].pk) if len(rows) > size else None)


def unread_count(viewer: Viewer) -> int:
    """How many of one's own are unread, counted to `MAX_BADGE`."""
    if viewer.staff_id is None:
        return 0
    return Notice.objects.filter(staff_id=viewer.staff_id or 0, in_app=True, read_at=None)[:MAX_BADGE].count()


def notice(viewer: Viewer, notice_id: int) -> NoticeView | None:
    row = Notice.objects.filter(staff_id=viewer.staff_id or 0, pk=notice_id).first()
    return notice_of(row) if row else None


def choices(viewer: Viewer) -> list[ChoiceView]:
    """Every kind with what one hears of it."""
    chosen = {
        (row.kind, row.channel): row.is_on for row in NoticeChoice.objects.filter(staff_id=viewer.staff_id or 0)
    }
    return [
        ChoiceView(
            kind,
            in_app=chosen.get((kind.key, Channel.IN_APP.value), True),
            mail=chosen.get((kind.key, Channel.MAIL.value), kind.mail),
        )
        for kind in NOTICES
    ]


def in_words(view: NoticeView) -> str:
    """What a notice says, in the language that is active. A kind whose package has gone keeps its key."""
    if view.kind not in NOTICES:
        return view.kind
    data = dict(view.data)
    if "kind" in data and data["kind"] in JOBS:
        data["kind"] = gettext(JOBS.get(data["kind"]).label)
    text = gettext(NOTICES.get(view.kind).text) % data
    if view.count == 1:
        return text
    return ngettext("%(text)s (%(count)s time)", "%(text)s (%(count)s times)", view.count) % {
        "text": text, "count": view.count,
    }  # fmt: skip


def notice_of(row: Notice) -> NoticeView:
    return NoticeView(
        row.pk, row.kind, row.object_id, json.loads(row.data_json), row.count, row.created_at, row.updated_at,
        row.read_at,
    )  # fmt: skip

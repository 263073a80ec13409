"""The resolver: takes what the inbox holds over into the records, in order, exactly once."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby

from django.conf import settings
from django.db import InterfaceError, OperationalError

from siyu.eventlog.contracts import Position
from siyu.ingest.inbox import Inbox, InboxRow
from siyu.ingest.models import PoisonedRow, ResolverCursor
from siyu.ingest.registries import INBOX_KINDS
from siyu.ingest.writing import writing
from siyu.kernel import clock
from siyu.kernel.failpoints import failpoint
from siyu.kernel.limits import WRITE_BATCH_ROWS

log = logging.getLogger(__name__)


@lru_cache(maxsize=1)
def inbox() -> Inbox:
    """This process's door to the inbox."""
    return Inbox(settings.SIYU)


def resolve_once(limit: int = WRITE_BATCH_ROWS) -> int:
    """Takes over the next rows; returns how many it passed, 0 if the inbox is empty.

    Effects and the cursor's move are one transaction. If a handler fails, its rows are tried one by one, and a row
    that fails alone is set aside with its error; the others are not delayed.
    """
    # The cursor costs forty times as much as a look into an empty inbox, and this is asked five times a second.
    rows = inbox().read(_position(), limit) if inbox().read(limit=1) else []
    if not rows:
        return 0
    failpoint("ingest.resolve.before")
    try:
        passed = _take(rows)
    except Exception as error:
        log.warning("inbox rows %s to %s: %s; taking them one by one", rows[0].position, rows[-1].position, error)
        passed = sum(_take_alone(row) for row in rows)
    failpoint("ingest.resolve.before_trim")
    inbox().trim(_position())
    return passed


def _take(rows: Sequence[InboxRow]) -> int:
    with writing():
        if not _move_cursor(rows):
            return 0
        for kind, run in groupby(rows, key=lambda row: row.kind):
            INBOX_KINDS.get(kind).handle(list(run))
            failpoint("ingest.resolve.after_handle")
    failpoint("ingest.resolve.after_commit")
    return len(rows)


def _take_alone(row: InboxRow) -> int:
    try:
        return _take([row])
    except Exception as error:
        if isinstance(error, OperationalError | InterfaceError):
            # The store is at fault, not the row: the worker tries again.
            raise
        return _set_aside(row, error)


def _set_aside(row: InboxRow, error: Exception) -> int:
    log.error("inbox row %s (%s) is set aside: %s: %s", row.position, row.kind, type(error).__name__, error)
    failpoint("ingest.resolve.before_set_aside")
    with writing():
        if not _move_cursor([row]):
            return 0
        PoisonedRow.objects.create(
            kind=row.kind,
            body=row.body,
            trace_id=row.trace_id,
            error=f"{type(error).__name__}: {error}",
            received_at=clock.from_millis(row.received_at_ms),
            set_aside_at=clock.now(),
        )
    return 1


def _position() -> Position:
    cursor = ResolverCursor.objects.filter(pk=1).first()
    return Position(cursor.xid, cursor.row_id) if cursor else Position(0, 0)


def _move_cursor(rows: Sequence[InboxRow]) -> bool:
    """Moves the cursor over `rows`; False if another worker has passed the first of them already."""
    if _position() >= rows[0].position:
        return False
    last = rows[-1].position
    ResolverCursor.objects.update_or_create(pk=1, defaults={"xid": last.xid, "row_id": last.id})
    return True

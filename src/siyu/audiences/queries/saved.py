"""Saved audiences: their state, freshness and members."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from pyroaring import BitMap

from siyu.audiences import lease, membership, scope
from siyu.audiences.contracts import AudienceState, AudienceView, NotBuilt
from siyu.audiences.models import Audience, Evaluation, Members
from siyu.audiences.permissions import AUDIENCES_VIEW
from siyu.audiences.queries.by_rule import page_of
from siyu.eventlog import queries as log
from siyu.kernel import clock
from siyu.kernel.errors import NotFound
from siyu.kernel.paging import Page, decode_cursor
from siyu.org.contracts import Viewer

# Membership that follows events alone is stale after this; one that also follows the clock is computed hourly.
STALE_AFTER = timedelta(minutes=10)
STALE_AFTER_HOURLY = timedelta(hours=2)


def audiences(viewer: Viewer, *, archived: bool = False) -> list[AudienceView]:
    """Saved audiences by name. Their definitions are everybody's; sizes are of the customers within the scope."""
    viewer.require(AUDIENCES_VIEW)
    found = Audience.objects.order_by("name")
    rows = found.filter(state=AudienceState.ARCHIVED) if archived else found.exclude(state=AudienceState.ARCHIVED)
    return _views(viewer, list(rows))


def audience(viewer: Viewer, audience_id: int) -> AudienceView:
    """One saved audience; NotFound if there is none."""
    viewer.require(AUDIENCES_VIEW)
    row = Audience.objects.filter(pk=audience_id).first()
    if row is None:
        raise NotFound()
    return _views(viewer, [row])[0]


def version_of(audience_id: int) -> int | None:
    """The version of a saved audience's rule, for what pins it; None if it has gone."""
    return Audience.objects.filter(pk=audience_id).values_list("version", flat=True).first()


def member_ids(viewer: Viewer, audience_id: int) -> BitMap:
    """The present members of a saved audience. NotBuilt until they have been computed for its present rule."""
    row = Audience.objects.filter(pk=audience_id).exclude(state=AudienceState.ARCHIVED).first()
    if row is None:
        raise NotFound()
    held = membership.read(audience_id)
    if held.rule_hash != row.rule_hash:
        raise NotBuilt()
    return scope.visible(viewer, held.ids)


def member_page(viewer: Viewer, audience_id: int, *, cursor: str | None = None, limit: int = 50) -> Page[int]:
    """The members by id, a page at a time."""
    after_id = decode_cursor(cursor, str, int)[1] if cursor else 0
    return page_of(member_ids(viewer, audience_id), after_id, limit, "")


def _views(viewer: Viewer, rows: Sequence[Audience]) -> list[AudienceView]:
    held = {
        row.pk: row
        for row in Members.objects.filter(pk__in=[row.pk for row in rows]).only("member_count", "as_of", "rule_hash")
    }
    evaluated_until, error = _evaluated()
    views = [_view(row, held[row.pk], evaluated_until, error) for row in rows]
    if viewer.scope.everything:
        return views
    return [replace(view, member_count=_visible_count(viewer, view)) for view in views]


def _visible_count(viewer: Viewer, view: AudienceView) -> int:
    if not view.member_count:
        return 0
    return len(scope.visible(viewer, membership.read(view.id).ids))


def _evaluated() -> tuple[datetime | None, str]:
    """Up to when micro-batches have followed the log, and what keeps them from it."""
    row = Evaluation.objects.filter(pk=lease.NAME).first()
    waiting = log.read(lease.position(), 1)
    until = clock.from_millis(waiting[0].recorded_at_ms) if waiting else clock.now()
    return (until if row or not waiting else None), row.error if row else ""


def _view(row: Audience, held: Members, evaluated_until: datetime | None, error: str) -> AudienceView:
    built = held.rule_hash == row.rule_hash
    follows_events = row.is_live and not row.moves_with_time
    instants = [held.as_of, evaluated_until if follows_events else None] if built else []
    fresh_at = max((instant for instant in instants if instant is not None), default=None)
    limit = STALE_AFTER if follows_events else STALE_AFTER_HOURLY
    is_stale = fresh_at is None or clock.now() - fresh_at > limit or row.state == AudienceState.FAILED
    return AudienceView(
        id=row.pk,
        name=row.name,
        state=AudienceState(row.state),
        rule=json.loads(row.rule_json),
        version=row.version,
        member_count=held.member_count if built else 0,
        fresh_at=fresh_at,
        is_stale=is_stale,
        is_live=row.is_live,
        error=row.error or (error if row.is_live else ""),
        created_by=row.created_by,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )

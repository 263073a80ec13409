"""Reads of approvals: what waits for the viewer, what they asked for, and the rules."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q, QuerySet

from siyu.kernel import clock
from siyu.kernel.errors import NotFound
from siyu.kernel.paging import MAX_PAGE_ROWS, Page, decode_cursor, encode_cursor
from siyu.org.contracts import Viewer
from siyu.org.contracts.approvals import ApprovalState, ApprovalView, RuleView
from siyu.org.models import Approval, ApprovalRule
from siyu.org.permissions import APPROVALS_DECIDE
from siyu.org.queries.people import staff_names
from siyu.org.registries import APPROVALS
from siyu.org.rules import holds_place


def rule(kind: str) -> RuleView:
    """From which size on a kind needs an approval; off until somebody has set it."""
    row = ApprovalRule.objects.filter(kind=kind).first()
    return RuleView(kind, row.people_from, row.cost_fen_from, row.version) if row else RuleView(kind, None, None, 0)


def rules() -> list[RuleView]:
    return [rule(kind.key) for kind in APPROVALS]


def _accessible(viewer: Viewer) -> QuerySet[Approval]:
    """One's own requests; for who may decide, those of places within the scope as well."""
    mine = Q(requested_by=viewer.staff_id)
    if not viewer.may(APPROVALS_DECIDE):
        return Approval.objects.filter(mine)
    if viewer.scope.everything:
        return Approval.objects.all()
    for path in viewer.scope.paths:
        mine |= Q(node_path__startswith=path)
    return Approval.objects.filter(mine)


def approvals(
    viewer: Viewer, *, pending: bool | None = None, cursor: str | None = None, limit: int = 50
) -> Page[ApprovalView]:
    """Requests, newest first."""
    found = _accessible(viewer)
    if pending is not None:
        waiting = Q(state=ApprovalState.PENDING.value, expires_at__gt=clock.now())
        found = found.filter(waiting if pending else ~waiting)
    if cursor:
        found = found.filter(pk__lt=decode_cursor(cursor, int)[0])
    size = min(limit, MAX_PAGE_ROWS)
    rows = list(found.order_by("-pk")[: size + 1])
    more = encode_cursor(rows[size - 1].pk) if len(rows) > size else None
    return Page(_views(viewer, rows[:size]), more)


def approval(viewer: Viewer, approval_id: int) -> ApprovalView:
    row = _accessible(viewer).filter(pk=approval_id).first()
    if row is None:
        raise NotFound()
    return _views(viewer, [row])[0]


def waiting_for(kind: str, object_id: int) -> int | None:
    """The id of the request that waits for an object, or None."""
    found = Approval.objects.filter(open_key=open_key(kind, object_id))
    return found.values_list("pk", flat=True).first()


def waiting_count(viewer: Viewer) -> int:
    """How many requests of others wait for the viewer's decision."""
    if not viewer.may(APPROVALS_DECIDE):
        return 0
    waiting = _accessible(viewer).filter(state=ApprovalState.PENDING.value, expires_at__gt=clock.now())
    return waiting.exclude(requested_by=viewer.staff_id or 0).count()


def open_key(kind: str, object_id: int) -> str:
    return f"{kind}:{object_id}"


def may_decide(viewer: Viewer, row: Approval) -> bool:
    """Somebody else than who asked, with the permission, whose scope holds the place."""
    return (
        viewer.staff_id is not None
        and viewer.staff_id != row.requested_by
        and viewer.may(APPROVALS_DECIDE)
        and holds_place(viewer.granted or viewer.scope, row.node_path)
    )


def _views(viewer: Viewer, rows: Sequence[Approval]) -> list[ApprovalView]:
    names = staff_names(pk for row in rows for pk in (row.requested_by, row.decided_by) if pk is not None)
    return [_view(viewer, row, names) for row in rows]


def _view(viewer: Viewer, row: Approval, names: dict[int, str]) -> ApprovalView:
    state = ApprovalState(row.state)
    if state is ApprovalState.PENDING and row.expires_at <= clock.now():
        state = ApprovalState.EXPIRED
    is_open = state is ApprovalState.PENDING
    return ApprovalView(
        id=row.pk,
        kind=row.kind,
        object_id=row.object_id,
        title=row.title,
        people_count=row.people_count,
        cost_fen=row.cost_fen,
        reason=row.reason,
        state=state,
        requested_by=row.requested_by,
        requested_name=names.get(row.requested_by, ""),
        requested_at=row.requested_at,
        expires_at=row.expires_at,
        decided_name=names.get(row.decided_by, "") if row.decided_by is not None else "",
        decided_at=row.decided_at,
        comment=row.comment,
        problem=row.problem,
        may_decide=is_open and may_decide(viewer, row),
        may_withdraw=is_open and row.requested_by == viewer.staff_id,
    )

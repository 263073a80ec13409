"""Approvals: ask, decide, withdraw, and do exactly what was approved, once.

A decision and the action are two transactions: whoever decides is answered at once, and a process that dies in between
leaves an approved request, which the pump does. The action and the settling of the request are one transaction.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import InterfaceError, OperationalError
from django.db.models import F
from django.utils.translation import gettext_noop as _

from siyu.audit.contracts import Target
from siyu.eventlog import records
from siyu.eventlog.contracts import NewEvent
from siyu.eventlog.services import publish
from siyu.kernel import clock, ids
from siyu.kernel.errors import InvalidInput, NotAllowed, NotFound, Outdated, SiyuError, stored
from siyu.kernel.failpoints import failpoint
from siyu.org import actions, auditing, events, kinds
from siyu.org.contracts import Viewer
from siyu.org.contracts.approvals import ApprovalSettled, ApprovalState, ApprovalWaiting, RuleView
from siyu.org.models import Approval, ApprovalRule, Staff
from siyu.org.permissions import APPROVALS_DECIDE, APPROVALS_SET
from siyu.org.queries import approvals as reads
from siyu.org.queries import root, staff_with, viewer_of
from siyu.org.registries import APPROVALS
from siyu.org.services.notices import notify

log = logging.getLogger(__name__)
# What nobody has decided in this time is asked for anew: the world has moved on.
LIFE = timedelta(days=3)
MAX_TEXT_CHARS = 1_000
APPROVALS_PER_RUN = 20
_CHANGED = _("It was changed after it was asked for. Look at it again and ask anew.")


def set_rule(
    *, viewer: Viewer, kind: str, people_from: int | None, cost_fen_from: int | None, version: int
) -> None:
    """Says from which size on a kind needs an approval; None and None: never."""
    viewer.require(APPROVALS_SET)
    if kind not in APPROVALS:
        raise NotFound()
    if any(limit is not None and not 1 <= limit < 2**53 for limit in (people_from, cost_fen_from)):
        raise InvalidInput(reason=_("Give a number from 1 on, or leave it empty."))
    if cost_fen_from is not None and not APPROVALS.get(kind).has_cost:
        raise InvalidInput(reason=_("This costs nothing. Set from how many people on it needs an approval."))
    values = {"people_from": people_from, "cost_fen_from": cost_fen_from}
    with records.transaction():
        before = _limits(reads.rule(kind))
        if version:
            found = ApprovalRule.objects.filter(kind=kind, version=version)
            changed = found.update(**values, version=F("version") + 1)
        else:
            _row, changed = ApprovalRule.objects.get_or_create(kind=kind, defaults=values)
        if not changed:
            raise Outdated()
        auditing.record(
            viewer, actions.APPROVAL_RULE, Target(actions.APPROVAL, kind), before=before, after=values
        )


def _limits(rule: RuleView) -> dict[str, int | None]:
    return {"people_from": rule.people_from, "cost_fen_from": rule.cost_fen_from}


def ask(
    *,
    viewer: Viewer,
    kind: str,
    object_id: int,
    object_version: int,
    title: str,
    reason: str,
    people_count: int,
    cost_fen: int,
    args: Mapping[str, Any] | None = None,
    node_path: str = "",
) -> int:
    """Asks for an approval and tells those who may give it; returns its id. One request waits for an object at a time.

    `node_path` is the place whose people may decide; without one it takes somebody who sees everything.
    """
    APPROVALS.get(kind)
    if viewer.staff_id is None:
        raise NotAllowed()
    if not 1 <= len(reason.strip()) <= MAX_TEXT_CHARS:
        raise InvalidInput(reason=_("Give a reason of at most 1,000 characters."))
    path = node_path or root().path
    with records.transaction():
        deciders = [pk for pk in staff_with(APPROVALS_DECIDE, node_path=path) if pk != viewer.staff_id]
        if not deciders:
            raise InvalidInput(reason=_("Nobody else may approve this. Give somebody a role that may, first."))
        key = reads.open_key(kind, object_id)
        _expire_one(key)
        row, fresh = Approval.objects.get_or_create(
            open_key=key,
            defaults={
                "kind": kind, "object_id": object_id, "object_version": object_version, "title": title[:120],
                "args_json": json.dumps(dict(args or {})), "people_count": people_count, "cost_fen": cost_fen,
                "node_path": path, "reason": reason.strip(), "requested_by": viewer.staff_id,
                "requested_at": clock.now(), "expires_at": clock.now() + LIFE,
                "trace_id": viewer.trace_id or ids.new_trace_id(),
            },
        )  # fmt: skip
        if not fresh:
            raise ApprovalWaiting()
        _publish(row, events.APPROVAL_ASKED, {})
        after = {"kind": kind, "people_count": people_count, "cost_fen": cost_fen, "reason": row.reason}
        auditing.record(viewer, actions.APPROVAL_ASKED, _target(row), after=after)
        notify(
            kind=kinds.APPROVAL_ASKED, staff_ids=deciders, object_id=row.pk,
            data={"name": viewer.name, "title": row.title},
        )  # fmt: skip
    return row.pk


def decide(*, viewer: Viewer, approval_id: int, approve: bool, comment: str = "") -> None:
    """Approves or declines a request of somebody else. ApprovalSettled if somebody was faster or its time is over."""
    if len(comment) > MAX_TEXT_CHARS:
        raise InvalidInput(reason=_("A text has at most %(limit)s characters."), limit=MAX_TEXT_CHARS)
    reads.approval(viewer, approval_id)
    with records.transaction():
        row = Approval.objects.select_for_update().get(pk=approval_id)
        if not reads.may_decide(viewer, row):
            raise NotAllowed()
        state = ApprovalState.APPROVED if approve else ApprovalState.DECLINED
        taken = Approval.objects.filter(
            pk=row.pk, state=ApprovalState.PENDING.value, expires_at__gt=clock.now()
        ).update(
            state=state.value, decided_by=viewer.staff_id, decided_at=clock.now(), comment=comment.strip(),
            open_key=row.open_key if approve else None,
        )  # fmt: skip
        if not taken:
            raise ApprovalSettled()
        if not approve:
            _told(row, state)
        auditing.record(
            viewer, actions.APPROVAL_DECIDED, _target(row),
            before={"state": row.state, "comment": ""}, after={"state": state, "comment": comment.strip()},
        )  # fmt: skip
        records.wake()
        failpoint("org.approval.before_decided")
    failpoint("org.approval.decided")


def withdraw(*, viewer: Viewer, approval_id: int) -> None:
    """Takes one's own request back while nobody has decided."""
    row = Approval.objects.filter(pk=approval_id, requested_by=viewer.staff_id or 0).first()
    if row is None:
        raise NotFound()
    with records.transaction():
        if not _settle(row, ApprovalState.PENDING, ApprovalState.WITHDRAWN):
            raise ApprovalSettled()
        auditing.record(viewer, actions.APPROVAL_WITHDRAWN, _target(row))


def perform_approved() -> int:
    """Does what is approved, and ends what nobody decided in time; returns how many requests were settled."""
    found = Approval.objects.filter(state=ApprovalState.APPROVED.value).order_by("decided_at", "pk")
    done = sum(_perform(row) for row in found[:APPROVALS_PER_RUN])
    late = Approval.objects.filter(state=ApprovalState.PENDING.value, expires_at__lte=clock.now())
    return done + sum(_expire(row) for row in late[:APPROVALS_PER_RUN])


def _perform(row: Approval) -> int:
    if row.kind not in APPROVALS:
        return _end(row, ApprovalState.FAILED, _("What this was about is no longer installed."))
    kind = APPROVALS.get(row.kind)
    try:
        with records.transaction():
            # First the request, so that of two workers one waits and then finds it settled.
            if not _settle(row, ApprovalState.APPROVED, ApprovalState.DONE):
                return 0
            if kind.version_of(row.object_id) != row.object_version:
                raise _Changed
            kind.perform(_requester(row), row.object_id, json.loads(row.args_json))
            failpoint("org.approval.before_commit")
    except _Changed:
        return _end(row, ApprovalState.VOID, _CHANGED)
    except SiyuError as error:
        return _end(row, ApprovalState.FAILED, stored(error))
    except (OperationalError, InterfaceError):
        raise  # the store's trouble, not the request's: it is done when the store answers again
    except Exception as error:
        log.exception("approved request %s cannot be done", row.pk)
        return _end(row, ApprovalState.FAILED, f"{type(error).__name__}: {error}")
    failpoint("org.approval.done")
    return 1


class _Changed(Exception):
    """What was approved is not what is there now."""


def _requester(row: Approval) -> Viewer:
    """Who asked, with the roles of now: an approval does not give more than they may do."""
    viewer = viewer_of(Staff.objects.filter(pk=row.requested_by).first(), via="approval", trace_id=row.trace_id)
    if viewer.staff_id is None:
        raise NotAllowed()
    return viewer


def _end(row: Approval, state: ApprovalState, problem: str) -> int:
    with records.transaction():
        return _settle(row, ApprovalState.APPROVED, state, problem)


def _expire(row: Approval) -> int:
    with records.transaction():
        return _settle(row, ApprovalState.PENDING, ApprovalState.EXPIRED)


def _expire_one(key: str) -> None:
    late = Approval.objects.filter(
        open_key=key, state=ApprovalState.PENDING.value, expires_at__lte=clock.now()
    ).first()
    if late is not None:
        _settle(late, ApprovalState.PENDING, ApprovalState.EXPIRED)


def _settle(row: Approval, before: ApprovalState, after: ApprovalState, problem: str = "") -> int:
    moved = Approval.objects.filter(pk=row.pk, state=before.value).update(
        state=after.value, settled_at=clock.now(), problem=problem, open_key=None
    )
    if moved:
        _told(row, after)
    return moved


def _told(row: Approval, state: ApprovalState) -> None:
    _publish(row, events.APPROVAL_SETTLED, {"state": state.value})
    if state is not ApprovalState.WITHDRAWN:
        notify(
            kind=kinds.APPROVAL_SETTLED, staff_ids=[row.requested_by], object_id=row.pk, data={"title": row.title}
        )


def _target(row: Approval) -> Target:
    return Target(actions.APPROVAL, row.pk, row.title)


def _publish(row: Approval, name: str, more: dict[str, str]) -> None:
    body = {"approval_id": row.pk, **more}
    source = f"staff {row.requested_by}"
    publish([NewEvent(name, clock.now(), body, source=source, trace_id=row.trace_id)])

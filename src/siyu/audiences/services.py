"""Verbs of `audiences`: create, update, rebuild, archive. Members are computed by jobs that these start."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from siyu.audiences import actions, documents, rules
from siyu.audiences.contracts import AudienceInUse, AudienceState, NameTaken, RfmParams, RfmRow
from siyu.audiences.models import Audience, AudienceDelta, Members
from siyu.audiences.permissions import AUDIENCES_EDIT
from siyu.audiences.queries import rfm_rows
from siyu.audiences.watermark import wait_until_shipped
from siyu.audit.contracts import Target
from siyu.eventlog import records
from siyu.eventlog.services import start_job
from siyu.kernel import clock
from siyu.kernel.errors import InvalidInput, NotAllowed, NotFound, Outdated
from siyu.org import auditing
from siyu.org.contracts import Viewer

__all__ = [
    "archive_audience",
    "create_audience",
    "export_rfm",
    "rebuild_audience",
    "update_audience",
    "wait_until_shipped",
]

MAX_NAME_CHARS = 120
REBUILD_JOB = "audiences.rebuild"


def create_audience(*, viewer: Viewer, name: str, rule: Mapping[str, Any]) -> int:
    """Saves a rule under a name and starts computing its members; returns the audience's id.

    Raises InvalidRule, NameTaken, AudienceCycle.
    """
    _check_writer(viewer)
    given = _checked_name(name)
    moment = clock.now()
    with records.transaction():
        _check_free(given, None)
        row = Audience(name=given, created_by=viewer.staff_id, created_at=moment, updated_at=moment)
        _set_rule(row, rule)
        row.save()
        Members.objects.create(audience=row)
        _start_rebuild(row, viewer)
        auditing.record(viewer, actions.CREATED, _target(row), after=_fields(row))
    return row.pk


def update_audience(
    *, viewer: Viewer, audience_id: int, version: int, name: str | None = None, rule: Mapping[str, Any] | None = None
) -> int:
    """Changes name or rule of the version that the caller has seen; returns the new version.

    A new rule is computed again, and so are the audiences that refer to this one. Raises Outdated if somebody was
    faster, InvalidRule, NameTaken, AudienceCycle.
    """
    _check_writer(viewer)
    with records.transaction():
        row = _row(audience_id, version)
        before = _fields(row)
        if name is not None:
            row.name = _checked_name(name)
            _check_free(row.name, row.pk)
        if rule is not None:
            _set_rule(row, rule)
        row.version, row.updated_at = version + 1, clock.now()
        row.save()
        if rule is not None:
            _start_rebuild(row, viewer)
            _refresh_users(row, viewer)
        auditing.record(viewer, actions.CHANGED, _target(row), before=before, after=_fields(row))
    return row.version


def rebuild_audience(*, viewer: Viewer, audience_id: int) -> int:
    """Starts computing the members as a whole; returns the job's id."""
    _check_writer(viewer)
    row = Audience.objects.filter(pk=audience_id).exclude(state=AudienceState.ARCHIVED).first()
    if row is None:
        raise NotFound()
    with records.transaction():
        auditing.record(viewer, actions.REBUILT, _target(row))
        return _start_rebuild(row, viewer)


def archive_audience(*, viewer: Viewer, audience_id: int, version: int) -> None:
    """Puts an audience away: it keeps its rule and loses its members. Refused while others refer to it."""
    _check_writer(viewer)
    with records.transaction():
        row = _row(audience_id, version)
        users = documents.users_of(audience_id)
        if users:
            raise AudienceInUse(used_by=users[0].name)
        row.state, row.version, row.updated_at = AudienceState.ARCHIVED, version + 1, clock.now()
        row.save()
        Members.objects.filter(pk=audience_id).update(base=b"", rule_hash="", member_count=0)
        AudienceDelta.objects.filter(audience_id=audience_id).delete()
        auditing.record(viewer, actions.ARCHIVED, _target(row))


def export_rfm(*, viewer: Viewer, params: RfmParams) -> Iterator[RfmRow]:
    """Every customer's measures and scores for a download, which is written down first."""
    with records.transaction():
        target = Target(actions.RFM, "", params.as_of_day.isoformat())
        auditing.record(viewer, actions.RFM_EXPORTED, target, after={"window_days": params.window_days})
    return rfm_rows(viewer, params)


def _target(row: Audience) -> Target:
    return Target(actions.AUDIENCE, row.pk, row.name)


def _fields(row: Audience) -> dict[str, Any]:
    return {"name": row.name, "rule": json.loads(row.rule_json)}


def _check_writer(viewer: Viewer) -> None:
    if not viewer.all_customers:
        raise NotAllowed()
    viewer.require(AUDIENCES_EDIT)


def _checked_name(name: str) -> str:
    given = name.strip()
    if not given or len(given) > MAX_NAME_CHARS:
        raise InvalidInput(reason="An audience needs a name of 1 to 120 characters.")
    return given


def _check_free(name: str, own_id: int | None) -> None:
    taken = Audience.objects.filter(name=name).exclude(state=AudienceState.ARCHIVED)
    if (taken if own_id is None else taken.exclude(pk=own_id)).exists():
        raise NameTaken(name=name)


def _row(audience_id: int, version: int) -> Audience:
    """The row, held until the transaction ends; Outdated if it has another version."""
    found = Audience.objects.filter(pk=audience_id).exclude(state=AudienceState.ARCHIVED)
    row = (found.select_for_update() if records.is_postgres() else found).first()
    if row is None:
        raise NotFound()
    if row.version != version:
        raise Outdated()
    return row


def _set_rule(row: Audience, rule: Mapping[str, Any]) -> None:
    whole = documents.expanded(documents.understood(rule), self_id=row.pk)
    row.rule_json = json.dumps(rule, ensure_ascii=False)
    row.rule_hash = rules.rule_hash(whole)
    row.is_live = documents.is_live(whole)
    row.moves_with_time = documents.moves_with_time(whole)
    row.state, row.error = AudienceState.BUILDING, ""


def _refresh_users(row: Audience, viewer: Viewer) -> None:
    """Audiences that lead here mean something else now. A circle through the new rule is refused with the edit."""
    for user in documents.users_of(row.pk):
        _set_rule(user, json.loads(user.rule_json))
        user.save()
        _start_rebuild(user, viewer)


def _start_rebuild(row: Audience, viewer: Viewer) -> int:
    return start_job(kind=REBUILD_JOB, args={"audience_id": row.pk}, created_by=viewer.staff_id)

"""Signing somebody out: oneself, or staff that one manages."""

from __future__ import annotations

from siyu.eventlog import records
from siyu.org import actions, auditing, changes, sessions, signing_in
from siyu.org.contracts import Viewer
from siyu.org.models import Staff, StaffSession
from siyu.org.services import accounts, staffing


def end_session(*, viewer: Viewer, staff_id: int, key: str) -> bool:
    """Signs somebody out of one browser at once, by the key of its `SessionView`; False if it had ended."""
    staff = _checked(viewer, staff_id)
    with records.transaction():
        mine = StaffSession.objects.filter(staff_id=staff_id).values_list("session_key", flat=True)
        found = [session_key for session_key in mine if signing_in.session_name(session_key) == key]
        for row in StaffSession.objects.filter(session_key__in=found):
            before = {"address": row.address, "agent": row.agent, "since": row.created_at}
            row.delete()
            changes.staff_changed(viewer, staff_id, "session_ended")
            auditing.record(viewer, actions.SESSIONS_ENDED, accounts.target(staff), before=before)
    return bool(found)


def end_sessions(*, viewer: Viewer, staff_id: int, besides: str = "") -> int:
    """Signs somebody out everywhere, apart from the session `besides`; returns how many ended."""
    staff = _checked(viewer, staff_id)
    with records.transaction():
        count = sessions.drop(staff_id, besides)
        changes.staff_changed(viewer, staff_id, "sessions_ended")
        if count:
            auditing.record(viewer, actions.SESSIONS_ENDED, accounts.target(staff), before={"session_count": count})
    return count


def _checked(viewer: Viewer, staff_id: int) -> Staff:
    if viewer.staff_id is not None and viewer.staff_id == staff_id:
        return Staff.objects.get(pk=staff_id)
    return staffing.manageable(viewer, staff_id)

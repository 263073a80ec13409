"""Sessions in rows that say whose they are, so that they can be listed and ended: Django's engine by database."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

from siyu.kernel import clock
from siyu.org.contracts import SignInRulesView
from siyu.org.models import StaffSession

# A session is written at most this often while somebody works: eyes need no more, and each write costs.
NOTICE_SECONDS = 60
MAX_AGENT_CHARS = 300


class SessionStore(DatabaseStore):
    """Keeps the row that it has read: limits are checked against it without another query."""

    row: StaffSession | None = None

    @classmethod
    def get_model_class(cls) -> type[StaffSession]:
        return StaffSession

    def _get_session_from_db(self) -> StaffSession | None:
        self.row = super()._get_session_from_db()  # type: ignore[misc]
        return self.row

    def create_model_instance(self, data: dict[str, Any]) -> StaffSession:
        """The row to write. Another person, or somebody who has just signed in, begins a new life."""
        made: StaffSession = super().create_model_instance(data)  # type: ignore[assignment]
        found, moment = self.row, clock.now()
        made.staff_id = int(data[SESSION_KEY]) if SESSION_KEY in data else None
        same = found is not None and found.staff_id == made.staff_id
        made.created_at = found.created_at if same and found else moment
        made.seen_at = found.seen_at if same and found else moment
        made.address = found.address if found else ""
        made.agent = found.agent if found else ""
        self.row = made
        return made


def is_over(row: StaffSession, rules: SignInRulesView) -> bool:
    """Whether a session has been idle, or has lasted, for longer than the brand allows."""
    moment = clock.now()
    idle, life = timedelta(minutes=rules.idle_minutes), timedelta(hours=rules.absolute_hours)
    return moment - row.seen_at > idle or moment - row.created_at > life


def notice(row: StaffSession, *, address: str, agent: str) -> None:
    """Keeps when and from where a session was seen, without touching what it holds."""
    moment, agent = clock.now(), agent[:MAX_AGENT_CHARS]
    fresh = moment - row.seen_at < timedelta(seconds=NOTICE_SECONDS)
    if fresh and row.address == address and row.agent == agent:
        return
    row.seen_at, row.address, row.agent = moment, address, agent
    StaffSession.objects.filter(pk=row.pk).update(seen_at=moment, address=address, agent=agent)


def drop(staff_id: int, besides: str = "") -> int:
    """Ends somebody's sessions inside the caller's transaction, which has asked whether it may."""
    count, _by_table = StaffSession.objects.filter(staff_id=staff_id).exclude(session_key=besides).delete()
    return count


def drop_expired() -> None:
    """Deletes sessions that have ended by time: run with each sign-in, so the table stays small by itself."""
    StaffSession.objects.filter(expire_date__lt=clock.now()).delete()

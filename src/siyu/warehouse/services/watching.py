"""Whether the warehouse keeps up: people hear once of each outage, and once when it is over."""

from __future__ import annotations

from datetime import timedelta

from siyu.eventlog import records
from siyu.kernel import clock
from siyu.org.permissions import STATUS_VIEW
from siyu.org.queries import root, staff_with
from siyu.org.services.notices import notify
from siyu.warehouse import kinds, queries
from siyu.warehouse.contracts import LATE_SECONDS, StreamLag
from siyu.warehouse.models import Outage

# Restarts, updates and large imports are over by then, and nobody has to look.
PATIENCE = timedelta(minutes=5)
# The id of the only row.
THE_ONE = 1


def watch_once() -> int:
    """Looks once; returns how many notices this was worth."""
    late = [lag for lag in queries.lag() if lag.oldest_age_ms > LATE_SECONDS * clock.MILLIS_PER_SECOND]
    present = Outage.objects.filter(pk=THE_ONE).first()
    if not late:
        return _end(present) if present else 0
    if present is None:
        Outage.objects.get_or_create(pk=THE_ONE, defaults={"started_at": clock.now()})
        return 0
    if present.told_at is not None or clock.now() - present.started_at < PATIENCE:
        return 0
    return _tell(present, max(late, key=lambda lag: lag.oldest_age_ms))


def _tell(present: Outage, worst: StreamLag) -> int:
    with records.transaction():
        # Another worker may look at the same time: one of them tells.
        untold = Outage.objects.filter(pk=THE_ONE, started_at=present.started_at, told_at=None)
        if not untold.update(told_at=clock.now()):
            return 0
        minutes = worst.oldest_age_ms // (60 * clock.MILLIS_PER_SECOND)
        return _notify(kinds.BEHIND, minutes)


def _end(present: Outage) -> int:
    with records.transaction():
        gone, _by_table = Outage.objects.filter(pk=THE_ONE, started_at=present.started_at).delete()
        if not gone or present.told_at is None:
            return 0
        minutes = int((clock.now() - present.started_at).total_seconds() // 60)
        return _notify(kinds.CAUGHT_UP, minutes)


def _notify(kind: str, minutes: int) -> int:
    """To those who may see the system's state, of the whole brand: the warehouse serves all of it."""
    people = staff_with(STATUS_VIEW, node_path=root().path)
    return notify(kind=kind, staff_ids=people, object_id=THE_ONE, data={"minutes": minutes})

"""One evaluator at a time: micro-batches and rebuilds take turns, so that none writes what the other has outdated."""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db.models import Q

from siyu.audiences.models import Evaluation
from siyu.eventlog import records
from siyu.eventlog.contracts import LeaseLost, Position
from siyu.kernel import clock

NAME = "log"
# Longer than the slowest step between two renewals (a nested rule over 10 M customers takes some seconds).
LEASE_SECONDS = 120
POLL_SECONDS = 0.05


def position() -> Position:
    """How far the log has been evaluated."""
    row = Evaluation.objects.filter(pk=NAME).first()
    return Position(row.xid, row.event_id) if row else Position(0, 0)


class Turn:
    """The right to evaluate. Every write that rests on it calls `renew` in its transaction."""

    def __init__(self, owner: str) -> None:
        self._owner = owner

    def renew(self) -> None:
        """Inside a transaction: LeaseLost if somebody else has taken over in the meantime."""
        until = clock.now() + timedelta(seconds=LEASE_SECONDS)
        if not Evaluation.objects.filter(pk=NAME, lease_owner=self._owner).update(lease_until=until):
            raise LeaseLost

    def move(self, to: Position) -> None:
        """Inside a transaction: everything up to `to` has been evaluated."""
        self.renew()
        Evaluation.objects.filter(pk=NAME).update(
            xid=to.xid, event_id=to.id, moved_at=clock.now(), error="", failing_since=None
        )


@contextmanager
def turn(*, wait_seconds: float = 0.0) -> Iterator[Turn | None]:
    """Holds the turn; None if somebody else holds it for longer than `wait_seconds`."""
    owner = f"{os.getpid()}.{threading.get_ident()}.{secrets.token_hex(4)}"
    until = time.monotonic() + wait_seconds
    while not _take(owner):
        if time.monotonic() >= until:
            yield None
            return
        time.sleep(POLL_SECONDS)
    try:
        yield Turn(owner)
    finally:
        with records.transaction():
            Evaluation.objects.filter(pk=NAME, lease_owner=owner).update(lease_owner="", lease_until=None)


def note_failure(error: Exception) -> None:
    """Micro-batches do not get through: people see it as staleness with a reason."""
    with records.transaction():
        found = Evaluation.objects.filter(pk=NAME)
        found.filter(failing_since=None).update(failing_since=clock.now())
        found.update(error=f"{type(error).__name__}: {error}"[:2000])


def _take(owner: str) -> bool:
    moment = clock.now()
    free = Q(lease_owner="") | Q(lease_until__lt=moment)
    if Evaluation.objects.filter(pk=NAME).exclude(free).exists():
        return False
    with records.transaction():
        Evaluation.objects.get_or_create(name=NAME)
        taken = Evaluation.objects.filter(free, pk=NAME).update(
            lease_owner=owner, lease_until=moment + timedelta(seconds=LEASE_SECONDS)
        )
    return bool(taken)

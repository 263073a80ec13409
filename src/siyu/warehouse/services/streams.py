"""Streams: how far each flow to the warehouse has come, and who may send on it now."""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db.models import Q

from siyu.eventlog import queries as log
from siyu.eventlog import records
from siyu.eventlog.contracts import START, Position
from siyu.kernel import clock
from siyu.warehouse.models import Stream

# Longer than any insert of one shipment takes; a dead sender delays its stream by this much.
LEASE_SECONDS = 60


def position_of(stream: Stream) -> Position:
    return Position(stream.xid, stream.event_id)


def has_news(name: str) -> bool:
    """Whether there is something that may be sent. Writes nothing: a write would wake everybody else."""
    stream = Stream.objects.filter(pk=name).first()
    if stream is not None and stream.awaits_drop:
        return False
    return bool(log.read(position_of(stream) if stream else START, 1))


def reached(name: str) -> Position:
    stream = Stream.objects.filter(pk=name).first()
    return position_of(stream) if stream else START


def move(stream: Stream, position: Position) -> None:
    """Inside a transaction: everything up to `position` has arrived."""
    Stream.objects.filter(pk=stream.pk).update(xid=position.xid, event_id=position.id, moved_at=clock.now())


@contextmanager
def leased(name: str, *, wait_seconds: float = 0) -> Iterator[Stream | None]:
    """The stream, held against other senders; None if somebody holds it for longer than `wait_seconds`.

    An error inside is noted on the stream (people see it as lag with a reason) and passed on; success clears it.
    """
    owner = f"{os.getpid()}.{threading.get_ident()}.{secrets.token_hex(4)}"
    until = time.monotonic() + wait_seconds
    while not _take(name, owner):
        if time.monotonic() >= until:
            yield None
            return
        time.sleep(0.05)
    try:
        yield Stream.objects.get(pk=name)
    except Exception as error:
        _give_back(name, owner, f"{type(error).__name__}: {error}")
        raise
    _give_back(name, owner, "")


def _take(name: str, owner: str) -> bool:
    moment = clock.now()
    with records.transaction():
        Stream.objects.get_or_create(name=name)
        free = Q(lease_owner="") | Q(lease_until__lt=moment)
        taken = Stream.objects.filter(free, pk=name).update(
            lease_owner=owner, lease_until=moment + timedelta(seconds=LEASE_SECONDS)
        )
    return bool(taken)


def _give_back(name: str, owner: str, error: str) -> None:
    with records.transaction():
        held = Stream.objects.filter(pk=name, lease_owner=owner)
        if error:
            held.filter(failing_since=None).update(failing_since=clock.now())
            held.update(lease_owner="", lease_until=None, error=error[:2000])
        else:
            held.update(lease_owner="", lease_until=None, error="", failing_since=None)

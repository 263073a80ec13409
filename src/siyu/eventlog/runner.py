"""Driving subscribers: read, hand over, move the cursor; set a poisoned event aside and go on."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Sequence
from datetime import timedelta

from django.db import InterfaceError, OperationalError, connection

from siyu.eventlog import queries, records, registries
from siyu.eventlog.contracts import Position, StoredEvent, Subscriber
from siyu.eventlog.models import Cursor, Event, Parked
from siyu.kernel import clock
from siyu.kernel.errors import NotFound, Unavailable
from siyu.kernel.failpoints import failpoint

log = logging.getLogger(__name__)
# Longer than any batch of a subscriber that uses the network; a dead holder delays it by this much.
LEASE_SECONDS = 60
# Not the event's fault: the same batch is tried again later.
PASSING_ERRORS = (OperationalError, InterfaceError, Unavailable, OSError)


def run_once(subscriber: Subscriber) -> int:
    """One batch of one subscriber; returns how many events it passed. 0 means that it is at the head of the log."""
    return _run_outside(subscriber) if subscriber.own_transaction else _run_inside(subscriber)


def drain(subscriber: Subscriber) -> int:
    """Runs until the head of the log is reached (rebuilds, tests)."""
    passed = 0
    while count := run_once(subscriber):
        passed += count
    return passed


def _run_inside(subscriber: Subscriber) -> int:
    if not _has_news(subscriber.name):
        return 0
    try:
        with records.transaction():
            position = _locked_position(subscriber.name)
            events = queries.read(position, subscriber.batch_rows)
            if not events:
                return 0
            failpoint("eventlog.subscriber.before_handle")
            _hand_over(subscriber, events)
            failpoint("eventlog.subscriber.before_move")
            _move(subscriber.name, events[-1].position)
            return len(events)
    except PASSING_ERRORS:
        raise
    except Exception:
        log.exception("subscriber %s failed on a batch; trying its events one by one", subscriber.name)
        return _one_by_one(subscriber, events)


def _one_by_one(subscriber: Subscriber, events: Sequence[StoredEvent]) -> int:
    for event in events:
        try:
            with records.transaction():
                if _locked_position(subscriber.name) >= event.position:
                    continue
                _hand_over(subscriber, [event])
                _move(subscriber.name, event.position)
        except PASSING_ERRORS:
            raise
        except Exception as error:
            log.exception("subscriber %s cannot take event %s; set aside", subscriber.name, event.id)
            _park(subscriber, event, error)
    return len(events)


def _park(subscriber: Subscriber, event: StoredEvent, error: Exception) -> None:
    failpoint("eventlog.subscriber.before_park")
    with records.transaction():
        Parked.objects.get_or_create(
            subscriber=subscriber.name,
            event_id=event.id,
            defaults={"error": f"{type(error).__name__}: {error}", "parked_at": clock.now()},
        )
        _move(subscriber.name, event.position)


def _run_outside(subscriber: Subscriber) -> int:
    if not _has_news(subscriber.name):
        return 0
    owner = f"{os.getpid()}.{threading.get_ident()}"
    position = _lease(subscriber.name, owner)
    if position is None:
        return 0
    try:
        events = queries.read(position, subscriber.batch_rows)
        if events:
            _hand_over(subscriber, events)
    except Exception as error:
        _release(subscriber.name, owner, error=f"{type(error).__name__}: {error}")
        raise
    if not events:
        _release(subscriber.name, owner)
        return 0
    failpoint("eventlog.subscriber.outside_before_move")
    with records.transaction():
        moved = Cursor.objects.filter(name=subscriber.name, lease_owner=owner).update(
            xid=events[-1].xid, event_id=events[-1].id, lease_owner="", lease_until=None, error="", moved_at=clock.now()
        )
    return len(events) if moved else 0


def _has_news(name: str) -> bool:
    """A look without a transaction, so that an idle subscriber writes nothing (a write would wake all others)."""
    return bool(queries.read(queries.cursor_position(name), 1))


def _hand_over(subscriber: Subscriber, events: Sequence[StoredEvent]) -> None:
    wanted = events if subscriber.names is None else [event for event in events if event.name in subscriber.names]
    if wanted:
        subscriber.handle(wanted)


def _locked_position(name: str) -> Position:
    """The cursor, held until the transaction ends: one worker at a time moves it."""
    Cursor.objects.get_or_create(name=name)
    found = Cursor.objects.filter(name=name)
    row = (found.select_for_update() if records.is_postgres() else found).get()
    return Position(row.xid, row.event_id)


def _move(name: str, position: Position) -> None:
    Cursor.objects.filter(name=name).update(xid=position.xid, event_id=position.id, error="", moved_at=clock.now())


def _lease(name: str, owner: str) -> Position | None:
    moment = clock.now()
    with records.transaction():
        row, _ = Cursor.objects.get_or_create(name=name)
        if row.lease_owner and row.lease_owner != owner and row.lease_until and row.lease_until > moment:
            return None
        taken = Cursor.objects.filter(name=name, lease_owner=row.lease_owner).update(
            lease_owner=owner, lease_until=moment + timedelta(seconds=LEASE_SECONDS)
        )
    return Position(row.xid, row.event_id) if taken else None


def _release(name: str, owner: str, error: str = "") -> None:
    with records.transaction():
        Cursor.objects.filter(name=name, lease_owner=owner).update(lease_owner="", lease_until=None, error=error)


def redrive(parked_id: int) -> None:
    """Hands a parked event over again, in one transaction with settling it."""
    parked = Parked.objects.filter(pk=parked_id, settled_at=None).first()
    if parked is None:
        raise NotFound()
    subscriber = registries.SUBSCRIBERS.get(parked.subscriber)
    event = _stored(parked.event_id)
    if subscriber.own_transaction:
        subscriber.handle([event])
    with records.transaction():
        if not subscriber.own_transaction:
            subscriber.handle([event])
        Parked.objects.filter(pk=parked_id).update(settled_at=clock.now())


def _stored(event_id: int) -> StoredEvent:
    row = Event.objects.get(pk=event_id)
    before = Position(row.xid, row.pk - 1)
    return queries.read_range(before, Position(row.xid, row.pk))[0]


def close_connection() -> None:
    """Gives this thread's connection back (threads of the worker end with it)."""
    connection.close()

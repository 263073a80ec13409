"""The log keeps every fact once, in an order that no later read can precede."""

from __future__ import annotations

import random
import threading
import time
from datetime import UTC, datetime

import pytest
from django.db import connection

from siyu.eventlog import queries, records, services
from siyu.eventlog.contracts import START, BodyTooLarge, NewEvent, Position, UnknownEvent
from siyu.kernel import limits

MOMENT = datetime(2026, 5, 14, 2, 32, tzinfo=UTC)
WRITERS = 6
TRANSACTIONS_PER_WRITER = 25


def fact(name: str, number: int = 0, message_id: str | None = None) -> NewEvent:
    return NewEvent(name=name, occurred_at=MOMENT, body={"number": number}, fragment_id=7, message_id=message_id)


def test_publish_outside_a_transaction_is_refused(transactional_db: None, thing_happened: str) -> None:
    with pytest.raises(RuntimeError, match="inside the transaction"):
        services.publish([fact(thing_happened)])


@pytest.mark.django_db(transaction=True)
def test_reads_back_what_was_published_in_order(thing_happened: str) -> None:
    with records.transaction():
        assert services.publish([fact(thing_happened, number) for number in range(5)]) == 5
    stored = queries.read(START, 10)
    assert [event.body["number"] for event in stored] == [0, 1, 2, 3, 4]
    assert stored[0].occurred_at == MOMENT
    assert stored[0].fragment_id == 7
    assert queries.read(stored[2].position, 10) == stored[3:]
    assert queries.read_range(stored[0].position, stored[3].position) == stored[1:4]
    assert queries.head() == stored[-1].position


@pytest.mark.django_db
def test_a_message_id_is_taken_once(thing_happened: str) -> None:
    with records.transaction():
        assert services.publish([fact(thing_happened, 1, "m-1"), fact(thing_happened, 2, "m-1")]) == 1
        assert services.publish([fact(thing_happened, 3, "m-1"), fact(thing_happened, 4, "m-2")]) == 1
    assert queries.event_count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_transaction_leaves_no_fact(thing_happened: str) -> None:
    with pytest.raises(ZeroDivisionError), records.transaction():
        services.publish([fact(thing_happened)])
        _ = 1 / 0
    assert queries.event_count() == 0


@pytest.mark.django_db
def test_unknown_events_and_huge_bodies_are_refused(thing_happened: str) -> None:
    with pytest.raises(UnknownEvent):
        services.publish([fact("tests.nobody_registered_this")])
    huge = NewEvent(name=thing_happened, occurred_at=MOMENT, body={"text": "x" * limits.EVENT_BODY_BYTES})
    with pytest.raises(BodyTooLarge):
        services.publish([huge])


@pytest.mark.django_db(transaction=True)
def test_a_reader_beside_concurrent_writers_loses_and_doubles_nothing(thing_happened: str) -> None:
    """Writers with transactions of mixed length: on PostgreSQL ids then commit out of order (see architecture)."""
    done = threading.Event()
    writers = [threading.Thread(target=_write, args=(thing_happened, number)) for number in range(WRITERS)]
    seen: list[int] = []
    reader = threading.Thread(target=_read, args=(seen, done))
    reader.start()
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    done.set()
    reader.join()
    expected = {writer * 1_000 + number for writer in range(WRITERS) for number in range(TRANSACTIONS_PER_WRITER)}
    assert len(seen) == len(expected)
    assert set(seen) == expected


def _write(name: str, writer: int) -> None:
    dice = random.Random(writer)
    try:
        for number in range(TRANSACTIONS_PER_WRITER):
            with records.transaction():
                services.publish([fact(name, writer * 1_000 + number)])
                # The longer a transaction stays open, the more later ids are committed before it.
                time.sleep(dice.choice([0, 0, 0.001, 0.004]))
    finally:
        connection.close()


def _read(seen: list[int], done: threading.Event) -> None:
    position: Position = START
    try:
        while True:
            finished = done.is_set()
            events = queries.read(position, 7)
            seen += [event.body["number"] for event in events]
            if events:
                position = events[-1].position
            elif finished:
                return
    finally:
        connection.close()

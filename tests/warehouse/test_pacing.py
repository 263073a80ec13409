"""When the pumps send: at once, after a rest, or when the job that fills the log has ended."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection

from siyu.eventlog import queries as log
from siyu.eventlog import records
from siyu.eventlog import services as eventlog
from siyu.eventlog.contracts import EventType, JobState, NewEvent
from siyu.eventlog.models import Job
from siyu.eventlog.registries import EVENTS
from siyu.kernel import clock
from siyu.warehouse.models import Stream
from siyu.warehouse.services import pacing

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def stream() -> None:
    """One that has had everything so far, a minute ago."""
    if "test.thing_done" not in EVENTS:
        EVENTS.add("test.thing_done", EventType("test.thing_done", "Thing done", {}))
    # Ids go on where other tests ended; the first event of an empty log would look like thousands.
    publish(1)
    head = log.head()
    Stream.objects.create(name="events", xid=head.xid, event_id=head.id, moved_at=clock.now() - timedelta(minutes=1))


def publish(count: int) -> None:
    with records.transaction():
        eventlog.publish([NewEvent("test.thing_done", clock.now(), {})] * count)


def rest_seconds(full_rows: int = 10_000) -> float:
    started = time.monotonic()
    pacing.rest(["events"], full_rows=full_rows)
    return time.monotonic() - started


@pytest.fixture
def running_job() -> int:
    return Job.objects.create(
        kind="tests.filling", state=JobState.RUNNING, created_at=clock.now(), due_at=clock.now()
    ).pk


def test_a_single_event_goes_at_once_and_the_next_ones_gather() -> None:
    publish(1)
    assert rest_seconds() < pacing.REST_SECONDS / 2
    Stream.objects.update(moved_at=clock.now())
    assert pacing.REST_SECONDS / 2 < rest_seconds() < pacing.REST_SECONDS * 2


def test_many_events_that_no_job_makes_go_at_once() -> None:
    publish(pacing.FILLING_EVENTS)
    Stream.objects.update(moved_at=clock.now())
    assert rest_seconds() < pacing.REST_SECONDS / 2


def test_a_job_that_fills_the_log_is_waited_for(running_job: int) -> None:
    publish(pacing.FILLING_EVENTS)

    def end() -> None:
        time.sleep(0.4)
        Job.objects.filter(pk=running_job).update(state=JobState.DONE)
        connection.close()

    ending = threading.Thread(target=end)
    ending.start()
    assert 0.3 < rest_seconds() < pacing.PATIENCE_SECONDS
    ending.join()


def test_a_long_job_is_not_waited_for_beyond_patience(running_job: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "PATIENCE_SECONDS", 0.3)
    publish(pacing.FILLING_EVENTS)
    assert 0.2 < rest_seconds() < 1.5


def test_a_full_shipment_waits_for_nobody(running_job: int) -> None:
    publish(pacing.FILLING_EVENTS)
    assert rest_seconds(full_rows=pacing.FILLING_EVENTS) < pacing.LOOK_SECONDS

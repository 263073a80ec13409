"""Subscribers see each event once, poisoned ones step aside, failures of the world wait."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest
from django.db import OperationalError

from siyu.eventlog import queries, records, registries, runner, services
from siyu.eventlog.contracts import NewEvent, StoredEvent, Subscriber
from siyu.eventlog.models import Parked
from siyu.kernel.registry import Registry

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def publish(thing_happened: str) -> Callable[[int], None]:
    def publish_numbers(count: int) -> None:
        with records.transaction():
            services.publish(
                [NewEvent(thing_happened, datetime(2026, 1, 1, tzinfo=UTC), {"number": n}) for n in range(count)]
            )

    return publish_numbers


def collecting(seen: list[int], *, fails_on: int | None = None, **options: object) -> Subscriber:
    def handle(events: Sequence[StoredEvent]) -> None:
        numbers = [event.body["number"] for event in events]
        if fails_on in numbers:
            raise ValueError(f"cannot take {fails_on}")
        seen.extend(numbers)

    return Subscriber(name="tests.collecting", handle=handle, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("own_transaction", [False, True])
def test_passes_all_events_in_batches_and_rests_at_the_head(
    publish: Callable[[int], None], own_transaction: bool
) -> None:
    seen: list[int] = []
    subscriber = collecting(seen, batch_rows=3, own_transaction=own_transaction)
    publish(7)
    assert [runner.run_once(subscriber) for _ in range(4)] == [3, 3, 1, 0]
    assert seen == list(range(7))
    publish(1)
    assert runner.drain(subscriber) == 1


def test_only_named_events_are_handed_over(publish: Callable[[int], None]) -> None:
    seen: list[int] = []
    publish(3)
    assert runner.drain(collecting(seen, names=frozenset({"tests.other"}))) == 3
    assert seen == []


def test_a_poisoned_event_is_parked_and_the_rest_goes_on(publish: Callable[[int], None]) -> None:
    seen: list[int] = []
    publish(5)
    assert runner.drain(collecting(seen, fails_on=2)) == 5
    assert seen == [0, 1, 3, 4]
    parked = Parked.objects.get()
    assert parked.error == "ValueError: cannot take 2"


def test_a_parked_event_can_be_driven_again_or_dismissed(
    publish: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribers: Registry[Subscriber] = Registry("subscriber")
    monkeypatch.setattr(registries, "SUBSCRIBERS", subscribers)
    publish(3)
    runner.drain(collecting([], fails_on=1))
    mended: list[int] = []
    subscribers.add("tests.collecting", collecting(mended))
    assert [lag.parked_count for lag in queries.lag()] == [1]
    services.redrive(parked_id=Parked.objects.get().pk)
    assert mended == [1]
    assert [lag.parked_count for lag in queries.lag()] == [0]


def test_a_failure_of_the_world_moves_nothing(publish: Callable[[int], None]) -> None:
    def handle(_: Sequence[StoredEvent]) -> None:
        raise OperationalError("disk full")

    publish(2)
    subscriber = Subscriber(name="tests.collecting", handle=handle)
    with pytest.raises(OperationalError):
        runner.run_once(subscriber)
    assert queries.cursor_position("tests.collecting") == (0, 0)
    assert not Parked.objects.exists()


def test_effects_in_records_and_the_cursor_move_together(publish: Callable[[int], None], thing_happened: str) -> None:
    """A handler that wrote and then failed must leave no trace of the write."""

    def handle(events: Sequence[StoredEvent]) -> None:
        services.start_job(kind=KIND.name, unique_key=f"event:{events[0].id}")
        if len(events) > 1:
            raise ValueError("one at a time")

    KIND = registries.JobKind("tests.noted", "Noted", lambda context: {})
    registries.JOBS.add(KIND.name, KIND)
    publish(2)
    runner.drain(Subscriber(name="tests.noting", handle=handle))
    assert len(queries.jobs(kind=KIND.name)) == 2


def test_lag_counts_what_waits(publish: Callable[[int], None], monkeypatch: pytest.MonkeyPatch) -> None:
    subscribers: Registry[Subscriber] = Registry("subscriber")
    monkeypatch.setattr(registries, "SUBSCRIBERS", subscribers)
    subscriber = subscribers.add("tests.collecting", collecting([], batch_rows=4))
    publish(6)
    assert [lag.waiting_count for lag in queries.lag()] == [6]
    runner.run_once(subscriber)
    assert [lag.waiting_count for lag in queries.lag()] == [2]

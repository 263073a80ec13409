"""Shipping: every event of the log arrives once, whatever dies or answers late; rebuild gives the same again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from siyu.eventlog import records
from siyu.eventlog import services as eventlog
from siyu.eventlog.contracts import EventType, NewEvent
from siyu.eventlog.registries import EVENTS
from siyu.warehouse import client, queries, services
from siyu.warehouse.client import Warehouse
from siyu.warehouse.contracts import Projection, WarehouseUnavailable
from siyu.warehouse.models import Shipment, ShipmentState, Stream
from siyu.warehouse.registries import PROJECTIONS

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.warehouse]
START = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def event_type() -> None:
    if "test.thing_done" not in EVENTS:
        EVENTS.add("test.thing_done", EventType("test.thing_done", "Thing done", {}))


def publish(count: int, *, first: int = 0) -> None:
    with records.transaction():
        eventlog.publish(
            [
                NewEvent(
                    name="test.thing_done",
                    fragment_id=number % 7 + 1,
                    occurred_at=START + timedelta(milliseconds=number),
                    body={"amount_fen": number, "object_id": number + 1, "说": "好"},
                    message_id=f"m{number}",
                )
                for number in range(first, first + count)
            ]
        )


def test_events_arrive_with_all_their_columns(warehouse: Warehouse) -> None:
    publish(3)
    assert services.ship_pending() == 3
    rows = warehouse.rows("SELECT name, ts, fragment, amount_fen, object_id, body FROM events ORDER BY ts")
    assert rows[2] == (
        "test.thing_done",
        START + timedelta(milliseconds=2),
        3,
        2,
        3,
        '{"amount_fen":2,"object_id":3,"说":"好"}',
    )
    assert services.ship_pending() == 0


def test_a_shipment_sent_twice_counts_once(warehouse: Warehouse) -> None:
    publish(5)
    assert services.ship_events_once() == 5
    # As if the process had died after the insert, before the mark.
    Shipment.objects.update(state=ShipmentState.PREPARED, sent_at=None)
    Stream.objects.update(xid=0, event_id=0)
    publish(4, first=5)
    assert services.ship_events_once() == 5
    assert services.ship_pending() == 4
    assert warehouse.rows("SELECT count(), uniqExact(event_id) FROM events") == [(9, 9)]


def test_a_prepared_shipment_goes_as_it_was_cut(warehouse: Warehouse, warehouse_url: str) -> None:
    publish(5)
    settings = client.load_settings()
    there, settings.warehouse_url = settings.warehouse_url, "http://x:y@127.0.0.1:1/nowhere"
    with pytest.raises(WarehouseUnavailable):
        services.ship_events_once()
    settings.warehouse_url = there
    publish(5, first=5)
    shipment = Shipment.objects.get()
    assert (shipment.state, shipment.row_count) == (ShipmentState.PREPARED, 5)
    assert services.ship_events_once() == 5
    assert services.ship_events_once() == 5
    assert Shipment.objects.filter(pk=shipment.pk).values_list("token", "state").get() == (shipment.token, "sent")


def test_lag_tells_how_much_and_why(warehouse: Warehouse) -> None:
    publish(3)
    settings = client.load_settings()
    there, settings.warehouse_url = settings.warehouse_url, "http://x:y@127.0.0.1:1/nowhere"
    with pytest.raises(WarehouseUnavailable):
        services.ship_events_once()
    settings.warehouse_url = there
    behind = queries.freshness()
    assert (behind.waiting_count, behind.failing_since is not None) == (3, True)
    assert "WarehouseUnavailable" in behind.error
    services.ship_pending()
    caught_up = queries.freshness()
    assert (caught_up.waiting_count, caught_up.error, caught_up.failing_since) == (0, "", None)


def test_a_rebuild_gives_the_same_rows(warehouse: Warehouse) -> None:
    publish(20)
    services.ship_pending()
    digest = "SELECT count(), sum(cityHash64(name, ts, fragment, event_id, body, amount_fen)) FROM events"
    before = warehouse.rows(digest)
    assert services.rebuild() == 20
    assert warehouse.rows(digest) == before
    assert before[0][0] == 20


def test_nothing_is_sent_between_reset_and_drop(warehouse: Warehouse) -> None:
    publish(3)
    services.ship_pending()
    Stream.objects.update(xid=0, event_id=0, awaits_drop=True)
    assert services.ship_pending() == 0
    assert services.rebuild() == 3
    assert warehouse.value("SELECT count() FROM events") == 3


def test_a_held_stream_is_left_alone(warehouse: Warehouse) -> None:
    publish(3)
    from siyu.warehouse.services import streams

    with streams.leased("events") as held:
        assert held is not None
        assert services.ship_events_once() == 0
    assert services.ship_events_once() == 3


class Points:
    """A tiny package with state: points per fragment, with a version."""

    def __init__(self) -> None:
        self.rows: dict[int, tuple[int, int, int]] = {}

    def give(self, fragment: int, points: int) -> None:
        version = self.rows.get(fragment, (0, 0, 0))[2] + 1
        self.rows[fragment] = (fragment, points, version)

    def of(self, keys: Sequence[int]) -> list[tuple[int, int, int]]:
        return [self.rows[key] for key in keys if key in self.rows]

    def all_keys(self, after: int, limit: int) -> list[int]:
        return sorted(key for key in self.rows if key > after)[:limit]


@pytest.fixture
def points() -> Iterator[Points]:
    state = Points()
    PROJECTIONS.add(
        "points",
        Projection(
            table="points",
            columns=("fragment", "points", "version"),
            listens=frozenset({"test.thing_done"}),
            rows=state.of,
            all_keys=state.all_keys,
            ddl=(
                "CREATE TABLE IF NOT EXISTS points (fragment UInt32, points Int64, version UInt64) "
                "ENGINE = ReplacingMergeTree(version) ORDER BY fragment"
            ),
        ),
    )
    yield state
    del PROJECTIONS._things["points"]


def test_a_projection_follows_its_events(points: Points, warehouse: Warehouse) -> None:
    present = "SELECT fragment, points FROM points FINAL ORDER BY fragment"
    points.give(1, 10)
    points.give(2, 20)
    publish(2)
    services.ship_pending()
    assert warehouse.rows(present) == [(1, 10), (2, 20)]
    points.give(1, 11)
    publish(1, first=7)
    services.ship_pending()
    assert warehouse.rows(present) == [(1, 11), (2, 20)]
    # There and back: the third batch has the rows of the first but for the version, and must not count as sent.
    points.give(1, 10)
    publish(1, first=14)
    services.ship_pending()
    assert warehouse.rows(present) == [(1, 10), (2, 20)]


def test_a_rebuild_walks_every_key_of_a_projection(points: Points, warehouse: Warehouse) -> None:
    for fragment in range(1, 6):
        points.give(fragment, fragment * 10)
    publish(1)
    assert services.rebuild() == 6
    assert warehouse.value("SELECT sum(points) FROM points FINAL") == 150
    assert {lag.waiting_count for lag in queries.lag()} == {0}

"""Shipping: events and projections from the log to the warehouse, each span once.

A span of the log is cut, written down as a `Shipment`, sent under its token and marked as sent. Whatever dies in
between, the same span goes again under the same token, and the warehouse drops it if it had come already.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta

from siyu.eventlog import queries as log
from siyu.eventlog import records
from siyu.eventlog.contracts import Position, StoredEvent
from siyu.kernel import clock
from siyu.kernel.failpoints import failpoint
from siyu.warehouse import client, registries
from siyu.warehouse.contracts import Projection
from siyu.warehouse.models import Shipment, ShipmentState, Stream
from siyu.warehouse.services import native, schema, streams

EVENTS_STREAM = "events"
# Events in one shipment. The warehouse takes 60 k rows/s in inserts of 1,000 and 330 k/s in inserts of 10,000; more
# than this only costs memory (about 1 KB a row here).
SHIPMENT_ROWS = 20_000
# Events read at once for one projection, which turn into at most as many keys.
PROJECTION_EVENTS = 10_000
# Sent shipments are kept for people who look into trouble.
KEEP_SENT_DAYS = 7
_PRUNE_EVERY = 500


class ShipmentChanged(RuntimeError):
    """The log no longer holds what a prepared shipment was cut from; only a rebuild helps."""

    def __init__(self, *, shipment_id: int, was: int, now: int) -> None:
        super().__init__(f"shipment {shipment_id} was cut over {was} events, the log now has {now} in its span")


def ship_events_once() -> int:
    """Sends one shipment of events; returns its rows, 0 if everything has been sent or somebody else is sending."""
    if not streams.has_news(EVENTS_STREAM):
        return 0
    with streams.leased(EVENTS_STREAM) as stream:
        shipment, events = _next_shipment(stream) if stream and not stream.awaits_drop else (None, [])
        if stream is None or shipment is None:
            return 0
        _send(shipment, events)
        _arrived(stream, shipment)
        return shipment.row_count


def ship_projections_once() -> int:
    """Brings the rows of every projection up to date with one batch of events; returns the events passed."""
    return sum(_ship_projection(projection) for projection in registries.PROJECTIONS)


def ship_pending() -> int:
    """Ships until the warehouse knows all that the log holds now, projections included; returns the events shipped."""
    shipped = 0
    while (events := ship_events_once()) + ship_projections_once():
        shipped += events
    return shipped


def projection_stream(projection: Projection) -> str:
    return f"projection:{projection.table}"


def send_rows(projection: Projection, keys: Sequence[int]) -> int:
    """Sends the present rows of some keys. Harmless to repeat: the largest version wins."""
    rows = projection.rows(keys) if keys else []
    if rows:
        # A token of its own: without one, two equal batches would count as one, even with others in between.
        client.connect().insert(projection.table, projection.columns, rows, token=f"rows-{secrets.token_hex(8)}")
    return len(rows)


def reload_dictionary(projection: Projection) -> None:
    if projection.dictionary:
        client.connect().command(f"SYSTEM RELOAD DICTIONARY {projection.dictionary}")


def _ship_projection(projection: Projection) -> int:
    name = projection_stream(projection)
    if not streams.has_news(name):
        return 0
    with streams.leased(name) as stream:
        if stream is None or stream.awaits_drop:
            return 0
        events = log.read(streams.position_of(stream), PROJECTION_EVENTS)
        heard = [event for event in events if event.name in projection.listens]
        if heard:
            schema.ensure_in_step()
            send_rows(projection, projection.keys_of(heard))
            reload_dictionary(projection)
        if events:
            failpoint("warehouse.projection.before_move")
            with records.transaction():
                streams.move(stream, events[-1].position)
        return len(events)


def _next_shipment(stream: Stream) -> tuple[Shipment | None, list[StoredEvent]]:
    """The shipment under way, else a newly cut one, with its events."""
    shipment = Shipment.objects.filter(stream=stream, state=ShipmentState.PREPARED).first()
    if shipment is not None:
        return shipment, log.read_range(
            Position(shipment.from_xid, shipment.from_id), Position(shipment.to_xid, shipment.to_id)
        )
    events = log.read(streams.position_of(stream), SHIPMENT_ROWS)
    return (_cut(stream, events), events) if events else (None, [])


def _cut(stream: Stream, events: Sequence[StoredEvent]) -> Shipment:
    last = events[-1]
    with records.transaction():
        shipment = Shipment.objects.create(
            stream=stream,
            from_xid=stream.xid,
            from_id=stream.event_id,
            to_xid=last.xid,
            to_id=last.id,
            token=f"events-{secrets.token_hex(16)}",
            row_count=len(events),
            created_at=clock.now(),
        )
    failpoint("warehouse.shipment.after_cut")
    return shipment


def _send(shipment: Shipment, events: Sequence[StoredEvent]) -> None:
    """The insert. What was written down must be what goes: a span with other rows would be dropped by its token."""
    if len(events) != shipment.row_count:
        raise ShipmentChanged(shipment_id=shipment.pk, was=shipment.row_count, now=len(events))
    schema.ensure_in_step()
    client.connect().insert_raw(
        "events", native.COLUMNS, native.block_of(events), form="Native", token=shipment.token
    )
    failpoint("warehouse.shipment.after_send")


def _arrived(stream: Stream, shipment: Shipment) -> None:
    moment = clock.now()
    with records.transaction():
        Shipment.objects.filter(pk=shipment.pk, state=ShipmentState.PREPARED).update(
            state=ShipmentState.SENT, sent_at=moment
        )
        failpoint("warehouse.shipment.before_move")
        streams.move(stream, Position(shipment.to_xid, shipment.to_id))
        if shipment.pk % _PRUNE_EVERY == 0:
            old = moment - timedelta(days=KEEP_SENT_DAYS)
            Shipment.objects.filter(state=ShipmentState.SENT, sent_at__lt=old).delete()

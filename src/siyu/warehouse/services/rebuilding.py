"""Rebuild: the warehouse is derived, so it can be dropped and shipped again from the log and the records."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack

from siyu.eventlog import queries as log
from siyu.eventlog import records
from siyu.eventlog.contracts import START
from siyu.kernel.errors import Conflict
from siyu.kernel.failpoints import failpoint
from siyu.warehouse import client, registries
from siyu.warehouse.contracts import Projection
from siyu.warehouse.models import Shipment, Stream
from siyu.warehouse.services import schema, shipping, streams

# Keys whose rows are read and sent at once.
KEYS_PER_PAGE = 10_000
# Seconds to wait for shipments under way before the tables are dropped.
WAIT_SECONDS = 120
_OWN_TABLES = ("events", "profiles", "roots", "ddl_steps")


class RebuildBlocked(Conflict):
    code = "rebuild_blocked"
    message = "A shipment to the warehouse is still under way. Try again in a minute."


def rebuild(*, progress: Callable[[int, int], None] | None = None) -> int:
    """Drops every derived table, makes them anew and ships everything again; returns the rows shipped.

    Screens show no or partial numbers, marked as stale, until it is through. Dies anywhere: run it again.
    `progress(done, total)` is called now and then.
    """
    _start_over()
    shipped = sum(_send_all(projection) for projection in registries.PROJECTIONS)
    return shipped + _ship_events(progress)


def _ship_events(progress: Callable[[int, int], None] | None) -> int:
    """Until the head of now is reached; pumps of other workers may do part of it."""
    head, total = log.head(), log.event_count()
    shipped = 0
    while (position := streams.reached(shipping.EVENTS_STREAM)) < head:
        count = shipping.ship_events_once()
        shipped += count
        if not count:
            time.sleep(0.05)
        if progress is not None:
            progress(total - (head.id - position.id) if position.id else 0, total)
    return shipped


def _start_over() -> None:
    """Holds every stream, so that no shipment of before lands in the new tables.

    Dying in the middle leaves the streams waiting for the drop: nothing is sent until a rebuild has gone through.
    """
    names = [shipping.EVENTS_STREAM, *map(shipping.projection_stream, registries.PROJECTIONS)]
    with ExitStack() as held:
        for name in names:
            if held.enter_context(streams.leased(name, wait_seconds=WAIT_SECONDS)) is None:
                raise RebuildBlocked()
        with records.transaction():
            Shipment.objects.all().delete()
            Stream.objects.filter(pk__in=names).update(
                xid=START.xid, event_id=START.id, moved_at=None, awaits_drop=True
            )
        failpoint("warehouse.rebuild.before_drop")
        _drop_tables()
        schema.migrate()
        failpoint("warehouse.rebuild.after_drop")
        with records.transaction():
            Stream.objects.filter(pk__in=names).update(awaits_drop=False)


def _drop_tables() -> None:
    wh = client.connect()
    wh.command("DROP DICTIONARY IF EXISTS roots_dict SYNC")
    for table in (*_OWN_TABLES, *(projection.table for projection in registries.PROJECTIONS)):
        wh.command(f"DROP TABLE IF EXISTS {table} SYNC")


def _send_all(projection: Projection) -> int:
    """The present rows of every key. Events of before this are passed over: the rows say what they led to."""
    name = shipping.projection_stream(projection)
    with streams.leased(name, wait_seconds=WAIT_SECONDS) as stream:
        if stream is None:
            raise RebuildBlocked()
        reached = log.head()
        sent = after = 0
        while keys := projection.all_keys(after, KEYS_PER_PAGE):
            sent += shipping.send_rows(projection, keys)
            after = keys[-1]
        shipping.reload_dictionary(projection)
        with records.transaction():
            streams.move(stream, reached)
    return sent

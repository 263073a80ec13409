"""Loads a brand of any size: one process makes the blocks, this one writes them."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter
from typing import Any

import polars as pl

from siyu.sandbox.demo.customers import make_customers
from siyu.sandbox.demo.facts import make_facts
from siyu.sandbox.demo.orders import make_trade
from siyu.sandbox.demo.organisation import make_organisation, write_organisation, write_staff
from siyu.sandbox.demo.size import Size


@dataclass(frozen=True)
class Loaded:
    """What a load has brought, and the seconds of its parts."""

    customers: int
    people: int
    orders: int
    rows: int
    organisation_seconds: float
    writing_seconds: float
    closing_seconds: float

    @property
    def seconds(self) -> float:
        return self.organisation_seconds + self.writing_seconds + self.closing_seconds

    @property
    def rows_per_second(self) -> float:
        return self.rows / self.seconds


def load(size: Size) -> Loaded:
    """Fills this process's installation (Django is set up, records are migrated and empty, the warehouse answers)."""
    from bench.bulk import stores
    from siyu.customers import queries as customers
    from siyu.eventlog import queries as log
    from siyu.org.contracts import SYSTEM
    from siyu.warehouse import client
    from siyu.warehouse.services import shipping

    if customers.count(SYSTEM):
        raise SystemExit("There are customers here already; a bulk load wants an empty installation.")
    started = perf_counter()
    context = _context(size)
    # The log begins with what made the organisation; it is shipped as always.
    shipping.ship_pending()
    context.taken["event"] = log.head().id
    ready = perf_counter()
    store = _store()
    context.xid = store.xid
    wh = client.connect()
    counts = {"rows": 0, "orders": 0, "people": 0}
    for frames in _blocks(context):
        shipped = {name: frames.pop(name) for name in ("owners", "events")}
        from bench.bulk.warehouse import ship

        ship(wh, frames, shipped["events"], shipped["owners"])
        for table in stores.TABLES:
            frame = shipped["events"] if table == "eventlog_event" else frames[table]
            store.write(table, frame)
            counts["rows"] += frame.height
        counts["orders"] += frames["commerce_order"].height
        counts["people"] += frames["customers_fragment"].height
    written = perf_counter()
    store.close()
    _arrived()
    closed = perf_counter()
    return Loaded(
        size.customers, counts["people"], counts["orders"], counts["rows"], ready - started, written - ready,
        closed - written,
    )  # fmt: skip


def make_block(context: Any, block: int) -> dict[str, pl.DataFrame]:
    """Every row of one block by table, with `owners` and `events`, from which the warehouse is filled."""
    from bench.bulk import people, trade

    customers = make_customers(context.size, block)
    facts = make_facts(context.size, block, customers, make_trade(context.size, block, customers))
    orders = people.owners_of(trade.orders_of(context, facts))
    owners, frames = people.make_people(context, customers, orders)
    heads, more = trade.make_trade_rows(context, facts, orders, owners)
    return {**frames, **more, "owners": owners, "events": trade.make_events(context, owners, heads)}


def _context(size: Size) -> Any:
    """The organisation by the ordinary door, and where its stores and guides are now."""
    from bench.bulk.context import Context
    from siyu.kernel import clock, ids, settings
    from siyu.org import queries, services
    from siyu.org.contracts import SYSTEM

    organisation = make_organisation(size)
    with tempfile.TemporaryDirectory() as folder:
        nodes, staff = Path(folder) / "organisation.csv", Path(folder) / "staff.csv"
        for result in (
            services.import_nodes(viewer=SYSTEM, data=write_organisation(nodes, organisation).read_bytes()),
            services.import_staff(viewer=SYSTEM, data=write_staff(staff, organisation).read_bytes()),
        ):
            if result.problems:
                raise RuntimeError(f"row {result.problems[0].row}: {result.problems[0].message}")
    node_ids = {node.code: node.id for node in queries.nodes(SYSTEM)}
    staff_ids = dict(queries.accessible_staff(SYSTEM).values_list("email", "pk"))
    moment = clock.now()
    return Context(
        size=size,
        stores=pl.DataFrame({
            "store": range(len(organisation.stores)),
            "node_id": [node_ids[store.node.code] for store in organisation.stores],
            "store_name": [store.node.name for store in organisation.stores],
        }),
        staff=pl.DataFrame({
            "guide": range(len(organisation.staff)),
            "staff_id": [staff_ids[one.email] for one in organisation.staff],
            "guide_name": [one.name for one in organisation.staff],
        }),
        now_ms=clock.to_millis(moment),
        now_text=f"{moment:%Y-%m-%d %H:%M:%S.%f}",
        trace_id=ids.new_trace_id(),
        sandbox=settings.load().sandbox,
    )  # fmt: skip


def _store() -> Any:
    from django.db import connection

    from bench.bulk import stores
    from siyu.kernel import settings

    # Another connection, even an idle one of this process, would keep SQLite from leaving its journal out.
    connection.close()
    known = settings.load()
    if known.database_url:
        return stores.PostgresStore(known.database_url)
    return stores.SqliteStore(known.records_path)


def _blocks(context: Any) -> Iterator[dict[str, pl.DataFrame]]:
    """The blocks in order; the next one is made while the last one is written."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_begin, initargs=(context,)) as pool:
        ahead: Future[dict[str, bytes]] | None = None
        for block in context.size.blocks:
            now, ahead = ahead, pool.submit(_make, block)
            if now is not None:
                yield _unpacked(now.result())
        if ahead is not None:
            yield _unpacked(ahead.result())


_held: list[Any] = []


def _begin(context: Any) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "siyu.config.settings")
    import django

    django.setup()
    _held.append(context)


def _make(block: int) -> dict[str, bytes]:
    """In the other process, which keeps the context with the ids that it has given."""
    packed = {}
    for name, frame in make_block(_held[0], block).items():
        file = io.BytesIO()
        frame.write_ipc(file)
        packed[name] = file.getvalue()
    return packed


def _unpacked(packed: dict[str, bytes]) -> dict[str, pl.DataFrame]:
    return {name: pl.read_ipc(io.BytesIO(raw)) for name, raw in packed.items()}


def _arrived() -> None:
    """Everything that reads the log has seen it: the warehouse holds it, and nobody has to be told of it again."""
    from siyu.audiences import lease
    from siyu.eventlog import queries, records, registries
    from siyu.eventlog.models import Cursor
    from siyu.warehouse import registries as warehouse
    from siyu.warehouse.models import Stream
    from siyu.warehouse.services import shipping

    head = queries.head()
    names = [shipping.EVENTS_STREAM, *map(shipping.projection_stream, warehouse.PROJECTIONS)]
    with records.transaction():
        for name in names:
            Stream.objects.update_or_create(name=name, defaults={"xid": head.xid, "event_id": head.id})
        for subscriber in registries.SUBSCRIBERS:
            Cursor.objects.update_or_create(name=subscriber.name, defaults={"xid": head.xid, "event_id": head.id})
    with lease.turn() as turn:
        if turn is not None:
            with records.transaction():
                turn.move(head)

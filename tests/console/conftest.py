"""A small brand with orders, in records and warehouse, and somebody signed in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from tests.plugins.warehouse import warehouse, warehouse_front, warehouse_url

from siyu.audiences import planner, watermark
from siyu.commerce import services as commerce
from siyu.commerce.contracts import LineIn, OrderIn, RefundIn
from siyu.customers import services as customers
from siyu.customers.contracts import Channel, ConsentIn, IdentityKey, IdentityKind, PersonIn, Purpose
from siyu.eventlog import records
from siyu.kernel import ids
from siyu.org.models import Staff
from siyu.warehouse import services as warehouse_services
from siyu.warehouse.client import Warehouse

__all__ = ["warehouse", "warehouse_front", "warehouse_url"]

MOMENT = datetime(2026, 5, 1, 4, tzinfo=UTC)


@pytest.fixture
def browser(owner: Staff) -> Client:
    """Alice's browser."""
    client = Client()
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def buyers() -> Callable[[int], list[int]]:
    """Makes customers who bought once a month, one more time each, and brought one thing back."""

    def make(count: int) -> list[int]:
        with records.transaction():
            people = [_person(number) for number in range(count)]
            fragment_ids = customers.ensure_people(people, source="tests", trace_id="a" * 32)
            orders = [
                OrderIn(
                    "main", f"A{n}-{k}", fid, MOMENT - timedelta(days=30 * k), (_line(f"{n}-{k}", 1_000 * (n + 1)),)
                )
                for n, fid in enumerate(fragment_ids)
                for k in range(n + 1)
            ]
            refunds = [
                RefundIn("main", f"C{n}", fid, MOMENT, (_line(f"c{n}", 100),)) for n, fid in enumerate(fragment_ids)
            ]
            commerce.record_orders(orders, refunds, source="tests", trace_id="a" * 32)
        return fragment_ids

    return make


def _person(number: int) -> PersonIn:
    keys = (
        IdentityKey(IdentityKind.MEMBER, "main", f"M{number}"),
        IdentityKey(IdentityKind.PHONE, "", f"+861381234{number:04d}"),
    )
    consent = ConsentIn(Channel.SMS, Purpose.MARKETING, True, MOMENT, "form at the till")
    return PersonIn(keys, MOMENT, f"林晓{number}", {"city": "上海"}, (consent,))


def _line(key: str, amount_fen: int) -> LineIn:
    return LineIn(ids.digest16(key), f"sku-{key}", "麒麟西瓜", 1, amount_fen)


@pytest.fixture
def shipped(warehouse: Warehouse) -> Iterator[Callable[[], None]]:
    """Brings what is in records to the warehouse."""

    def ship() -> None:
        warehouse_services.ship_pending()
        planner.cache.clear()

    planner.cache.clear()
    watermark._last_asked = None
    yield ship
    planner.cache.clear()
    watermark._last_asked = None

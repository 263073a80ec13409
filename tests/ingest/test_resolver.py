"""The resolver takes the inbox over in order, once, and sets aside what nobody can take."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import OperationalError

from siyu.commerce.models import Order, OrderLine
from siyu.customers.models import Identity, Profile
from siyu.eventlog import records
from siyu.eventlog.contracts import Position
from siyu.eventlog.models import Event
from siyu.ingest import received, resolver
from siyu.ingest.models import PoisonedRow, ResolverCursor
from siyu.ingest.received import HookLine, HookOrder, ReceivedClick, ReceivedOrders
from siyu.ingest.registries import INBOX_KINDS, InboxKind
from siyu.links.contracts import LinkIn
from siyu.links.services import create_links

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2024, 5, 1, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def empty_inbox() -> Iterator[None]:
    inbox = resolver.inbox()
    while rows := inbox.read():
        inbox.trim(rows[-1].position)
    yield
    while rows := inbox.read():
        inbox.trim(rows[-1].position)


def order(order_no: str, *lines: HookLine, **more: Any) -> HookOrder:
    given = lines or (HookLine(sku="S1", quantity=2, amount="10.50", title="茶"),)  # type: ignore[arg-type]
    return HookOrder(order_no=order_no, paid_at=AT, lines=given, **more)


def put_orders(*orders: HookOrder, shop: str = "shop", trace_id: str = "t1") -> None:
    taken = tuple(received.received_order(one, key_shop=shop) for one in orders)
    resolver.inbox().append(received.ORDER, received.encode(ReceivedOrders(taken)), trace_id)


def put_click(token: str, message_id: str) -> None:
    click = ReceivedClick(token=token, at_ms=1_714_557_600_000, message_id=message_id, is_bot=False, agent="x")
    resolver.inbox().append(received.CLICK, received.encode(click), "t2")


def resolve_all() -> int:
    total = 0
    while passed := resolver.resolve_once():
        total += passed
    return total


def test_orders_of_the_hook_become_people_orders_and_events() -> None:
    put_orders(order("H1", phone="138 1234 1234", member_no="M1", name="王"), order("H2"))
    assert resolve_all() == 1
    assert Order.objects.get(number="H1").amount_fen == 1050
    assert Order.objects.get(number="H1").fragment == Profile.objects.get(display_name="王").fragment
    assert Order.objects.get(number="H2").fragment is None
    assert sorted(Identity.objects.values_list("kind", "namespace")) == [("member", "shop"), ("phone", "")]
    event = Event.objects.filter(name="commerce.order_paid").first()
    assert event is not None
    assert (event.trace_id, event.source) == ("t1", "hook")


def test_an_order_reported_twice_is_there_once() -> None:
    put_orders(order("H1"))
    put_orders(order("H1"))
    resolve_all()
    assert (Order.objects.count(), OrderLine.objects.count()) == (1, 1)
    assert Event.objects.filter(name__startswith="commerce").count() == 1


def test_equal_lines_of_one_report_are_two_and_numbered_ones_one() -> None:
    line = HookLine(sku="S", quantity=1, amount="1")  # type: ignore[arg-type]
    numbered = HookLine(sku="S", quantity=1, amount="1", line_no="7")  # type: ignore[arg-type]
    put_orders(order("H1", line, line), order("H2", numbered, numbered), order("H1", line, line, line))
    resolve_all()
    assert Order.objects.get(number="H1").line_count == 3
    assert Order.objects.get(number="H2").line_count == 1


def test_clicks_become_events_once() -> None:
    with records.transaction():
        (token,) = create_links([LinkIn("https://example.com/", None, "plan:1", "t3")])
    for message_id in ("m1", "m1", "m2"):
        put_click(token, message_id)
    put_click("unknown", "m3")
    assert resolve_all() == 4
    assert Event.objects.filter(name="links.clicked").count() == 2


def test_a_poisoned_row_waits_aside_and_delays_nobody(caplog: pytest.LogCaptureFixture) -> None:
    put_orders(order("H1"))
    resolver.inbox().append(received.ORDER, b"not json", "bad")
    resolver.inbox().append("unheard_of", b"{}", "bad")
    put_orders(order("H2"))
    with caplog.at_level(logging.WARNING):
        assert resolve_all() == 4
    assert sorted(Order.objects.values_list("number", flat=True)) == ["H1", "H2"]
    assert [(row.kind, bytes(row.body)) for row in PoisonedRow.objects.order_by("pk")] == [
        ("order", b"not json"), ("unheard_of", b"{}"),
    ]  # fmt: skip
    assert "is set aside" in caplog.text
    assert resolver.inbox().waiting_count() == 0


def test_a_failing_store_is_no_reason_to_set_rows_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    put_click("x", "m1")

    def broken(_: object) -> None:
        raise OperationalError("database is locked")

    kept = INBOX_KINDS.get(received.CLICK)
    monkeypatch.setitem(INBOX_KINDS._things, received.CLICK, InboxKind(received.CLICK, broken))
    with pytest.raises(OperationalError):
        resolver.resolve_once()
    assert PoisonedRow.objects.count() == 0
    monkeypatch.setitem(INBOX_KINDS._things, received.CLICK, kept)
    assert resolve_all() == 1


def test_rows_that_were_taken_are_not_taken_again_though_they_still_lie_there() -> None:
    put_orders(order("H1"))
    rows = resolver.inbox().read()
    assert resolver._take(rows) == 1
    # The process dies here, before it trims; the next one finds the row and its cursor beyond it.
    assert resolver._take(rows) == 0
    assert resolver.resolve_once() == 0
    cursor = ResolverCursor.objects.get()
    assert Position(cursor.xid, cursor.row_id) == rows[0].position
    put_orders(order("H2"))
    assert resolve_all() == 1
    assert Order.objects.count() == 2


def test_the_limit_is_kept() -> None:
    for number in range(5):
        put_orders(order(f"H{number}"))
    assert [resolver.resolve_once(limit=2) for _ in range(4)] == [2, 2, 1, 0]

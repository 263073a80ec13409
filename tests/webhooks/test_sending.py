"""From an event to its arrival: signed, once, again when it failed, and past those who hang."""

from __future__ import annotations

import json
import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from tests.support.organisation import person
from tests.webhooks.conftest import Receiver, is_genuine

from siyu.audit.models import Entry
from siyu.eventlog import records, runner
from siyu.eventlog.contracts import NewEvent
from siyu.eventlog.services import publish
from siyu.kernel import clock
from siyu.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from siyu.org import queries as org
from siyu.org import services as org_services
from siyu.org.contracts import STRANGER, SYSTEM, NodeKind
from siyu.org.events import NODE_CHANGED
from siyu.org.models import Notice, Staff
from siyu.webhooks import kinds, queries, rules, sending, services, subscribers
from siyu.webhooks.contracts import ALL_EVENTS, DeliveryState, EndpointState, NewEndpoint
from siyu.webhooks.models import Delivery, Endpoint

pytestmark = pytest.mark.django_db(transaction=True)


def happen(count: int = 1) -> None:
    """Publishes events and hands them to the subscriber."""
    with records.transaction():
        publish([NewEvent(NODE_CHANGED, clock.now(), {"node_id": n, "change": "moved"}) for n in range(count)])
    ends_at = time.monotonic() + 10
    while not Delivery.objects.filter(state="waiting").count() >= count and time.monotonic() < ends_at:
        runner.drain(subscribers.EVENTS)


def states() -> list[str]:
    return list(Delivery.objects.order_by("pk").values_list("state", flat=True))


def later(monkeypatch: pytest.MonkeyPatch, **delta: float) -> None:
    moment = clock.now() + timedelta(**delta)
    monkeypatch.setattr(clock, "now", lambda: moment)


def test_an_event_arrives_signed(endpoint: NewEndpoint, receiver: Receiver) -> None:
    happen()
    assert sending.endpoints_due() == [endpoint.id]
    assert sending.serve(endpoint.id) == 1
    ((headers, body),) = receiver.got
    timestamp = int(headers["Siyu-Timestamp"])
    assert is_genuine(endpoint.secret, timestamp, body, headers["Siyu-Signature"], now=int(time.time()))
    told = json.loads(body)
    assert (told["event"], told["data"], told["id"]) == (
        NODE_CHANGED, {"node_id": 0, "change": "moved"}, headers["Siyu-Id"],
    )  # fmt: skip
    assert sending.endpoints_due() == []
    (delivery,) = queries.deliveries(SYSTEM, endpoint.id).items
    assert (delivery.state, delivery.status, delivery.answer) == (DeliveryState.DONE, 200, "ok")


def test_only_chosen_events_are_queued_and_each_once(receiver: Receiver) -> None:
    services.create_endpoint(viewer=SYSTEM, name="Staff", url=receiver.url, events=["org.staff_changed"])
    both = services.create_endpoint(viewer=SYSTEM, name="Both", url=receiver.url, events=[NODE_CHANGED])
    happen(3)
    assert set(Delivery.objects.values_list("endpoint_id", flat=True)) == {both.id}
    assert Delivery.objects.count() == 3


def test_a_failure_is_tried_again_and_at_last_given_up(
    endpoint: NewEndpoint, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver.answer = 503
    happen()
    sending.serve(endpoint.id)
    assert sending.serve(endpoint.id) == 0
    for _ in range(rules.MAX_ATTEMPTS - 1):
        Endpoint.objects.update(state="active", rest_until=None)
        later(monkeypatch, days=2)
        assert sending.serve(endpoint.id) == 1
    assert states() == ["failed"]
    assert len(set(receiver.ids)) == 1
    assert len(receiver.ids) == rules.MAX_ATTEMPTS
    receiver.answer = 200
    Endpoint.objects.update(state="active", rest_until=None)
    services.replay(viewer=SYSTEM, delivery_id=Delivery.objects.get().pk)
    sending.serve(endpoint.id)
    assert states() == ["done"]


def test_after_a_failure_the_endpoint_rests_and_nothing_else_is_tried(
    endpoint: NewEndpoint, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver.answer = 500
    happen(5)
    assert sending.serve(endpoint.id) == 1
    assert sending.endpoints_due() == []
    receiver.answer = 200
    later(monkeypatch, seconds=3)
    assert sending.serve(endpoint.id) == 4
    later(monkeypatch, seconds=20)
    assert sending.serve(endpoint.id) == 1
    assert set(states()) == {"done"}
    assert queries.endpoint(SYSTEM, endpoint.id).problem == ""


def test_a_day_of_failures_pauses_with_the_reason(
    endpoint: NewEndpoint, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, owner: Staff
) -> None:
    person("store_manager", org.root().id)
    receiver.answer = 410
    happen(20)
    for _ in range(14):
        later(monkeypatch, hours=2)
        sending.serve(endpoint.id)
    view = queries.endpoint(SYSTEM, endpoint.id)
    assert (view.state, view.problem) == (EndpointState.PAUSED, "HTTP 410")
    # Once, to those who may mend it: the owner, and nobody of the shops.
    (told,) = Notice.objects.filter(kind=kinds.PAUSED)
    assert (told.staff_id, told.object_id, told.count) == (owner.pk, endpoint.id, 1)
    happen(1)
    before = len(receiver.got)
    assert sending.serve(endpoint.id) == 0
    receiver.answer = 200
    services.switch_on(viewer=SYSTEM, endpoint_id=endpoint.id)
    later(monkeypatch, days=1)
    sending.serve(endpoint.id)
    assert len(receiver.got) > before


def test_whoever_dies_between_answer_and_record_sends_the_same_again(
    endpoint: NewEndpoint, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    happen(3)

    def die(name: str) -> None:
        if name == "webhooks.send.answered":
            raise SystemExit

    monkeypatch.setattr(sending, "failpoint", die)
    with pytest.raises(SystemExit):
        sending.serve(endpoint.id)
    assert states() == ["waiting"] * 3
    monkeypatch.undo()
    with pytest.MonkeyPatch.context() as again:
        from django.conf import settings

        again.setattr(settings, "SIYU", settings.SIYU.model_copy(update={"sandbox": True}))
        sending.serve(endpoint.id)
    assert states() == ["done"] * 3
    assert receiver.ids[:3] == receiver.ids[3:]


def test_two_workers_do_not_serve_one_endpoint(endpoint: NewEndpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    happen()
    assert sending._take(endpoint.id, "other")
    assert (sending.endpoints_due(), sending.serve(endpoint.id)) == ([], 0)
    later(monkeypatch, seconds=61)
    assert sending.endpoints_due() == [endpoint.id]


def test_a_lost_lease_records_nothing(endpoint: NewEndpoint, receiver: Receiver) -> None:
    happen()

    def stolen(handler: Any) -> None:
        Endpoint.objects.update(lease_owner="thief")
        connection.close()
        handler.send_response(200)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    receiver.answer = stolen
    assert sending.serve(endpoint.id) == 0
    assert states() == ["waiting"]
    assert Endpoint.objects.get().lease_owner == "thief"


def hanging_at(receiver: Receiver) -> tuple[str, threading.Event]:
    """An address of the receiver that says nothing until it is released, and what releases it."""
    released = threading.Event()

    def hang(handler: Any) -> None:
        if "slow" in handler.path:
            released.wait(8)
        handler.send_response(200)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    receiver.answer = hang
    return receiver.url.replace("/hook", "/slow"), released


def test_one_that_hangs_holds_up_nobody(endpoint: NewEndpoint, receiver: Receiver) -> None:
    slow_url, released = hanging_at(receiver)
    slow = services.create_endpoint(viewer=SYSTEM, name="Slow", url=slow_url, events=[ALL_EVENTS])
    happen(20)
    dispatcher = sending.Dispatcher()
    assert dispatcher.start_due() == 2
    healthy = Delivery.objects.filter(endpoint_id=endpoint.id, state="done")
    ends_at = time.monotonic() + 7
    while healthy.count() < 20 and time.monotonic() < ends_at:
        time.sleep(0.05)
    assert (healthy.count(), Delivery.objects.filter(endpoint_id=slow.id, state="done").count()) == (20, 0)
    released.set()
    slowly = Delivery.objects.filter(endpoint_id=slow.id, state="done")
    while slowly.count() < 20 and time.monotonic() < ends_at + 10:
        time.sleep(0.05)
    assert slowly.count() == 20
    # Its threads end before the database is emptied.
    dispatcher.stop()


def test_many_that_hang_leave_room_for_one_that_answers(
    endpoint: NewEndpoint, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "SLOTS", 4)
    monkeypatch.setattr(sending, "TROUBLED_SLOTS", 2)
    slow_url, released = hanging_at(receiver)
    for number in range(5):
        services.create_endpoint(viewer=SYSTEM, name=f"Slow {number}", url=slow_url, events=[ALL_EVENTS])
    happen(2)
    # They have hung before, and it is their turn: the one that answers was served last.
    Endpoint.objects.exclude(pk=endpoint.id).update(failure_count=1)
    Endpoint.objects.filter(pk=endpoint.id).update(lease_until=clock.now())
    dispatcher = sending.Dispatcher()
    try:
        assert dispatcher.start_due() == 3
        assert dispatcher.start_due() == 0
        healthy = Delivery.objects.filter(endpoint_id=endpoint.id, state="done")
        ends_at = time.monotonic() + 6
        while healthy.count() < 2 and time.monotonic() < ends_at:
            time.sleep(0.05)
        assert healthy.count() == 2
    finally:
        released.set()
        dispatcher.stop()


def test_ping_range_and_switches_are_written_down(
    endpoint: NewEndpoint, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery_id = services.ping(viewer=SYSTEM, endpoint_id=endpoint.id)
    sending.serve(endpoint.id)
    assert queries.delivery(SYSTEM, delivery_id).state is DeliveryState.DONE
    assert json.loads(receiver.got[0][1])["event"] == "siyu.ping"
    start, end = clock.now() - timedelta(hours=1), clock.now() + timedelta(hours=1)
    again = {"viewer": SYSTEM, "endpoint_id": endpoint.id, "since": start, "until": end}
    assert services.replay_range(**again) == 0
    assert services.replay_range(**again, failed_only=False) == 1
    sending.serve(endpoint.id)
    assert receiver.ids[0] == receiver.ids[1]
    services.switch_off(viewer=SYSTEM, endpoint_id=endpoint.id)
    services.ping(viewer=SYSTEM, endpoint_id=endpoint.id)
    assert sending.endpoints_due() == []
    renewed = services.rotate_secret(viewer=SYSTEM, endpoint_id=endpoint.id)
    assert renewed.secret != endpoint.secret
    kept = set(Entry.objects.filter(object_kind="webhook").values_list("action", flat=True))
    assert kept == {"webhook.created", "webhook.pinged", "webhook.replayed", "webhook.state", "webhook.rotated"}
    assert not Entry.objects.filter(after_json__contains=endpoint.secret).exists()
    with pytest.raises(InvalidInput):
        services.replay_range(viewer=SYSTEM, endpoint_id=endpoint.id, since=end, until=start)


def test_changing_and_refusing(endpoint: NewEndpoint, receiver: Receiver) -> None:
    change = {"viewer": SYSTEM, "endpoint_id": endpoint.id, "url": receiver.url, "events": [NODE_CHANGED]}
    services.change_endpoint(**change, version=1, name="ERP 2")
    assert queries.endpoint(SYSTEM, endpoint.id).events == (NODE_CHANGED,)
    with pytest.raises(Conflict):
        services.change_endpoint(**change, version=1, name="ERP 3")
    for bad in ({"events": []}, {"events": ["nothing.such"]}, {"name": " "}, {"url": "ftp://x"}):
        with pytest.raises(InvalidInput):
            services.create_endpoint(
                **{"viewer": SYSTEM, "name": "X", "url": receiver.url, "events": [ALL_EVENTS]} | bad
            )
    with pytest.raises(NotFound):
        queries.endpoint(SYSTEM, 999)
    with pytest.raises(NotAllowed):
        queries.endpoints(STRANGER)


def test_the_secret_is_sealed(endpoint: NewEndpoint) -> None:
    row = Endpoint.objects.get()
    assert endpoint.secret.encode() not in bytes(row.secret_sealed)
    assert services.secret_of(row) == endpoint.secret


def test_only_who_sees_the_whole_brand_manages_them(endpoint: NewEndpoint) -> None:
    node_id = org_services.create_node(
        viewer=SYSTEM, parent_id=org.root().id, kind=NodeKind.REGION, name="East", code="E"
    )
    part = SYSTEM.narrowed(org.node(SYSTEM, node_id).path)
    assert queries.endpoints(part) != []
    with pytest.raises(NotAllowed):
        from dataclasses import replace

        queries.endpoints(replace(part, granted=part.scope))

"""Membership: micro-batches and rebuilds, in any order and with any deaths, lead to what a rebuild alone leads to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count as counting

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyroaring import BitMap
from tests.support.log import published

from siyu.audiences import evaluation, events, lease, membership, queries, services
from siyu.audiences.contracts import AudienceState, NotBuilt
from siyu.audiences.models import Audience, AudienceDelta, Evaluation, Members
from siyu.commerce import services as commerce
from siyu.commerce.contracts import LineIn, OrderIn, RefundIn
from siyu.customers import services as customers
from siyu.customers.contracts import IdentityKey, IdentityKind, PersonIn
from siyu.eventlog import jobs, records
from siyu.eventlog.contracts import LeaseLost, Position
from siyu.eventlog.models import Job
from siyu.eventlog.services import start_job
from siyu.kernel import clock, ids
from siyu.kernel.settings import load
from siyu.org.contracts import SYSTEM
from siyu.warehouse import services as shipping
from siyu.warehouse.client import Warehouse
from siyu.warehouse.contracts import WarehouseUnavailable

pytestmark = [pytest.mark.warehouse, pytest.mark.django_db(transaction=True)]
NOW = datetime(2026, 5, 20, 4, tzinfo=UTC)
NUMBERS = counting(1)

TWO_ORDERS = {"leaf": "order_count", "op": ">=", "value": 2, "within_days": 30}
RULES = (
    TWO_ORDERS,
    {"leaf": "order_count", "op": "=", "value": 0},
    {"all": [{"leaf": "net_sales", "op": ">", "value": 50}, {"none": [{"leaf": "last_order", "older_than_days": 10}]}]},
    {"any": [
        {"leaf": "attribute", "name": "city", "op": "is", "value": "上海"}, {"leaf": "first_order", "within_days": 5},
    ]},
    {"leaf": "last_order", "never": True},
)  # fmt: skip


@pytest.fixture(autouse=True)
def held_clock(warehouse: Warehouse) -> Iterator[None]:
    with clock.frozen(NOW):
        yield


def meet(number: int, **attributes: str) -> int:
    with records.transaction():
        key = IdentityKey(IdentityKind.MEMBER, "main", str(number))
        person = PersonIn((key,), NOW - timedelta(days=20), attributes=attributes)
        return customers.ensure_people([person], source="tests", trace_id="")[0]


def order(customer_id: int, *, fen: int = 3_000, days_ago: int = 1) -> None:
    number = str(next(NUMBERS))
    line = LineIn(ids.digest16(number), "sku", "title", 1, fen)
    paid = OrderIn("main", number, customer_id, NOW - timedelta(days=days_ago), (line,))
    with records.transaction():
        commerce.record_orders([paid], [], source="tests", trace_id="")


def refund(customer_id: int, *, fen: int) -> None:
    number = str(next(NUMBERS))
    line = LineIn(ids.digest16(number), "sku", "title", 1, fen)
    with records.transaction():
        back = RefundIn("main", number, customer_id, NOW - timedelta(minutes=1), (line,))
        commerce.record_orders([], [back], source="tests", trace_id="")


def create(rule: dict, name: str = "") -> int:
    return services.create_audience(viewer=SYSTEM, name=name or f"audience {next(NUMBERS)}", rule=rule)


def run_jobs() -> None:
    while jobs.run_next():
        pass


def evaluate() -> None:
    """Until the log is followed to where the warehouse is."""
    while evaluation.evaluate_once():
        pass


def ship() -> None:
    """Until the warehouse has all events; on PostgreSQL other tests' transactions may hide some for a moment."""
    services.wait_until_shipped(timeout_seconds=20)


def settle() -> None:
    ship()
    evaluate()


def told() -> list[tuple[str, int | None, int]]:
    """(entered or left, customer, audience), in the order of the log."""
    return [
        (event.name, event.fragment_id, event.body["audience_id"])
        for event in published()
        if event.name in {events.ENTERED, events.LEFT}
    ]


def computed(audience_id: int) -> BitMap:
    """What the rule means now, by the planner over everybody."""
    return queries.customer_ids(SYSTEM, queries.audience(SYSTEM, audience_id).rule, clock.now())


def test_the_first_members_are_put_in_place_silently() -> None:
    first, second = meet(1), meet(2)
    order(first)
    order(first)
    ship()
    audience_id = create(TWO_ORDERS)
    with pytest.raises(NotBuilt):
        queries.member_ids(SYSTEM, audience_id)
    run_jobs()
    assert list(queries.member_ids(SYSTEM, audience_id)) == [first]
    assert second not in queries.member_ids(SYSTEM, audience_id)
    assert told() == []
    view = queries.audience(SYSTEM, audience_id)
    assert (view.state, view.member_count, view.fresh_at) == (AudienceState.READY, 1, NOW)


def test_entering_and_leaving_are_told_once_with_their_delta() -> None:
    person = meet(1)
    audience_id = create({"leaf": "net_sales", "op": ">=", "value": 50})
    ship()
    run_jobs()
    order(person, fen=6_000)
    settle()
    assert list(queries.member_ids(SYSTEM, audience_id)) == [person]
    refund(person, fen=2_000)
    settle()
    assert list(queries.member_ids(SYSTEM, audience_id)) == []
    assert told() == [(events.ENTERED, person, audience_id), (events.LEFT, person, audience_id)]
    lease_row = Evaluation.objects.get(pk=lease.NAME)
    Evaluation.objects.filter(pk=lease_row.pk).update(xid=0, event_id=0)
    settle()
    assert len(told()) == 2
    assert queries.audience(SYSTEM, audience_id).member_count == 0


def test_nothing_is_evaluated_before_the_warehouse_has_it() -> None:
    person = meet(1)
    audience_id = create({"leaf": "order_count", "op": ">=", "value": 1})
    ship()
    run_jobs()
    evaluate()
    before = lease.position()
    order(person)
    evaluate()
    assert lease.position() == before
    assert told() == []
    settle()
    assert told() == [(events.ENTERED, person, audience_id)]


def test_a_newcomer_enters_what_holds_for_people_without_events() -> None:
    audience_id = create({"leaf": "last_order", "never": True})
    ship()
    run_jobs()
    person = meet(1)
    settle()
    assert told() == [(events.ENTERED, person, audience_id)]


def test_an_audience_that_follows_other_events_is_left_alone() -> None:
    person = meet(1)
    audience_id = create({"leaf": "attribute", "name": "city", "op": "is_set"})
    ship()
    run_jobs()
    settle()
    version = Members.objects.get(pk=audience_id).version
    order(person)
    settle()
    assert Members.objects.get(pk=audience_id).version == version
    meet(1, city="上海")
    settle()
    assert list(queries.member_ids(SYSTEM, audience_id)) == [person]


def test_a_long_backlog_is_caught_up_in_one_go(monkeypatch: pytest.MonkeyPatch) -> None:
    person = meet(1)
    audience_id = create({"leaf": "order_count", "op": ">=", "value": 1})
    ship()
    run_jobs()
    monkeypatch.setattr(evaluation, "CATCH_UP_EVENTS", 0)
    order(person)
    ship()
    evaluation.evaluate_once()
    assert told() == [(events.ENTERED, person, audience_id)]
    assert lease.position() >= published()[-2].position


def test_folding_keeps_the_members() -> None:
    people = [meet(number) for number in range(5)]
    audience_id = create({"leaf": "order_count", "op": ">=", "value": 1})
    ship()
    run_jobs()
    for person in people[:3]:
        order(person)
    settle()
    assert AudienceDelta.objects.count() == 3
    assert evaluation.fold_once() == 0
    with clock.frozen(NOW + timedelta(seconds=evaluation.FOLD_AFTER_SECONDS)):
        assert evaluation.fold_once() == 3
    assert AudienceDelta.objects.count() == 0
    assert list(queries.member_ids(SYSTEM, audience_id)) == people[:3]


def test_a_write_on_outdated_members_is_refused() -> None:
    audience_id = create(TWO_ORDERS)
    ship()
    run_jobs()
    held = membership.read(audience_id)
    args = {"audience_id": audience_id, "held": held, "left": BitMap(), "position": Position(0, 1), "reason": "event"}
    with records.transaction():
        membership.change(entered=BitMap([7]), **args)
    with pytest.raises(membership.MembersMoved), records.transaction():
        membership.change(entered=BitMap([8]), **args)
    assert list(membership.read(audience_id).ids) == [7]


def test_whoever_has_lost_the_turn_writes_nothing() -> None:
    with lease.turn() as turn:
        assert turn is not None
        Evaluation.objects.update(lease_owner="somebody else")
        with pytest.raises(LeaseLost), records.transaction():
            turn.renew()
    with lease.turn() as other:
        assert other is None


def test_a_failed_computation_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    audience_id = create(TWO_ORDERS)
    with monkeypatch.context() as patched:
        patched.setattr(load(), "warehouse_url", "http://siyu:wrong@127.0.0.1:9/none")
        with pytest.raises(WarehouseUnavailable):
            evaluation.rebuild(audience_id)
        view = queries.audience(SYSTEM, audience_id)
        assert (view.state, view.is_stale) == (AudienceState.FAILED, True)
        assert "does not answer" in view.error
    evaluation.rebuild(audience_id)
    assert queries.audience(SYSTEM, audience_id).state is AudienceState.READY


def test_an_edit_computes_anew_and_so_do_those_who_refer_to_it() -> None:
    person, other = meet(1), meet(2)
    order(person)
    ship()
    inner = create({"leaf": "order_count", "op": ">=", "value": 1}, "inner")
    outer = create({"none": [{"leaf": "audience", "id": inner}]}, "outer")
    run_jobs()
    assert list(queries.member_ids(SYSTEM, outer)) == [other]
    services.update_audience(viewer=SYSTEM, audience_id=inner, version=1, rule={"leaf": "last_order", "never": True})
    with pytest.raises(NotBuilt):
        queries.member_ids(SYSTEM, outer)
    run_jobs()
    assert list(queries.member_ids(SYSTEM, inner)) == [other]
    assert list(queries.member_ids(SYSTEM, outer)) == [person]
    assert told() == []


def test_ranks_are_computed_as_a_whole_only() -> None:
    person, other = meet(1), meet(2)
    order(person, fen=100)
    order(other, fen=900)
    ship()
    audience_id = create({"leaf": "rfm", "m": [5]})
    run_jobs()
    assert list(queries.member_ids(SYSTEM, audience_id)) == [other]
    order(person, fen=9_000)
    settle()
    assert not queries.audience(SYSTEM, audience_id).is_live
    assert list(queries.member_ids(SYSTEM, audience_id)) == [other]
    evaluation.rebuild(audience_id)
    assert list(queries.member_ids(SYSTEM, audience_id)) == [person]
    assert told() == [(events.ENTERED, person, audience_id), (events.LEFT, other, audience_id)]


def test_the_hourly_computation_moves_windows() -> None:
    person = meet(1)
    order(person, days_ago=2)
    ship()
    audience_id = create({"leaf": "last_order", "within_days": 10})
    run_jobs()
    with clock.frozen(NOW + timedelta(days=9)):
        job = jobs_of_all()
        assert job.result_json == '{"rebuilt": 1, "failed": []}'
        assert list(queries.member_ids(SYSTEM, audience_id)) == []
        assert queries.audience(SYSTEM, audience_id).fresh_at == clock.now()
    assert told() == [(events.LEFT, person, audience_id)]


def jobs_of_all() -> Job:
    job_id = start_job(kind="audiences.rebuild_all")
    assert jobs.run_job(job_id=job_id)
    return Job.objects.get(pk=job_id)


class Died(BaseException):
    """As a killed process: nothing catches it."""


@pytest.mark.parametrize(
    "place",
    [
        "audiences.change.after_deltas",
        "audiences.batch.before_move",
        "audiences.rebuild.after_query",
        "audiences.rebuild.between_writes",
        "audiences.fold.before_delete",
    ],
)
def test_a_death_anywhere_loses_and_doubles_nothing(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    people = [meet(number) for number in range(4)]
    audience_id = create({"leaf": "order_count", "op": ">=", "value": 1})
    ship()
    run_jobs()
    # Up to date, so that the orders are a batch: from far behind (other tests' events count) all is computed anew.
    evaluate()
    for person in people[:3]:
        order(person)
    ship()
    monkeypatch.setattr(membership, "CHANGES_PER_WRITE", 1)
    armed = [place]

    def die_once(name: str) -> None:
        if name in armed:
            armed.remove(name)
            raise Died(name)

    for module in (evaluation, membership):
        monkeypatch.setattr(module, "failpoint", die_once)
    work = {"batch": evaluation.evaluate_once, "change": evaluation.evaluate_once}
    step = work.get(place.split(".")[1], lambda: evaluation.rebuild(audience_id))
    for _life in range(2):
        for action in (step, lambda: membership.fold(audience_id)):
            try:
                action()
            except Died:
                # The dead holder's lease runs out.
                Evaluation.objects.update(lease_until=NOW - timedelta(seconds=1))
    settle()
    assert armed == []
    assert list(queries.member_ids(SYSTEM, audience_id)) == people[:3]
    assert sorted(told()) == [(events.ENTERED, person, audience_id) for person in people[:3]]
    assert queries.audience(SYSTEM, audience_id).member_count == 3


# --- interleavings ---------------------------------------------------------------------------------------------------

steps = st.one_of(
    st.tuples(st.just("meet"), st.integers(1, 6), st.sampled_from(["", "上海", "北京"])),
    st.tuples(st.just("order"), st.integers(1, 6), st.sampled_from([1_000, 6_000])),
    st.tuples(st.just("refund"), st.integers(1, 6), st.sampled_from([500, 5_000])),
    st.sampled_from(["ship events", "ship profiles", "evaluate", "fold", "rebuild", "again"]).map(lambda w: (w, 0, 0)),
)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(script=st.lists(steps, min_size=5, max_size=30))
def test_any_interleaving_ends_where_a_rebuild_ends(warehouse: Warehouse, script: list[tuple]) -> None:
    ship()
    audience_ids = [create(rule) for rule in RULES]
    run_jobs()
    first = {audience_id: set(queries.member_ids(SYSTEM, audience_id)) for audience_id in audience_ids}
    skipped = len(told())
    for what, number, detail in script:
        _do(what, number, detail, audience_ids)
    settle()
    for audience_id in audience_ids:
        members = set(queries.member_ids(SYSTEM, audience_id))
        assert members == set(computed(audience_id))
        assert queries.audience(SYSTEM, audience_id).member_count == len(members)
        # Entries and exits, told in turns, lead from the first members to the last.
        replayed = set(first[audience_id])
        for name, customer_id, of in told()[skipped:]:
            if of == audience_id:
                (replayed.add if name == events.ENTERED else replayed.remove)(customer_id)
        assert replayed == members
    Audience.objects.update(state=AudienceState.ARCHIVED)


def _do(what: str, number: int, detail: object, audience_ids: list[int]) -> None:
    if what == "meet":
        meet(number, **({"city": str(detail)} if detail else {}))
    elif what == "order":
        order(meet(number), fen=int(str(detail)))
    elif what == "refund":
        refund(meet(number), fen=int(str(detail)))
    elif what == "ship events":
        shipping.ship_events_once()
    elif what == "ship profiles":
        shipping.ship_projections_once()
    elif what == "evaluate":
        evaluation.evaluate_once()
    elif what == "again":
        # As after a death between the write of members and the move of the position.
        Evaluation.objects.update(xid=0, event_id=0)
    elif what == "fold":
        for audience_id in audience_ids:
            membership.fold(audience_id)
    else:
        evaluation.rebuild(audience_ids[-1])


def test_without_live_audiences_a_trickle_writes_nothing() -> None:
    order(meet(1))
    ship()
    # On PostgreSQL ids go on from test to test: the first look may have far to go.
    evaluation.evaluate_once()
    before = list(Evaluation.objects.values())
    order(meet(2))
    ship()
    assert evaluation.evaluate_once() == 0
    assert list(Evaluation.objects.values()) == before

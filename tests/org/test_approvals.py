"""Approvals: who decides, exactly once, what was approved and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.support.organisation import Chain, person

from siyu.eventlog.models import Event
from siyu.kernel import clock
from siyu.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from siyu.org.contracts import Viewer
from siyu.org.contracts.approvals import ApprovalKind, ApprovalSettled, ApprovalState, ApprovalWaiting
from siyu.org.queries import approvals, notices
from siyu.org.registries import APPROVALS
from siyu.org.services import approvals as services

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 11, 2, tzinfo=UTC)
KIND = "test.act"
versions: dict[int, int] = {}
acts: list[tuple[int, int]] = []
faults: list[Exception] = []


def _perform(viewer: Viewer, object_id: int, args: Any) -> None:
    if faults:
        raise faults[0]
    acts.append((viewer.staff_id or 0, object_id))


if KIND not in APPROVALS:
    APPROVALS.add(KIND, ApprovalKind(KIND, "Act", "plan", versions.get, _perform))


@pytest.fixture(autouse=True)
def _world() -> Iterator[None]:
    versions.clear()
    versions[7] = 1
    acts.clear()
    faults.clear()
    with clock.frozen(NOW):
        yield


@pytest.fixture
def operator(chain: Chain) -> Viewer:
    return person("operator", chain.company)


@pytest.fixture
def boss(chain: Chain) -> Viewer:
    return person("owner", chain.company)


def ask(viewer: Viewer, **changes: Any) -> int:
    values: dict[str, Any] = {
        "kind": KIND, "object_id": 7, "object_version": 1, "title": "Wave", "reason": "Season", "people_count": 12_480,
        "cost_fen": 56_160,
    } | changes  # fmt: skip
    return services.ask(viewer=viewer, **values)


def state(viewer: Viewer, approval_id: int) -> ApprovalState:
    return approvals.approval(viewer, approval_id).state


def test_what_is_approved_is_done_once(operator: Viewer, boss: Viewer) -> None:
    approval_id = ask(operator)
    assert [view.kind for view in notices.notices(boss).items] == ["approval.asked"]
    assert approvals.waiting_for(KIND, 7) == approval_id
    assert (approvals.waiting_count(boss), approvals.waiting_count(operator)) == (1, 0)
    services.decide(viewer=boss, approval_id=approval_id, approve=True, comment="Go")
    assert acts == []
    assert services.perform_approved() == 1
    assert services.perform_approved() == 0
    assert acts == [(operator.staff_id, 7)]
    view = approvals.approval(operator, approval_id)
    assert (view.state, view.decided_name, view.comment) == (ApprovalState.DONE, "owner", "Go")
    assert "approval.settled" in [one.kind for one in notices.notices(operator).items]
    assert Event.objects.filter(name="org.approval_settled").count() == 1
    assert approvals.waiting_for(KIND, 7) is None


def test_nobody_decides_on_their_own_request_nor_without_the_permission(
    operator: Viewer, boss: Viewer, chain: Chain
) -> None:
    mine = ask(operator)
    with pytest.raises(NotAllowed):
        services.decide(viewer=operator, approval_id=mine, approve=True)
    with pytest.raises(NotFound):
        services.decide(viewer=person("analyst", chain.company), approval_id=mine, approve=True)
    second = person("owner", chain.company, "second@example.com")
    own = ask(boss, object_id=9)
    with pytest.raises(NotAllowed):
        services.decide(viewer=boss, approval_id=own, approve=True)
    services.decide(viewer=second, approval_id=own, approve=False)
    assert state(boss, own) is ApprovalState.DECLINED


def test_where_nobody_else_may_approve_it_says_so(boss: Viewer) -> None:
    with pytest.raises(InvalidInput):
        ask(boss)


def test_of_two_decisions_the_first_counts(operator: Viewer, boss: Viewer, chain: Chain) -> None:
    second = person("owner", chain.company, "second@example.com")
    approval_id = ask(operator)
    services.decide(viewer=boss, approval_id=approval_id, approve=False, comment="Not now")
    with pytest.raises(ApprovalSettled):
        services.decide(viewer=second, approval_id=approval_id, approve=True)
    services.perform_approved()
    assert acts == []


def test_what_changed_after_it_was_asked_for_is_void(operator: Viewer, boss: Viewer) -> None:
    approval_id = ask(operator)
    services.decide(viewer=boss, approval_id=approval_id, approve=True)
    versions[7] = 2
    assert services.perform_approved() == 1
    view = approvals.approval(operator, approval_id)
    assert (view.state, acts) == (ApprovalState.VOID, [])
    assert view.problem
    versions.clear()
    gone = ask(operator)
    services.decide(viewer=boss, approval_id=gone, approve=True)
    services.perform_approved()
    assert state(boss, gone) is ApprovalState.VOID


def test_what_nobody_decides_expires_and_can_be_asked_again(operator: Viewer, boss: Viewer) -> None:
    approval_id = ask(operator)
    with pytest.raises(ApprovalWaiting):
        ask(operator)
    with clock.frozen(NOW + services.LIFE + timedelta(seconds=1)):
        assert state(boss, approval_id) is ApprovalState.EXPIRED
        with pytest.raises(ApprovalSettled):
            services.decide(viewer=boss, approval_id=approval_id, approve=True)
        again = ask(operator)
        assert again != approval_id
        with clock.frozen(NOW + 3 * services.LIFE):
            assert services.perform_approved() == 1
    assert acts == []


def test_a_request_can_be_withdrawn_by_who_asked(operator: Viewer, boss: Viewer) -> None:
    approval_id = ask(operator)
    with pytest.raises(NotFound):
        services.withdraw(viewer=boss, approval_id=approval_id)
    services.withdraw(viewer=operator, approval_id=approval_id)
    with pytest.raises(ApprovalSettled):
        services.withdraw(viewer=operator, approval_id=approval_id)
    with pytest.raises(ApprovalSettled):
        services.decide(viewer=boss, approval_id=approval_id, approve=True)


@pytest.mark.parametrize("fault", [InvalidInput(reason="no"), ZeroDivisionError("bug")])
def test_an_action_that_is_refused_says_why_and_is_not_repeated(
    operator: Viewer, boss: Viewer, fault: Exception
) -> None:
    faults.append(fault)
    approval_id = ask(operator)
    services.decide(viewer=boss, approval_id=approval_id, approve=True)
    assert services.perform_approved() == 1
    assert services.perform_approved() == 0
    assert state(operator, approval_id) is ApprovalState.FAILED
    assert approvals.approval(operator, approval_id).problem


def test_thresholds_are_off_until_they_are_set(operator: Viewer, boss: Viewer) -> None:
    assert not approvals.rule(KIND).asks(people_count=10**9, cost_fen=10**9)
    services.set_rule(viewer=boss, kind=KIND, people_from=1_000, cost_fen_from=None, version=0)
    rule = approvals.rule(KIND)
    assert rule.asks(people_count=1_000, cost_fen=0)
    assert not rule.asks(people_count=999, cost_fen=10**9)
    with pytest.raises(Conflict):
        services.set_rule(viewer=boss, kind=KIND, people_from=None, cost_fen_from=None, version=9)
    services.set_rule(viewer=boss, kind=KIND, people_from=None, cost_fen_from=500, version=rule.version)
    assert approvals.rule(KIND).asks(people_count=0, cost_fen=500)
    with pytest.raises(InvalidInput):
        services.set_rule(viewer=boss, kind=KIND, people_from=0, cost_fen_from=None, version=2)
    with pytest.raises(NotAllowed):
        services.set_rule(viewer=operator, kind=KIND, people_from=1, cost_fen_from=None, version=2)


def test_lists_follow_on_and_show_only_what_concerns_the_viewer(
    operator: Viewer, boss: Viewer, chain: Chain, django_assert_num_queries: Any
) -> None:
    ask(operator, object_id=1)
    with django_assert_num_queries(2):
        approvals.approvals(boss)
    for object_id in (2, 3):
        ask(operator, object_id=object_id)
    with django_assert_num_queries(2):
        first = approvals.approvals(boss, pending=True, limit=2)
    assert len(approvals.approvals(boss, cursor=first.next_cursor).items) == 1
    assert len(approvals.approvals(operator).items) == 3
    assert approvals.approvals(person("analyst", chain.company)).items == []
    assert approvals.approvals(boss, pending=False).items == []

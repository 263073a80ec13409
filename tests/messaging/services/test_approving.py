"""A launch that needs a second person: off by default, asked for by size, launched as approved and not otherwise."""

from __future__ import annotations

import pytest
from tests.support import messaging as brand
from tests.support.organisation import Chain, person

from siyu.audiences.models import Audience
from siyu.kernel.errors import InvalidInput
from siyu.messaging import queries, services
from siyu.messaging.contracts import LAUNCH_APPROVAL, PLAN_FINISHED, PlanState, WrongState
from siyu.messaging.models import Outbox, Plan
from siyu.messaging.services.plans import finish_plans
from siyu.org.contracts import SYSTEM, Viewer
from siyu.org.contracts.approvals import ApprovalNeeded, ApprovalState
from siyu.org.queries import approvals, notices
from siyu.org.services import approvals as deciding

pytestmark = pytest.mark.django_db


@pytest.fixture
def chain(db: None) -> Chain:
    return Chain.make()


@pytest.fixture
def operator(chain: Chain) -> Viewer:
    return person("operator", chain.company)


@pytest.fixture
def boss(chain: Chain) -> Viewer:
    return person("owner", chain.company)


@pytest.fixture
def plan_id(operator: Viewer) -> int:
    made: int = brand.plan(brand.people(range(1, 21)), brand.account(), holdout_percent=0)
    Plan.objects.filter(pk=made).update(created_by=operator.staff_id)
    return made


def limit(boss: Viewer, people_from: int) -> None:
    deciding.set_rule(viewer=boss, kind=LAUNCH_APPROVAL, people_from=people_from, cost_fen_from=None, version=0)


def test_without_a_threshold_and_below_it_nobody_is_asked(operator: Viewer, boss: Viewer, plan_id: int) -> None:
    limit(boss, 21)
    services.launch_plan(viewer=operator, plan_id=plan_id)
    assert queries.plan(SYSTEM, plan_id).state is PlanState.LAUNCHING


def test_from_the_threshold_on_the_launch_waits_and_then_starts_by_itself(
    operator: Viewer, boss: Viewer, plan_id: int
) -> None:
    limit(boss, 20)
    with pytest.raises(ApprovalNeeded):
        services.launch_plan(viewer=operator, plan_id=plan_id)
    approval_id = services.ask_to_launch(viewer=operator, plan_id=plan_id, reason="Season")
    view = approvals.approval(boss, approval_id)
    assert (view.people_count, view.title) == (20, queries.plan(SYSTEM, plan_id).name)
    deciding.decide(viewer=boss, approval_id=approval_id, approve=True)
    deciding.perform_approved()
    plan = queries.plan(SYSTEM, plan_id)
    assert plan.state is PlanState.LAUNCHING
    assert plan.job_id is not None
    brand.run(plan.job_id)
    assert Outbox.objects.count() == 20
    assert deciding.perform_approved() == 0


def test_a_plan_or_audience_that_changed_since_is_not_launched(operator: Viewer, boss: Viewer, plan_id: int) -> None:
    limit(boss, 20)
    first = services.ask_to_launch(viewer=operator, plan_id=plan_id, reason="Season")
    version = queries.plan(SYSTEM, plan_id).version
    services.update_plan(viewer=operator, plan_id=plan_id, version=version, holdout_percent=10)
    deciding.decide(viewer=boss, approval_id=first, approve=True)
    deciding.perform_approved()
    assert approvals.approval(boss, first).state is ApprovalState.VOID
    limited = approvals.rule(LAUNCH_APPROVAL)
    assert limited.is_on
    second = services.ask_to_launch(viewer=operator, plan_id=plan_id, reason="Season")
    audience_id = queries.plan(SYSTEM, plan_id).audience["saved"]
    Audience.objects.filter(pk=audience_id).update(version=99)
    deciding.decide(viewer=boss, approval_id=second, approve=True)
    deciding.perform_approved()
    assert approvals.approval(boss, second).state is ApprovalState.VOID
    assert queries.plan(SYSTEM, plan_id).state is PlanState.DRAFT


def test_only_a_draft_with_a_reason_is_asked_for(operator: Viewer, boss: Viewer, plan_id: int) -> None:
    with pytest.raises(InvalidInput):
        services.ask_to_launch(viewer=operator, plan_id=plan_id, reason=" ")
    services.launch_plan(viewer=operator, plan_id=plan_id)
    with pytest.raises(WrongState):
        services.ask_to_launch(viewer=operator, plan_id=plan_id, reason="Season")


def test_who_made_a_plan_hears_that_it_is_finished(operator: Viewer, plan_id: int) -> None:
    Plan.objects.filter(pk=plan_id).update(state=PlanState.RUNNING)
    assert finish_plans() == 1
    assert finish_plans() == 0
    assert PLAN_FINISHED in [view.kind for view in notices.notices(operator).items]

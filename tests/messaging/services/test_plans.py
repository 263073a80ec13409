"""Plans as drafts: written, changed by one at a time, checked before they start, stopped and resumed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.support import messaging as brand

from siyu.eventlog import queries as log
from siyu.eventlog.contracts import JobState
from siyu.kernel import clock
from siyu.kernel.errors import InvalidInput, NotAllowed, NotFound
from siyu.messaging import queries, services
from siyu.messaging.contracts import BadText, OutboxState, PlanChanged, PlanState, WrongState
from siyu.org.contracts import STRANGER, SYSTEM

pytestmark = pytest.mark.django_db


@pytest.fixture
def account_id() -> int:
    return brand.account()


def draft(account_id: int, **changes) -> int:
    return brand.plan(brand.people(range(1, 4)), account_id, **changes)


def test_a_draft_keeps_what_was_written(account_id):
    plan_id = draft(account_id, name=" Spring ", holdout_percent=20, window_days=14)
    view = queries.plan(SYSTEM, plan_id)
    assert (view.name, view.state, view.version) == ("Spring", PlanState.DRAFT, 1)
    assert (view.holdout_percent, view.window_days, view.text) == (20, 14, brand.TEXT)
    assert [one.id for one in queries.plans(SYSTEM).items] == [plan_id]


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""}, {"name": "x" * 81}, {"holdout_percent": 51}, {"holdout_percent": -1}, {"window_days": 0},
        {"window_days": 91}, {"target_url": "ftp://x"}, {"text": "x" * 1_001},
    ],
)  # fmt: skip
def test_impossible_values_are_refused(account_id, changes):
    values = {"name": "Recall", "audience": {"saved": 1}, "text": "x", **changes}
    with pytest.raises(InvalidInput):
        services.create_plan(viewer=SYSTEM, account_id=account_id, **values)


@pytest.mark.parametrize("audience", [{}, {"saved": "1"}, {"rule": 1}, {"saved": 1, "rule": {}}])
def test_an_audience_is_one_saved_or_one_rule(account_id, audience):
    with pytest.raises(InvalidInput):
        services.create_plan(viewer=SYSTEM, name="x", audience=audience, text="x", account_id=account_id)


def test_an_unknown_account(account_id):
    with pytest.raises(NotFound):
        services.create_plan(viewer=SYSTEM, name="x", audience={"saved": 1}, text="x", account_id=account_id + 99)


def test_two_people_cannot_overwrite_each_other(account_id):
    plan_id = draft(account_id)
    assert services.update_plan(viewer=SYSTEM, plan_id=plan_id, version=1, name="Mine", window_days=3) == 2
    with pytest.raises(PlanChanged):
        services.update_plan(viewer=SYSTEM, plan_id=plan_id, version=1, name="Yours")
    view = queries.plan(SYSTEM, plan_id)
    assert (view.name, view.window_days, view.text) == ("Mine", 3, brand.TEXT)
    with pytest.raises(TypeError):
        services.update_plan(viewer=SYSTEM, plan_id=plan_id, version=2, color="red")


def test_a_draft_can_be_deleted_a_launched_plan_cannot(account_id):
    plan_id = draft(account_id)
    services.delete_plan(viewer=SYSTEM, plan_id=plan_id)
    with pytest.raises(NotFound):
        queries.plan(SYSTEM, plan_id)
    other = brand.plan([1], account_id, name="Other")
    brand.launch(other)
    with pytest.raises(WrongState):
        services.delete_plan(viewer=SYSTEM, plan_id=other)
    with pytest.raises(WrongState):
        services.update_plan(viewer=SYSTEM, plan_id=other, version=2, name="x")


def test_a_text_with_problems_is_not_launched(account_id):
    plan_id = draft(account_id, text="最佳 {{ name }}")
    with pytest.raises(BadText) as caught:
        services.launch_plan(viewer=SYSTEM, plan_id=plan_id)
    assert [problem.code for problem in caught.value.problems] == ["no_fallback", "word_absolute", "opt_out", "no_link"]
    assert queries.plan(SYSTEM, plan_id).state is PlanState.DRAFT


def test_a_text_that_the_provider_has_not_approved_is_not_launched(account_id):
    plan_id = draft(account_id, text=brand.TEXT.replace("好久不见", "很久不见"))
    with pytest.raises(BadText) as caught:
        services.launch_plan(viewer=SYSTEM, plan_id=plan_id)
    (problem,) = caught.value.problems
    assert problem.code == "not_approved"
    assert problem.data["text"] == brand.template_text().replace("好久不见", "很久不见")
    assert problem.data["text"] in caught.value.text()


def test_an_account_that_is_switched_off(account_id):
    plan_id = draft(account_id)
    services.save_sms_account(account_id=account_id, name="Marketing", sign_name="鲜果里", is_active=False)
    with pytest.raises(InvalidInput):
        services.launch_plan(viewer=SYSTEM, plan_id=plan_id)


def test_a_scheduled_plan_waits_for_its_time_and_can_be_taken_back(account_id):
    plan_id = draft(account_id)
    at = clock.now() + timedelta(hours=3)
    with pytest.raises(InvalidInput):
        services.launch_plan(viewer=SYSTEM, plan_id=plan_id, at=clock.now() - timedelta(seconds=1))
    job_id = services.launch_plan(viewer=SYSTEM, plan_id=plan_id, at=at)
    assert brand.run(job_id).state is JobState.QUEUED
    assert queries.plan(SYSTEM, plan_id).state is PlanState.SCHEDULED
    assert services.stop_plan(viewer=SYSTEM, plan_id=plan_id) is PlanState.DRAFT
    assert log.job(job_id).state is JobState.CANCELLED
    again = services.launch_plan(viewer=SYSTEM, plan_id=plan_id, at=at)
    assert again != job_id
    with clock.frozen(at):
        assert brand.run(again).state is JobState.DONE
    assert queries.plan(SYSTEM, plan_id).launched_at == at


def test_a_plan_starts_once(account_id):
    plan_id = draft(account_id)
    services.launch_plan(viewer=SYSTEM, plan_id=plan_id)
    with pytest.raises(WrongState):
        services.launch_plan(viewer=SYSTEM, plan_id=plan_id)


def test_a_stopped_plan_sends_nothing_until_it_is_resumed(account_id, stand_in):
    plan_id = draft(account_id)
    brand.launch(plan_id)
    assert services.stop_plan(viewer=SYSTEM, plan_id=plan_id) is PlanState.STOPPED
    brand.pump()
    assert stand_in.messages() == []
    assert queries.plan_tally(SYSTEM, plan_id).states == {OutboxState.QUEUED: 3}
    assert services.resume_plan(viewer=SYSTEM, plan_id=plan_id) is PlanState.RUNNING
    brand.pump()
    assert len(stand_in.messages()) == 3
    assert queries.plan(SYSTEM, plan_id).state is PlanState.DONE


def test_a_launch_that_was_stopped_goes_on_where_it_was(account_id, stand_in):
    from siyu.messaging.services import launching

    plan_id = brand.plan(brand.people(range(1, 701)), account_id, name="Long")
    services.launch_plan(viewer=SYSTEM, plan_id=plan_id)
    members = launching.take_snapshot(plan_id=plan_id)
    launching.enter_next(plan_id=plan_id, members=members)
    services.stop_plan(viewer=SYSTEM, plan_id=plan_id)
    assert not launching.enter_next(plan_id=plan_id, members=members).is_open
    assert queries.plan(SYSTEM, plan_id).entered_count == launching.CHUNK_PEOPLE
    assert services.resume_plan(viewer=SYSTEM, plan_id=plan_id) is PlanState.LAUNCHING
    job_id = queries.plan(SYSTEM, plan_id).job_id
    assert job_id is not None
    brand.run(job_id)
    assert queries.plan(SYSTEM, plan_id).entered_count == 700
    brand.pump()
    assert len({message["phone"] for message in stand_in.messages()}) == len(stand_in.messages()) == 700


def test_a_stranger_may_do_and_see_nothing(account_id):
    plan_id = draft(account_id)
    for forbidden in (
        lambda: services.create_plan(
            viewer=STRANGER, name="x", audience={"saved": 1}, text="x", account_id=account_id
        ),
        lambda: services.update_plan(viewer=STRANGER, plan_id=plan_id, version=1, name="x"),
        lambda: services.launch_plan(viewer=STRANGER, plan_id=plan_id),
        lambda: services.stop_plan(viewer=STRANGER, plan_id=plan_id),
        lambda: services.resume_plan(viewer=STRANGER, plan_id=plan_id),
        lambda: services.delete_plan(viewer=STRANGER, plan_id=plan_id),
        lambda: queries.plan(STRANGER, plan_id),
        lambda: queries.plans(STRANGER),
        lambda: queries.plan_tally(STRANGER, plan_id),
        lambda: queries.plan_hours(STRANGER, plan_id),
        lambda: queries.plan_forecast(STRANGER, plan_id),
        lambda: queries.recipients(STRANGER, plan_id),
        lambda: queries.preview(STRANGER, text="x", account_id=account_id),
        lambda: queries.sms_accounts(STRANGER),
        lambda: queries.sms_account(STRANGER, account_id),
        lambda: queries.sms_templates(STRANGER, account_id),
    ):
        with pytest.raises(NotAllowed):
            forbidden()
    with pytest.raises(NotFound):
        queries.messages_of(STRANGER, 1)

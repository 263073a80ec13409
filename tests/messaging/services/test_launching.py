"""The launch: who is in, who is held out, who cannot be reached and why; the same after any repetition."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.support import messaging as brand
from tests.support.log import published

from siyu.customers import services as customers
from siyu.eventlog import records
from siyu.experiments import queries as experiments
from siyu.experiments.contracts import HOLDOUT, TREATED
from siyu.kernel import clock
from siyu.links.models import Link
from siyu.messaging import queries, services
from siyu.messaging.contracts import OutboxState, PlanState, Reason
from siyu.messaging.models import Outbox
from siyu.messaging.services import launching
from siyu.org.contracts import SYSTEM

pytestmark = pytest.mark.django_db


def test_everybody_is_entered_once_with_a_reason_where_refused():
    good = brand.people(range(1, 401))
    no_phone = brand.people(range(401, 411), has_phone=False)
    never_asked = brand.people(range(411, 431), consents=None)
    refused = brand.people(range(431, 436), consents=False)
    excluded = good[:7]
    services.suppress(customer_ids=excluded, evidence="asked by the shop")
    plan_id = brand.plan([*good, *no_phone, *never_asked, *refused], brand.account(), holdout_percent=30)
    brand.launch(plan_id)
    view = queries.plan(SYSTEM, plan_id)
    assert (view.state, view.audience_count, view.entered_count) == (PlanState.RUNNING, 435, 435)
    assert view.population_count == 393
    experiment = experiments.experiment(SYSTEM, view.experiment_key)
    assert experiment.sizes == {HOLDOUT: view.holdout_count, TREATED: view.treated_count}
    assert experiment.unit_count == 393
    assert 80 < view.holdout_count < 160
    tally = queries.plan_tally(SYSTEM, plan_id)
    assert tally.states == {OutboxState.QUEUED: view.treated_count, OutboxState.SUPPRESSED: 42}
    assert tally.suppressed == {Reason.NO_PHONE: 10, Reason.NO_CONSENT: 25, Reason.EXCLUDED: 7}


def test_held_out_people_have_no_message_and_no_link():
    ids = brand.people(range(1, 201))
    plan_id = brand.plan(ids, brand.account(), holdout_percent=50)
    brand.launch(plan_id)
    arms = experiments.arms_of(SYSTEM, f"plan:{plan_id}", ids)
    treated = {customer_id for customer_id, arm in arms.items() if arm == TREATED}
    assert set(Outbox.objects.values_list("fragment_id", flat=True)) == treated
    assert set(Link.objects.values_list("fragment_id", flat=True)) == treated
    assert {row.purpose for row in Link.objects.all()} == {f"plan:{plan_id}"}
    assert Outbox.objects.exclude(link_token="").count() == Link.objects.count() == len(treated)


def test_each_recipient_has_a_trace_that_the_link_shares():
    plan_id = brand.plan(brand.people(range(1, 4)), brand.account())
    brand.launch(plan_id)
    rows = {row.link_token: row.trace_id for row in Outbox.objects.all()}
    assert len(set(rows.values())) == 3
    assert {link.token: link.trace_id for link in Link.objects.all()} == rows


def test_events_tell_of_the_launch_and_of_each_refusal():
    ids = brand.people(range(1, 3)) + brand.people([3], consents=None)
    plan_id = brand.plan(ids, brand.account())
    brand.launch(plan_id)
    events = [event for event in published() if event.name.startswith("messaging.")]
    assert [event.name for event in events] == ["messaging.plan_launched", "messaging.suppressed"]
    assert events[0].body == {"plan_id": plan_id, "object_id": plan_id, "channel": "sms", "audience_count": 3}
    refused = Outbox.objects.get(state="suppressed")
    assert events[1].fragment_id == ids[2]
    assert events[1].trace_id == refused.trace_id
    assert events[1].body == {
        "plan_id": plan_id, "channel": "sms", "object_id": refused.pk, "reason": "no_consent"
    }  # fmt: skip


def test_a_repeated_launch_changes_nothing():
    plan_id = brand.plan(brand.people(range(1, 351)), brand.account(), holdout_percent=20)
    brand.launch(plan_id)
    before = list(Outbox.objects.order_by("pk").values_list("unique_key", "link_token", "trace_id"))
    members = launching.take_snapshot(plan_id=plan_id)
    assert len(members) == 350
    assert not launching.enter_next(plan_id=plan_id, members=members).is_open
    assert list(Outbox.objects.order_by("pk").values_list("unique_key", "link_token", "trace_id")) == before


def test_the_audience_is_fixed_at_the_launch():
    ids = brand.people(range(1, 11))
    plan_id = brand.plan(ids[:4], brand.account())
    services.launch_plan(viewer=SYSTEM, plan_id=plan_id)
    launching.take_snapshot(plan_id=plan_id)
    from siyu.audiences.models import Members

    Members.objects.all().delete()
    brand.run(queries.plan(SYSTEM, plan_id).job_id)
    assert sorted(Outbox.objects.values_list("fragment_id", flat=True)) == ids[:4]


def test_people_who_had_enough_are_not_in_the_population():
    ids = brand.people(range(1, 4))
    account_id = brand.account()
    moment = clock.now()
    touch(ids[:1], account_id, moment)
    for back in (3, 5, 8, 11):
        touch(ids[1:2], account_id, moment - timedelta(days=back))
    plan_id = brand.plan(ids, account_id)
    brand.launch(plan_id)
    tally = queries.plan_tally(SYSTEM, plan_id)
    assert tally.suppressed == {Reason.CAP_DAY: 1, Reason.CAP_MONTH: 1}
    assert queries.plan(SYSTEM, plan_id).population_count == 1


def touch(ids, account_id, moment):
    from siyu.messaging.models import SmsAccount
    from siyu.messaging.queries import facts
    from siyu.messaging.services import touches

    policy = facts.policy_of(SmsAccount.objects.get(pk=account_id), moment)
    known = facts.gather(ids)
    with records.transaction():
        touches.reserve({customer_id: known[customer_id].touched_at for customer_id in ids}, policy, moment)


def test_consent_is_asked_at_the_launch_not_at_the_draft():
    ids = brand.people(range(1, 3))
    plan_id = brand.plan(ids, brand.account())
    with records.transaction():
        customers.record_consent(
            fragment_id=ids[0], consent=brand.consent(granted=False, at=clock.now()), source="tests"
        )
    brand.launch(plan_id)
    assert queries.plan_tally(SYSTEM, plan_id).suppressed == {Reason.NO_CONSENT: 1}


def test_an_empty_audience_is_done_at_once(stand_in):
    plan_id = brand.plan([], brand.account())
    brand.launch(plan_id)
    brand.pump()
    assert queries.plan(SYSTEM, plan_id).state is PlanState.DONE

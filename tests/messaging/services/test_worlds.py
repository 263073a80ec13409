"""Made-up people never get real messages, real ones never sandbox ones, however somebody tries."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from tests.support import messaging as brand
from tests.support.messaging import StandIn

from siyu.customers import queries as customers
from siyu.customers.models import Fragment, Root
from siyu.messaging import queries, services
from siyu.messaging.contracts import MixedWorlds, OutboxState, Reason, StandInForReal
from siyu.messaging.queries import provider_for
from siyu.org.contracts import SYSTEM
from siyu.org.models import Staff

pytestmark = pytest.mark.django_db


def enter(settings: Any, *, sandbox: bool) -> None:
    settings.SIYU = settings.SIYU.model_copy(update={"sandbox": sandbox})
    provider_for.cache_clear()


def reasons(plan_id: int) -> dict[int, Reason | None]:
    return {row.customer_id: row.reason for row in queries.recipients(SYSTEM, plan_id).items}


def test_everybody_is_marked_by_the_world_that_they_came_in(settings: Any) -> None:
    enter(settings, sandbox=True)
    made_up = brand.people(range(1, 3))
    enter(settings, sandbox=False)
    real = brand.people(range(3, 5))
    # Known again in the other world, they stay what they were.
    assert brand.people(range(1, 5)) == made_up + real
    assert customers.sandbox_people(SYSTEM, made_up + real) == set(made_up)
    assert customers.sandbox_count() == 2


def test_a_plan_of_both_reaches_only_those_of_this_world(stand_in: StandIn, settings: Any) -> None:
    made_up = brand.people(range(1, 3))
    enter(settings, sandbox=False)
    real = brand.people(range(3, 5))
    enter(settings, sandbox=True)
    plan_id = brand.plan(made_up + real, brand.account())
    brand.launch(plan_id)
    brand.pump()
    found = reasons(plan_id)
    assert {found[pk] for pk in real} == {Reason.OTHER_WORLD}
    assert {found[pk] for pk in made_up} == {None}


def test_leaving_the_sandbox_between_launch_and_sending_stops_every_message(stand_in: StandIn, settings: Any) -> None:
    made_up = brand.people(range(1, 3))
    plan_id = brand.plan(made_up, brand.account())
    brand.launch(plan_id)
    settings.SIYU = settings.SIYU.model_copy(
        update={"sandbox": False, "aliyun_sms_endpoint": "dysmsapi.aliyuncs.com"}
    )
    provider_for.cache_clear()
    brand.pump()
    assert set(reasons(plan_id).values()) == {Reason.OTHER_WORLD}
    states = {row.state for row in queries.recipients(SYSTEM, plan_id).items}
    assert states == {OutboxState.SUPPRESSED}


def test_a_merged_person_is_made_up_if_any_part_is(settings: Any) -> None:
    enter(settings, sandbox=True)
    (made_up,) = brand.people(range(1, 2))
    enter(settings, sandbox=False)
    (real,) = brand.people(range(2, 3))
    Root.objects.create(fragment=Fragment.objects.get(pk=made_up), root=Fragment.objects.get(pk=real))
    assert customers.sandbox_people(SYSTEM, [real]) == {real}


@pytest.mark.parametrize(
    ("sandbox", "endpoint", "error"),
    [
        (True, "dysmsapi.aliyuncs.com", MixedWorlds),
        (True, "10.0.0.5:80", MixedWorlds),
        (True, "127.0.0.1.evil.example", MixedWorlds),
        (False, "127.0.0.1:8703", StandInForReal),
        (False, "localhost:8703", StandInForReal),
        (False, "[::1]:8703", StandInForReal),
    ],
)
def test_no_endpoint_serves_the_other_world(settings: Any, sandbox: bool, endpoint: str, error: type) -> None:
    settings.SIYU = settings.SIYU.model_copy(update={"sandbox": sandbox, "aliyun_sms_endpoint": endpoint})
    provider_for.cache_clear()
    with pytest.raises(error):
        provider_for("aliyun")
    account_id = brand.account()
    assert services.check_sms_account(account_id=account_id).problem
    provider_for.cache_clear()


def test_the_page_says_where_one_is_and_what_is_left(owner: Staff, settings: Any) -> None:
    browser = Client()
    browser.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    page = reverse("settings-world")
    enter(settings, sandbox=True)
    brand.people(range(1, 3))
    text = browser.get(page, headers={"Accept-Language": "en"}).content.decode()
    assert 'class="s-world"' in text
    enter(settings, sandbox=False)
    text = browser.get(page, headers={"Accept-Language": "en"}).content.decode()
    assert 'class="s-world"' not in text

"""The provider misbehaves: the plan's page says what waits, why, and when it goes on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from tests.console.test_bad_files import words
from tests.messaging.conftest import stand_in
from tests.support import messaging as brand
from tests.support.messaging import StandIn

from siyu.kernel import clock

__all__ = ["stand_in"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("shipped")]


def shown(browser: Client, plan_id: int, language: str = "en") -> str:
    return words(browser.get(reverse("plan", args=[plan_id]), headers={"Accept-Language": language}))


def test_an_empty_account_is_told_on_the_plan_until_it_sends_again(browser: Client, stand_in: StandIn) -> None:
    plan_id = brand.plan(brand.people(range(3)), brand.account())
    brand.launch(plan_id)
    stand_in.fault("amount_not_enough", count=1)
    brand.pump()
    page = shown(browser, plan_id)
    assert "The SMS account has a problem, so messages wait" in page
    assert "AMOUNT_NOT_ENOUGH" in page
    assert "Nothing is lost, and nobody gets it twice." in page
    assert reverse("settings-sms") in browser.get(reverse("plan", args=[plan_id])).content.decode()
    assert "Queued 3 · The SMS account has a problem 3" in page
    assert "短信账号异常，短信暂停发送" in shown(browser, plan_id, "zh-hans")
    with clock.frozen(clock.now() + timedelta(hours=1)):
        brand.pump()
        page = shown(browser, plan_id)
    assert "has a problem" not in page
    assert "Sent, no receipt yet 3" in page
    assert len(stand_in.messages()) == 3


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("throttling", "Queued 3 · The provider asks to slow down 3"),
        ("http_500", "Unknown, being checked with the provider 3 · The provider gave no clear answer 3"),
    ],
)
def test_the_reason_stands_under_the_state(browser: Client, stand_in: StandIn, kind: str, says: str) -> None:
    plan_id = brand.plan(brand.people(range(3)), brand.account())
    brand.launch(plan_id)
    stand_in.fault(kind, count=1)
    brand.pump(limit=1)
    assert says in shown(browser, plan_id)

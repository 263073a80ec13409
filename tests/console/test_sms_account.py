"""The page of the SMS account: its switch for public holidays, and what it says of years nobody knows."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.test import Client
from django.urls import reverse
from tests.support import messaging as brand

from siyu.kernel import clock
from siyu.messaging import queries
from siyu.org.contracts import SYSTEM
from siyu.org.models import Staff
from siyu.org.services import calendar

pytestmark = pytest.mark.django_db
# Further than any library knows.
SUMMER, AUTUMN = datetime(2096, 6, 1, 4, tzinfo=UTC), datetime(2096, 11, 15, 4, tzinfo=UTC)
FORM = {
    "name": "Marketing", "sign_name": "鲜果里", "price_fen": "4.5", "window_start": "08:00", "window_end": "20:00",
    "day_cap": "1", "month_cap": "4", "is_active": "on",
}  # fmt: skip


def shown(owner: Staff, moment: datetime) -> str:
    with clock.frozen(moment):
        page = Client(headers={"Accept-Language": "en"})
        page.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
        return page.get(reverse("settings-sms")).content.decode()


def test_the_switch_is_kept(owner: Staff) -> None:
    page = Client()
    page.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    for given, kept in (({"skips_holidays": "on"}, True), ({}, False)):
        assert page.post(reverse("settings-sms"), FORM | given).status_code == 302
        assert [account.skips_holidays for account in queries.sms_accounts(SYSTEM)] == [kept]


def test_a_year_that_nobody_knows_is_said_before_it_begins(owner: Staff) -> None:
    brand.account(skips_holidays=True)
    calendar.set_public_day(viewer=SYSTEM, day=date(2096, 10, 1), is_workday=False)
    assert "are not known yet" not in shown(owner, SUMMER)
    assert "The public holidays of 2097 are not known yet" in shown(owner, AUTUMN)
    calendar.set_public_day(viewer=SYSTEM, day=date(2097, 1, 1), is_workday=False)
    assert "are not known yet" not in shown(owner, AUTUMN)


def test_without_the_switch_nobody_is_warned(owner: Staff) -> None:
    brand.account()
    assert "are not known yet" not in shown(owner, AUTUMN)

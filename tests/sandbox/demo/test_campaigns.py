"""What people do about a plan: clicks, refusals and the planted orders."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from siyu.sandbox.demo import campaigns
from siyu.sandbox.demo.campaigns import CAMPAIGNS, RUNNING, Reached
from siyu.sandbox.demo.coupons import write_coupon_orders
from siyu.sandbox.demo.layouts import TILL
from siyu.sandbox.demo.size import ZONE, Size

FAR = datetime(2030, 1, 1, tzinfo=UTC)


def _reached(size: Size) -> list[Reached]:
    at = CAMPAIGNS[0].launched_at(size)
    return [Reached(person_id, at) for person_id in range(1, size.customers + 1)]


def test_the_planted_share_comes_within_the_window_and_opening_hours(size: Size) -> None:
    campaign = CAMPAIGNS[0]
    visits = list(campaigns.visits(campaign, size, _reached(size), FAR))
    assert len(visits) / size.customers == pytest.approx(campaign.lift, rel=0.2)
    launched_at = campaign.launched_at(size)
    for visit in visits:
        assert launched_at < visit.at < launched_at + timedelta(days=campaign.window_days)
        assert 8 <= visit.at.astimezone(ZONE).hour < 22
    assert visits == list(campaigns.visits(campaign, size, _reached(size), FAR))


def test_nobody_comes_for_a_greeting(size: Size) -> None:
    greeting = next(campaign for campaign in CAMPAIGNS if campaign.key == "greeting")
    assert list(campaigns.visits(greeting, size, _reached(size), FAR)) == []
    clicks = list(campaigns.clicks(greeting, size, _reached(size), FAR))
    assert len(clicks) / size.customers == pytest.approx(greeting.click, rel=0.2)


def test_nothing_happens_after_now(size: Size) -> None:
    soon = CAMPAIGNS[0].launched_at(size) + timedelta(hours=3)
    assert all(click.at < soon for click in campaigns.clicks(CAMPAIGNS[0], size, _reached(size), soon))
    assert list(campaigns.visits(CAMPAIGNS[0], size, _reached(size), soon - timedelta(hours=2))) == []


def test_a_few_refuse(size: Size) -> None:
    count = sum(campaigns.refuses(RUNNING, size, person_id) for person_id in range(1, 20_001))
    assert count / 20_000 == pytest.approx(campaigns.REFUSE_SHARE, rel=0.3)


def test_keys_and_names_are_one_plans_own() -> None:
    everything = [*CAMPAIGNS, RUNNING]
    assert len({campaign.key for campaign in everything}) == len({c.name for c in everything}) == len(everything)
    ends = [c.days_ago - c.window_days for c in CAMPAIGNS]
    assert min(ends) > 0, "the window of a past plan is over"


def test_the_orders_they_bring_stand_in_a_till_file(size: Size, tmp_path: Path) -> None:
    visits = list(campaigns.visits(CAMPAIGNS[0], size, _reached(size), FAR))
    path = write_coupon_orders(tmp_path, TILL, size, visits)
    rows = path.read_text("utf-8-sig").splitlines()
    assert rows[0].split(",") == [column.header for column in TILL.columns]
    numbers = {row.split(",")[0] for row in rows[1:]}
    assert len(numbers) == len(visits)
    again = tmp_path / "again"
    again.mkdir()
    assert write_coupon_orders(again, TILL, size, visits).read_bytes() == path.read_bytes()

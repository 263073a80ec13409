"""The policy: order of refusals, caps per local day and month, windows that span midnight, zones with odd days."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siyu.kernel.clock import local_day
from siyu.messaging.contracts import Reason, SendingWindow
from siyu.messaging.rules import policy
from siyu.messaging.rules.policy import CAP_DAYS, Decision, Facts, Policy, Verdict

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 5, 14, 4, tzinfo=UTC)
ZONES = [SHANGHAI, ZoneInfo("Asia/Kathmandu"), ZoneInfo("America/New_York"), ZoneInfo("Pacific/Kiritimati")]
times = st.times().map(lambda value: value.replace(second=0, microsecond=0))
moments = st.integers(0, 2 * 365 * 24 * 60).map(lambda minute: NOON + timedelta(minutes=minute))


def limits(start: int = 8, end: int = 20, day_cap: int = 1, month_cap: int = 4, zone: ZoneInfo = SHANGHAI) -> Policy:
    return Policy(SendingWindow(time(start), time(end)), zone, day_cap, month_cap)


GOOD = Facts(has_phone=True, consents=True)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (Facts(False, False, Reason.NUMBER_DEAD, True, (NOON,)), Reason.NO_PHONE),
        (Facts(True, False, Reason.NUMBER_DEAD, True, (NOON,)), Reason.NO_CONSENT),
        (Facts(True, True, Reason.NUMBER_DEAD, True, (NOON,)), Reason.NUMBER_DEAD),
        (Facts(True, True, None, True, (NOON,)), Reason.HOLDOUT),
        (Facts(True, True, None, False, (NOON,)), Reason.CAP_DAY),
    ],
)
def test_the_first_reason_in_order_counts_even_outside_the_window(facts: Facts, reason: Reason):
    midnight = NOON + timedelta(hours=11)
    assert policy.may_send(facts, limits(day_cap=1), NOON) == Decision(Verdict.SUPPRESS, reason)
    assert policy.may_send(facts, limits(day_cap=1), midnight).reason is reason


def test_nothing_against_it():
    assert policy.may_send(GOOD, limits(), NOON) == Decision(Verdict.SEND)


def test_outside_the_window_it_waits_for_the_next_opening():
    evening = datetime(2026, 5, 14, 12, 0, tzinfo=UTC)  # 20:00 in Shanghai: the end is outside
    morning = datetime(2026, 5, 15, 0, 0, tzinfo=UTC)
    assert policy.may_send(GOOD, limits(), evening) == Decision(Verdict.HOLD, Reason.QUIET_HOURS, morning)
    assert policy.may_send(GOOD, limits(), morning).verdict is Verdict.SEND
    assert policy.may_send(GOOD, limits(), morning - timedelta(microseconds=1)).due_at == morning


@pytest.mark.parametrize(
    ("window", "local", "is_open"),
    [
        ((22, 2), time(23), True), ((22, 2), time(1, 59), True), ((22, 2), time(2), False), ((22, 2), time(12), False),
        ((8, 8), time(3), True), ((8, 20), time(8), True), ((8, 20), time(7, 59), False), ((8, 20), time(20), False),
    ],
)  # fmt: skip
def test_windows(window, local, is_open):
    assert policy.is_open(SendingWindow(time(window[0]), time(window[1])), local) is is_open


@given(times, times, moments, st.sampled_from(ZONES))
def test_the_next_opening_is_open_soon_and_not_in_the_past(start, end, moment, zone):
    window = SendingWindow(start, end)
    opening = policy.next_opening(window, zone, moment)
    assert opening >= moment
    # A day has 25 hours when clocks go back.
    assert opening - moment <= timedelta(hours=25)
    if zone is not ZONES[2]:  # elsewhere no local time is skipped
        assert policy.is_open(window, opening.astimezone(zone).time())
    if opening > moment:
        assert not policy.is_open(window, moment.astimezone(zone).time())


def test_a_start_that_the_clocks_skip_opens_right_after():
    window = SendingWindow(time(2, 30), time(5))
    zone = ZoneInfo("America/New_York")
    moment = datetime(2026, 3, 8, 5, tzinfo=UTC)  # midnight; 02:00 to 03:00 does not exist that night
    opening = policy.next_opening(window, zone, moment)
    assert opening.astimezone(zone).time() == time(3, 30)
    assert policy.is_open(window, opening.astimezone(zone).time())


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of October 2026 in Shanghai."""
    return datetime(2026, 10, day, hour, minute, tzinfo=SHANGHAI).astimezone(UTC)


CLOSED = frozenset({date(2026, 10, day) for day in (1, 2, 3)})


@pytest.mark.parametrize(
    ("window", "moment", "opening"),
    [
        ((8, 20), at(1, 12), at(4, 8)),
        ((8, 20), at(3, 23, 59), at(4, 8)),
        ((8, 20), at(4, 9), at(4, 9)),
        ((8, 20), datetime(2026, 9, 30, 21, tzinfo=SHANGHAI), at(4, 8)),
        # All day, and across midnight: from the first minute after the holidays.
        ((0, 0), at(2, 12), at(4, 0)),
        ((9, 9), at(2, 12), at(4, 0)),
        ((22, 2), at(1, 1), at(4, 0)),
        ((22, 2), at(4, 1), at(4, 1)),
        ((22, 2), at(4, 2), at(4, 22)),
    ],
)
def test_on_closed_days_it_waits_for_the_next_other_day(window, moment, opening):
    found = policy.next_opening(SendingWindow(time(window[0]), time(window[1])), SHANGHAI, moment, CLOSED)
    assert found == opening


def test_a_holiday_is_said_as_the_reason():
    rule = replace(limits(), closed_days=CLOSED)
    assert policy.may_send(GOOD, rule, at(1, 12)) == Decision(Verdict.HOLD, Reason.HOLIDAY, at(4, 8))
    assert policy.may_send(GOOD, rule, at(4, 21)) == Decision(Verdict.HOLD, Reason.QUIET_HOURS, at(5, 8))
    assert policy.may_send(Facts(True, False), rule, at(1, 12)).verdict is Verdict.SUPPRESS


@given(times, times, moments, st.sets(st.integers(0, 12), max_size=9))
def test_nothing_leaves_on_a_closed_day_nor_later_than_it_could(start, end, moment, offsets):
    window, today = SendingWindow(start, end), local_day(moment, SHANGHAI)
    closed = frozenset(today + timedelta(days=offset) for offset in offsets)
    opening = policy.next_opening(window, SHANGHAI, moment, closed)
    local = opening.astimezone(SHANGHAI)
    assert opening >= moment
    assert local.date() not in closed
    assert policy.is_open(window, local.time())
    # Minute by minute before it, everything is shut.
    before = moment
    while before < opening:
        shut = before.astimezone(SHANGHAI)
        assert shut.date() in closed or not policy.is_open(window, shut.time())
        before += timedelta(minutes=17)


@given(
    st.lists(st.integers(0, 90 * 24 * 60), max_size=120),
    st.integers(1, 3),
    st.integers(0, 5),
    st.sampled_from(ZONES),
)
def test_caps_hold_over_any_sequence_of_attempts(minutes, day_cap, more, zone):
    """Whatever is attempted when: never more than the cap on a local day, nor in any 30 days."""
    rule = Policy(SendingWindow(time(0), time(0)), zone, day_cap, day_cap + more)
    touched: list[datetime] = []
    for minute in sorted(minutes):
        moment = NOON + timedelta(minutes=minute)
        facts = Facts(True, True, touched_at=tuple(touched))
        if policy.may_send(facts, rule, moment).verdict is Verdict.SEND:
            touched.append(moment)
    days = [local_day(moment, zone) for moment in touched]
    assert all(days.count(day) <= day_cap for day in days)
    for day in days:
        assert sum(day <= other < day + timedelta(days=CAP_DAYS) for other in days) <= rule.month_cap


@given(st.lists(st.integers(0, 60 * 24), max_size=30), st.integers(0, 60 * 24), st.sampled_from(ZONES))
def test_forgetting_old_touches_changes_no_decision(hours, now, zone):
    moment = NOON + timedelta(hours=now)
    touched = tuple(NOON + timedelta(hours=hour) for hour in hours)
    kept = tuple(at for at in touched if at >= policy.oldest_that_counts(zone, moment))
    rule = limits(0, 0, day_cap=2, month_cap=4, zone=zone)
    assert policy.refusal(Facts(True, True, touched_at=touched), rule, moment) == policy.refusal(
        Facts(True, True, touched_at=kept), rule, moment
    )


def test_a_day_is_the_brands_day():
    late = datetime(2026, 5, 14, 15, 59, tzinfo=UTC)  # 23:59 in Shanghai
    facts = Facts(True, True, touched_at=(late,))
    rule = limits(0, 0)
    assert policy.refusal(facts, rule, late) is Reason.CAP_DAY
    assert policy.refusal(facts, rule, late + timedelta(minutes=1)) is None

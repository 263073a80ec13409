"""When things are tried again: later each time, within bounds, and not for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from siyu.messaging.rules import retry

NOW = datetime(2026, 5, 14, tzinfo=UTC)


def test_sends_wait_longer_each_time_up_to_an_hour():
    waits = [(retry.retry_at(tries, NOW) - NOW).total_seconds() for tries in range(1, 12)]
    assert waits[:4] == [30, 60, 120, 240]
    assert waits == sorted(waits)
    assert waits[-1] == retry.LAST_RETRY_SECONDS


def test_an_account_rests_longer_with_each_failure():
    waits = [(retry.pause_until(failures, NOW) - NOW).total_seconds() for failures in range(1, 20)]
    assert waits[0] == retry.FIRST_PAUSE_SECONDS
    assert waits == sorted(waits)
    assert waits[-1] == retry.LAST_PAUSE_SECONDS


def test_questions_reach_over_three_days_and_end():
    at, count = NOW, 0
    while (after := retry.ask_at(count, at)) is not None:
        at, count = after, count + 1
    assert count == retry.MAX_QUESTIONS
    assert timedelta(days=1) < at - NOW < timedelta(days=4)


def test_records_settle_after_their_time():
    assert not retry.is_settled(NOW, NOW + timedelta(seconds=599), 600)
    assert retry.is_settled(NOW, NOW + timedelta(seconds=600), 600)

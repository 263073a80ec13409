"""When something is tried again: sends that were refused for now, questions to the provider, paused accounts."""

from __future__ import annotations

from datetime import datetime, timedelta

# A refused send waits this long, doubling up to an hour: 0.5, 1, 2 … 60 minutes.
FIRST_RETRY_SECONDS = 30
LAST_RETRY_SECONDS = 3_600
# Sends of one message. With the waits above the last one comes some three hours after the first.
MAX_TRIES = 8
# An account with trouble (balance, key, network) rests this long, doubling up to a quarter of an hour.
FIRST_PAUSE_SECONDS = 5
LAST_PAUSE_SECONDS = 900
# The first question about an unknown send; the provider's records lag a little.
FIRST_QUESTION_SECONDS = 20
LAST_QUESTION_SECONDS = 6 * 3_600
# A message without a receipt is asked about this long after it was sent: carriers mostly report within minutes.
RECEIPT_WAIT_SECONDS = 2 * 3_600
# Questions about one message; with doubling waits they reach over three days, as long as carriers keep trying.
MAX_QUESTIONS = 16
# Single messages of a plan that the provider refuses for their content, one after another: then it is the text.
MAX_CONTENT_REFUSALS = 5


def retry_at(try_count: int, moment: datetime) -> datetime:
    """When the next try after `try_count` (≥ 1) refused ones is due."""
    return moment + timedelta(seconds=_doubling(FIRST_RETRY_SECONDS, LAST_RETRY_SECONDS, try_count - 1))


def pause_until(failure_count: int, moment: datetime) -> datetime:
    """Until when an account rests after `failure_count` (≥ 1) failures in a row."""
    return moment + timedelta(seconds=_doubling(FIRST_PAUSE_SECONDS, LAST_PAUSE_SECONDS, failure_count - 1))


def ask_at(question_count: int, moment: datetime) -> datetime | None:
    """When to ask again after `question_count` questions without a final answer; None when enough was asked."""
    if question_count >= MAX_QUESTIONS:
        return None
    return moment + timedelta(seconds=_doubling(FIRST_QUESTION_SECONDS, LAST_QUESTION_SECONDS, question_count))


def is_settled(claimed_at: datetime, moment: datetime, settle_seconds: int) -> bool:
    """Whether the provider's records must show by now whatever it took at `claimed_at`."""
    return moment - claimed_at >= timedelta(seconds=settle_seconds)


def _doubling(first_seconds: int, last_seconds: int, steps: int) -> int:
    return min(last_seconds, first_seconds << min(steps, 30))

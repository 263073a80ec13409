"""May this message go out now? Sandbox or real, consent, suppression, holdout, cap, quiet hours, in this order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from siyu.kernel.clock import local_day
from siyu.messaging.contracts import Reason, SendingWindow

# The longer cap counts the touches of this many local days, today included.
CAP_DAYS = 30


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one recipient when it is decided. `touched_at`: earlier marketing, reserved or sent.

    `is_of_this_world`: made-up people while the sandbox is on, real ones while it is off.
    """

    has_phone: bool
    consents: bool
    suppression: Reason | None = None
    is_held_out: bool = False
    touched_at: Sequence[datetime] = ()
    is_of_this_world: bool = True


@dataclass(frozen=True, slots=True)
class Policy:
    """The account's limits in the brand's zone. On `closed_days` nothing leaves at all."""

    window: SendingWindow
    zone: ZoneInfo
    day_cap: int
    month_cap: int
    closed_days: frozenset[date] = frozenset()


class Verdict(StrEnum):
    SEND = "send"
    HOLD = "hold"
    SUPPRESS = "suppress"


@dataclass(frozen=True, slots=True)
class Decision:
    """SEND has no reason; HOLD says until when; SUPPRESS is final for this message."""

    verdict: Verdict
    reason: Reason | None = None
    due_at: datetime | None = None


def may_send(facts: Facts, policy: Policy, moment: datetime) -> Decision:
    """The decision at `moment`. A refusal comes before a delay: whoever may not be touched is not kept waiting."""
    reason = refusal(facts, policy, moment)
    if reason is not None:
        return Decision(Verdict.SUPPRESS, reason)
    due_at = opens_at(policy, moment)
    if due_at <= moment:
        return Decision(Verdict.SEND)
    is_closed = local_day(moment, policy.zone) in policy.closed_days
    return Decision(Verdict.HOLD, Reason.HOLIDAY if is_closed else Reason.QUIET_HOURS, due_at)


def refusal(facts: Facts, policy: Policy, moment: datetime) -> Reason | None:
    """Why this person may not be touched at all, or None. The law comes first, then the brand's own limits."""
    if not facts.is_of_this_world:
        return Reason.OTHER_WORLD
    if not facts.has_phone:
        return Reason.NO_PHONE
    if not facts.consents:
        return Reason.NO_CONSENT
    if facts.suppression is not None:
        return facts.suppression
    if facts.is_held_out:
        return Reason.HOLDOUT
    return _cap(facts.touched_at, policy, moment)


def _cap(touched_at: Sequence[datetime], policy: Policy, moment: datetime) -> Reason | None:
    today = local_day(moment, policy.zone)
    first = today - timedelta(days=CAP_DAYS - 1)
    days = [local_day(touched, policy.zone) for touched in touched_at]
    if sum(day == today for day in days) >= policy.day_cap:
        return Reason.CAP_DAY
    # A touch of tomorrow cannot be: later days count with today, so that a clock set back does not open the cap.
    if sum(day >= first for day in days) >= policy.month_cap:
        return Reason.CAP_MONTH
    return None


def oldest_that_counts(zone: ZoneInfo, moment: datetime) -> datetime:
    """Touches before this instant no longer matter to any cap."""
    return datetime.combine(
        local_day(moment, zone) - timedelta(days=CAP_DAYS - 1), time.min, tzinfo=zone
    ).astimezone(UTC)


def is_open(window: SendingWindow, local: time) -> bool:
    """Whether a local time of day lies in the window."""
    if window.start == window.end:
        return True
    if window.start < window.end:
        return window.start <= local < window.end
    return local >= window.start or local < window.end


def opens_at(policy: Policy, moment: datetime) -> datetime:
    """`moment` itself if the account may send then, otherwise the next instant at which it may."""
    return next_opening(policy.window, policy.zone, moment, policy.closed_days)


def next_opening(
    window: SendingWindow, zone: ZoneInfo, moment: datetime, closed_days: frozenset[date] = frozenset()
) -> datetime:
    """`moment` itself while the window is open, otherwise the instant at which it opens next on no closed day."""
    local = moment.astimezone(zone)
    day = local.date()
    if day not in closed_days and is_open(window, local.time()):
        return moment
    # A window that spans midnight is open from the first minute of a day, which matters after a closed one.
    starts = [start for start in (time.min, window.start) if is_open(window, start)]
    while True:
        for start in starts if day not in closed_days else ():
            opening = datetime.combine(day, start, tzinfo=zone).astimezone(UTC)
            if opening > moment:
                return opening
        day += timedelta(days=1)

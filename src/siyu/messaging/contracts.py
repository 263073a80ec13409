"""What crosses the boundary of `messaging`: states, reasons, views of accounts, plans and recipients, errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from enum import StrEnum
from typing import Any

from siyu.kernel.errors import Conflict, Outdated, SiyuError

MILLI_FEN_PER_FEN = 1_000
MAX_HOLDOUT_PERCENT = 50
# What people are told, and what may need a second person.
PLAN_FINISHED = "plan.finished"
LAUNCH_APPROVAL = "plan.launch"


class PlanState(StrEnum):
    """draft → (scheduled →) launching → running → done; stopped can be resumed."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    LAUNCHING = "launching"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"

    @property
    def is_editable(self) -> bool:
        return self is PlanState.DRAFT

    @property
    def has_begun(self) -> bool:
        return self in (PlanState.LAUNCHING, PlanState.RUNNING, PlanState.DONE, PlanState.STOPPED)


class OutboxState(StrEnum):
    """Where one message to one customer stands."""

    QUEUED = "queued"
    HELD = "held"
    CLAIMED = "claimed"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SUPPRESSED = "suppressed"


class Reason(StrEnum):
    """Why a message was not sent, waits, or failed. One per outbox row; the provider's own words are in `detail`."""

    OTHER_WORLD = "other_world"
    NO_PHONE = "no_phone"
    NO_CONSENT = "no_consent"
    OPTED_OUT = "opted_out"
    NUMBER_DEAD = "number_dead"
    EXCLUDED = "excluded"
    HOLDOUT = "holdout"
    CAP_DAY = "cap_day"
    CAP_MONTH = "cap_month"
    QUIET_HOURS = "quiet_hours"
    HOLIDAY = "holiday"
    RATE = "rate"
    PROVIDER = "provider"
    ACCOUNT = "account"
    CONTENT = "content"
    NO_ANSWER = "no_answer"
    INTERRUPTED = "interrupted"
    NOT_FOUND = "not_found"
    GAVE_UP = "gave_up"
    UNDELIVERED = "undelivered"


@dataclass(frozen=True, slots=True)
class SendingWindow:
    """Local hours in which marketing may leave; `end` is outside. Equal ends mean all day; it may span midnight."""

    start: time
    end: time


@dataclass(frozen=True, slots=True)
class SmsAccountView:
    """Settings of an SMS account. `price_milli_fen` is thousandths of a fen per unit: ¥0.045 is 4,500."""

    id: int
    name: str
    provider: str
    sign_name: str
    price_milli_fen: int
    window: SendingWindow
    skips_holidays: bool
    day_cap: int
    month_cap: int
    batch_size: int
    rate_per_s: int
    settle_seconds: int
    is_active: bool
    problem: str
    paused_until: datetime | None
    checked_at: datetime | None


@dataclass(frozen=True, slots=True)
class SmsTemplateView:
    """A marketing text as the provider has approved it, with its ``${variables}``; `draft` is it as a plan's text."""

    account_id: int
    code: str
    text: str
    draft: str


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a text: a code for programs, a msgid with data for people."""

    code: str
    message: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Preview:
    """A text as one customer would get it. `text` has the signature; `provider_text` is what to register."""

    text: str
    char_count: int
    unit_count: int
    provider_text: str
    template_code: str | None
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a launch now would do. Unit and cost are estimates from a sample unless `is_exact`."""

    audience_count: int
    reachable_count: int
    suppressed: Mapping[Reason, int]
    holdout_count: int
    treated_count: int
    unit_count: int
    cost_fen: int
    is_exact: bool
    waits_until: datetime | None
    problems: tuple[Problem, ...]
    as_of: datetime

    @property
    def suppressed_count(self) -> int:
        return sum(self.suppressed.values())


@dataclass(frozen=True, slots=True)
class PlanView:
    """A recall plan. `audience` is ``{"saved": id}`` or ``{"rule": {…}}``; counts are known from the launch on."""

    id: int
    name: str
    state: PlanState
    version: int
    audience: Mapping[str, Any]
    holdout_percent: int
    text: str
    target_url: str
    window_days: int
    account_id: int
    template_code: str
    audience_count: int
    population_count: int
    treated_count: int
    entered_count: int
    problem: str
    job_id: int | None
    trace_id: str
    created_by: int | None
    created_at: datetime
    scheduled_at: datetime | None
    launched_at: datetime | None
    finished_at: datetime | None

    @property
    def experiment_key(self) -> str:
        return experiment_key(self.id)

    @property
    def holdout_count(self) -> int:
        return self.population_count - self.treated_count


@dataclass(frozen=True, slots=True)
class PlanTally:
    """What became of a plan's messages so far. `sent_count` counts what the provider took, delivered or not.

    `reasons` says per state why messages are in it, as far as there is a reason; `waiting` are those that are queued.
    """

    states: Mapping[OutboxState, int]
    reasons: Mapping[OutboxState, Mapping[Reason, int]]
    sent_count: int
    delivered_count: int
    clicked_count: int
    unit_count: int
    cost_milli_fen: int

    @property
    def suppressed(self) -> Mapping[Reason, int]:
        return self.reasons.get(OutboxState.SUPPRESSED, {})

    @property
    def failed(self) -> Mapping[Reason, int]:
        return self.reasons.get(OutboxState.FAILED, {})

    @property
    def held(self) -> Mapping[Reason, int]:
        return self.reasons.get(OutboxState.HELD, {})

    @property
    def waiting(self) -> Mapping[Reason, int]:
        return self.reasons.get(OutboxState.QUEUED, {})

    @property
    def cost_fen(self) -> int:
        """Rounded half up once, over the sum."""
        return (self.cost_milli_fen + MILLI_FEN_PER_FEN // 2) // MILLI_FEN_PER_FEN

    @property
    def waiting_count(self) -> int:
        return self.states.get(OutboxState.QUEUED, 0)

    @property
    def open_count(self) -> int:
        """Messages whose fate the platform still works on."""
        working = (OutboxState.QUEUED, OutboxState.HELD, OutboxState.CLAIMED, OutboxState.UNKNOWN)
        return sum(self.states.get(state, 0) for state in working)


@dataclass(frozen=True, slots=True)
class TallyHour:
    """Counts of one hour that begins at `at`."""

    at: datetime
    sent_count: int
    delivered_count: int
    failed_count: int
    clicked_count: int


@dataclass(frozen=True, slots=True)
class RecipientView:
    """One row of the outbox, as lists and profiles show it."""

    id: int
    plan_id: int
    plan_name: str
    customer_id: int
    state: OutboxState
    reason: Reason | None
    detail: str
    unit_count: int
    created_at: datetime
    due_at: datetime | None
    sent_at: datetime | None
    settled_at: datetime | None
    clicked_at: datetime | None
    trace_id: str


def experiment_key(plan_id: int) -> str:
    """The key of a plan's holdout experiment, and the purpose that its links carry."""
    return f"plan:{plan_id}"


class BadText(SiyuError):
    """The text cannot be sent. `problems` has all of them, the sentence tells the first."""

    code = "bad_text"
    status = 422

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        self.message = problems[0].message  # type: ignore[misc]
        super().__init__(**problems[0].data)


class PlanChanged(Outdated):
    code = "plan_changed"
    message = "Somebody changed this plan in the meantime. Reload and try again."


class WrongState(Conflict):
    code = "wrong_plan_state"
    message = "This cannot be done while the plan is “%(state)s”."


class NoSuchProvider(SiyuError):
    code = "no_such_provider"
    status = 422
    message = "There is no message provider “%(name)s”. Known: %(known)s."


class MixedWorlds(SiyuError):
    """Sandbox people never get real messages: an installation with the sandbox on only talks to loopback."""

    code = "sandbox_and_real_provider"
    status = 409
    message = "This installation runs the sandbox, but its SMS endpoint %(endpoint)s is a real one. Nothing is sent."


class StandInForReal(SiyuError):
    """Real people never get sandbox messages: a stand-in would report as delivered what nobody has got."""

    code = "stand_in_for_real"
    status = 409
    message = (
        "The sandbox is off, but the SMS endpoint %(endpoint)s is a stand-in on this machine. Nothing is sent. "
        "Enter the provider's address in SIYU_ALIYUN_SMS_ENDPOINT."
    )

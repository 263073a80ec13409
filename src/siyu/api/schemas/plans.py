"""Recall plans. An audience is ``{"saved": id}`` or ``{"rule": {…}}``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext
from ninja import Field, Schema

from siyu.api.problems import sentence
from siyu.api.schemas.inputs import Input
from siyu.kernel.errors import told
from siyu.messaging.contracts import OutboxState, PlanState, PlanView, Problem, Reason


class TextIn(Input):
    """`customer_id` shows the text as that customer would get it."""

    text: str
    account_id: int
    target_url: str = ""
    customer_id: int | None = None


class ForecastIn(Input):
    audience: dict[str, Any] = Field(description='{"saved": id} or {"rule": {…}}')
    text: str
    account_id: int
    target_url: str = ""
    holdout_percent: int = Field(10, ge=0, le=100)


class PlanIn(ForecastIn):
    name: str
    window_days: int = Field(7, description="Orders up to so many days after the message count as its result.")


class PlanChange(Input):
    """`version` is the one that the caller has seen. What is left out stays."""

    version: int
    name: str | None = None
    audience: dict[str, Any] | None = None
    text: str | None = None
    account_id: int | None = None
    target_url: str | None = None
    holdout_percent: int | None = None
    window_days: int | None = None

    def changes(self) -> Mapping[str, Any]:
        return self.model_dump(exclude={"version"}, exclude_none=True)


class LaunchIn(Input):
    at: datetime | None = Field(None, description="When to start, with an offset; without, now.")


class PlanOut(Schema):
    """Counts are known from the launch on: audience = suppressed + holdout + treated."""

    id: int
    name: str
    state: PlanState
    version: int
    audience: dict[str, Any]
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

    @staticmethod
    def resolve_problem(obj: PlanView) -> str:
        return told(obj.problem, gettext)


class PlanPage(Schema):
    items: list[PlanOut]
    next_cursor: str | None


class TextProblem(Schema):
    code: str
    message: str

    @staticmethod
    def resolve_message(obj: Problem) -> str:
        return sentence(obj.message, obj.data)


class TextOut(Schema):
    """`provider_text` is what to have approved; `template_code` the approved template that the text matches."""

    text: str
    char_count: int
    unit_count: int
    provider_text: str
    template_code: str | None
    problems: list[TextProblem]


class ForecastOut(Schema):
    """What a launch now would do. Units and cost are estimates from a sample unless `is_exact`."""

    audience_count: int
    reachable_count: int
    suppressed: dict[Reason, int]
    holdout_count: int
    treated_count: int
    unit_count: int
    cost_fen: int
    is_exact: bool
    waits_until: datetime | None
    problems: list[TextProblem]
    as_of: datetime


class TallyOut(Schema):
    """What became of the messages so far, with the reason of every one that was not sent."""

    states: dict[OutboxState, int]
    suppressed: dict[Reason, int]
    failed: dict[Reason, int]
    held: dict[Reason, int]
    waiting: dict[Reason, int]
    sent_count: int
    delivered_count: int
    clicked_count: int
    open_count: int
    unit_count: int
    cost_fen: int


class HourOut(Schema):
    at: datetime
    sent_count: int
    delivered_count: int
    failed_count: int
    clicked_count: int


class HourList(Schema):
    items: list[HourOut]


class RecipientOut(Schema):
    id: int
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


class RecipientPage(Schema):
    items: list[RecipientOut]
    next_cursor: str | None

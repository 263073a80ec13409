"""Tasks, notices and approvals."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext
from ninja import Field, Schema

from siyu.api.schemas.inputs import Input
from siyu.kernel.errors import told
from siyu.org.contracts.approvals import ApprovalState, ApprovalView
from siyu.org.contracts.notices import NoticeView
from siyu.org.contracts.tasks import TaskState
from siyu.org.queries.notices import in_words


class PersonOut(Schema):
    id: int
    name: str


class TaskIn(Input):
    """Either `staff_ids`, or `role_id` with the place `node_id`. Neither: a task for oneself."""

    kind: str = "generic"
    title: str
    due_at: datetime
    note: str = ""
    node_id: int | None = None
    staff_ids: list[int] = Field(default_factory=list, max_length=50)
    role_id: int | None = None
    customer_id: int | None = None
    remind_minutes: int | None = Field(0, description="So long before it is due; null for never.")


class TaskOut(Schema):
    id: int
    kind: str
    title: str
    note: str
    node_id: int
    node_name: str
    role_id: int | None
    people: list[PersonOut]
    customer_id: int | None
    due_at: datetime
    is_overdue: bool
    state: TaskState
    result: str
    created_by: PersonOut | None
    created_at: datetime
    closed_by: PersonOut | None
    closed_at: datetime | None
    version: int


class TaskPage(Schema):
    items: list[TaskOut]
    next_cursor: str | None


class ResultIn(Input):
    result: str = ""


class ReassignIn(Input):
    """`version` is the one that the caller has seen."""

    staff_ids: list[int] = Field(max_length=50)
    version: int
    due_at: datetime | None = None


class CommentIn(Input):
    text: str


class CommentOut(Schema):
    author: PersonOut | None
    text: str
    at: datetime


class CommentList(Schema):
    items: list[CommentOut]


class NoticeOut(Schema):
    """`text` is in the language of the request; `count` is how often the same was told."""

    id: int
    kind: str
    object_id: int
    text: str
    count: int
    created_at: datetime
    read_at: datetime | None

    @staticmethod
    def resolve_text(obj: NoticeView) -> str:
        return in_words(obj)


class NoticePage(Schema):
    items: list[NoticeOut]
    next_cursor: str | None


class ReadIn(Input):
    notice_ids: list[int] | None = Field(None, max_length=500, description="Null: all of them.")


class ReadOut(Schema):
    read_count: int


class ApprovalOut(Schema):
    id: int
    kind: str
    object_id: int
    title: str
    people_count: int
    cost_fen: int
    reason: str
    state: ApprovalState
    requested_by: int
    requested_name: str
    requested_at: datetime
    expires_at: datetime
    decided_name: str
    decided_at: datetime | None
    comment: str
    problem: str
    may_decide: bool

    @staticmethod
    def resolve_problem(obj: ApprovalView) -> str:
        return told(obj.problem, gettext)


class ApprovalPage(Schema):
    items: list[ApprovalOut]
    next_cursor: str | None


class DecisionIn(Input):
    approve: bool
    comment: str = Field("", max_length=1_000)


class AskIn(Input):
    """Why a launch should be allowed; `at` for a later start."""

    reason: str = Field(max_length=1_000)
    at: datetime | None = None

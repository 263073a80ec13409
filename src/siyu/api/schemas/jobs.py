"""Background work."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.utils.translation import gettext
from ninja import Schema

from siyu.eventlog.contracts import JobState, JobView
from siyu.kernel.errors import told


class JobOut(Schema):
    """`share` is the progress between 0 and 1; `error` says why it failed, `error_code` for programs."""

    id: int
    kind: str
    state: JobState
    done: int
    total: int
    share: float
    rate_per_s: float | None
    seconds_left: float | None
    result: dict[str, object] | None
    error: str
    error_code: str
    cancel_asked: bool
    attempts: int
    trace_id: str
    created_by: int | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @staticmethod
    def resolve_error(obj: JobView) -> str:
        return told(obj.error, gettext)

    @staticmethod
    def resolve_error_code(obj: JobView) -> str:
        problem = _problem(obj)
        return str(problem["code"]) if problem else ""


def _problem(job: JobView) -> dict[str, Any] | None:
    """The expected error that a job ended with, if it was one."""
    if not job.error.startswith("{"):
        return None
    found: dict[str, Any] = json.loads(job.error)
    return found


class JobPage(Schema):
    items: list[JobOut]
    next_cursor: str | None

"""Tasks: one's own, those that one gave, those at one's places."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router

from siyu.api.authentication import needs, viewer
from siyu.api.idempotency import DOCUMENTED, once
from siyu.api.schemas.paging import Cursor, Limit
from siyu.api.schemas.work import CommentIn, CommentList, ReassignIn, ResultIn, TaskIn, TaskOut, TaskPage
from siyu.org.access import SIGNED_IN
from siyu.org.contracts.tasks import TaskState, Whose
from siyu.org.queries import tasks
from siyu.org.services import tasks as services

router = Router()


@router.get("", response=TaskPage, auth=needs(SIGNED_IN))
def list_tasks(
    request: HttpRequest,
    *,
    whose: Whose = Whose.MINE,
    state: TaskState | None = TaskState.OPEN,
    overdue: bool = False,
    kind: str = "",
    node_id: int | None = None,
    staff_id: int | None = None,
    customer_id: int | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """Tasks; open ones by when they are due, closed ones the latest first."""
    return tasks.tasks(
        viewer(request), whose=whose, state=state, overdue=overdue, kind=kind, node_id=node_id, staff_id=staff_id,
        customer_id=customer_id, cursor=cursor, limit=limit,
    )  # fmt: skip


@router.post("", response={201: TaskOut}, openapi_extra=DOCUMENTED, auth=needs(SIGNED_IN))
def create_task(request: HttpRequest, body: TaskIn) -> Any:
    """Give a task to people or to a role at a place; to oneself without any permission."""
    seen_by = viewer(request)

    def create() -> TaskOut:
        return _shown(seen_by, services.create_task(viewer=seen_by, **body.model_dump()))

    return once(request, create)


def _shown(seen_by: Any, task_id: int) -> TaskOut:
    return TaskOut.model_validate(tasks.task(seen_by, task_id))


@router.get("/{int:task_id}", response=TaskOut, auth=needs(SIGNED_IN))
def get_task(request: HttpRequest, task_id: int) -> Any:
    """One task."""
    return tasks.task(viewer(request), task_id)


@router.post("/{int:task_id}/done", response=TaskOut, auth=needs(SIGNED_IN))
def finish_task(request: HttpRequest, task_id: int, body: ResultIn) -> Any:
    """Close a task as done. 409 if it is closed already."""
    seen_by = viewer(request)
    services.finish_task(viewer=seen_by, task_id=task_id, result=body.result)
    return tasks.task(seen_by, task_id)


@router.post("/{int:task_id}/cancel", response=TaskOut, auth=needs(SIGNED_IN))
def cancel_task(request: HttpRequest, task_id: int, body: ResultIn) -> Any:
    """Take a task back; for who gave it or leads the place."""
    seen_by = viewer(request)
    services.cancel_task(viewer=seen_by, task_id=task_id, result=body.result)
    return tasks.task(seen_by, task_id)


@router.post("/{int:task_id}/reassign", response=TaskOut, auth=needs(SIGNED_IN))
def reassign_task(request: HttpRequest, task_id: int, body: ReassignIn) -> Any:
    """Hand a task to other people."""
    seen_by = viewer(request)
    services.reassign_task(viewer=seen_by, task_id=task_id, **body.model_dump())
    return tasks.task(seen_by, task_id)


@router.get("/{int:task_id}/comments", response=CommentList, auth=needs(SIGNED_IN))
def list_task_comments(request: HttpRequest, task_id: int) -> Any:
    """What was said about a task, oldest first."""
    return {"items": tasks.comments(viewer(request), task_id)}


@router.post("/{int:task_id}/comments", response={204: None}, auth=needs(SIGNED_IN))
def comment_task(request: HttpRequest, task_id: int, body: CommentIn) -> Any:
    """Say something about a task."""
    services.comment_task(viewer=viewer(request), task_id=task_id, text=body.text)
    return HttpResponse(status=204)

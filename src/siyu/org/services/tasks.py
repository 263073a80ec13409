"""Tasks: give, do, hand on, cancel, talk about; many at once for all places below one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import F
from django.utils.translation import gettext_noop as _

from siyu.eventlog import records
from siyu.eventlog.contracts import NewEvent
from siyu.eventlog.services import publish
from siyu.kernel import clock
from siyu.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound, Outdated
from siyu.org import events, kinds
from siyu.org.contracts import NodeView, Viewer
from siyu.org.contracts.tasks import PlannedTask, TaskClosed, TaskState
from siyu.org.models import Membership, Node, Role, Staff, Task, TaskAssignee, TaskComment
from siyu.org.permissions import TASKS_MANAGE
from siyu.org.queries import accessible_nodes, accessible_staff, node
from siyu.org.queries import calendar as calendars
from siyu.org.queries import tasks as reads
from siyu.org.registries import TASK_KINDS
from siyu.org.services.notices import notify

MAX_TITLE_CHARS, MAX_TEXT_CHARS = 120, 2_000
# People of one task: more is a notice, not a task.
MAX_PEOPLE = 50
# Tasks of one bulk, in one transaction: each is a few rows.
MAX_BULK = 200
# A task is due within two years: what lies further away is a typing error.
MAX_AHEAD_DAYS = 731
MAX_REMIND_MINUTES = 30 * 24 * 60


def create_task(
    *,
    viewer: Viewer,
    kind: str,
    title: str,
    due_at: datetime,
    node_id: int | None = None,
    staff_ids: Sequence[int] = (),
    role_id: int | None = None,
    customer_id: int | None = None,
    note: str = "",
    remind_minutes: int | None = 0,
) -> int:
    """Gives a task to people, or to whoever has a role at a place; returns its id.

    Everybody may give themselves one; others only who may manage tasks, at places and to staff within their scope.
    `remind_minutes` is how long before it is due they are reminded; None for never.
    """
    values = _values(kind, title, note, due_at, remind_minutes)
    reads.check_customers(viewer, [] if customer_id is None else [customer_id])
    with records.transaction():
        if node_id is None and not role_id and list(staff_ids) in ([], [viewer.staff_id]):
            place_id, people = _own_place(viewer), [_self(viewer)]
        else:
            place_id, people = _asked(viewer, node_id, staff_ids, role_id)
        values |= {"node_id": place_id, "role_id": role_id, "customer_id": customer_id}
        return _create(viewer, values, people)


def plan_tasks(
    *,
    viewer: Viewer,
    below_id: int,
    kinds_of_place: Collection[str],
    role_id: int,
    due_at: datetime | None = None,
    working_hours: float | None = None,
) -> list[PlannedTask]:
    """What `create_tasks` would do: one task for each place of these kinds at or below one, for a role.

    Due at a moment, or so many opening hours of the place from now. At most `MAX_BULK` places.
    """
    viewer.require(TASKS_MANAGE)
    if (due_at is None) == (working_hours is None):
        raise InvalidInput(reason=_("Say when it is due: a time, or so many opening hours from now."))
    if working_hours is not None and not 0 < working_hours <= 1_000:
        raise InvalidInput(reason=_("Give between 0 and 1,000 opening hours."))
    if due_at is not None:
        _check_due(due_at)
    places = _places(viewer, node(viewer, below_id), kinds_of_place)
    counted = _people_counts(role_id, [place.pk for place in places])
    return [_planned(viewer, place, counted.get(place.pk, 0), due_at, working_hours) for place in places]


def _places(viewer: Viewer, below: NodeView, kinds_of_place: Collection[str]) -> list[Node]:
    found = accessible_nodes(viewer).filter(path__startswith=below.path, is_active=True)
    places = list(found.filter(kind__in=list(kinds_of_place)).order_by("path")[: MAX_BULK + 1])
    if len(places) > MAX_BULK:
        raise InvalidInput(reason=_("More than 200 places. Choose a smaller part of the organisation."))
    return places


def _planned(
    viewer: Viewer, place: Node, people_count: int, due_at: datetime | None, working_hours: float | None
) -> PlannedTask:
    certain, due = True, due_at
    if working_hours is not None:
        reached = calendars.add_working_hours(viewer, place.pk, clock.now(), working_hours)
        due, certain = reached.at, reached.is_certain
    problem = ""
    if not people_count:
        problem = _("Nobody has this role here.")
    elif due is None:
        problem = _("This place does not open within a year.")
    return PlannedTask(place.pk, place.name, people_count, due, certain, problem)


def _people_counts(role_id: int, node_ids: Sequence[int]) -> dict[int, int]:
    counted: dict[int, int] = {}
    rows = Membership.objects.filter(role_id=role_id, node_id__in=node_ids, staff__is_active=True)
    for node_id in rows.values_list("node_id", flat=True):
        counted[node_id] = counted.get(node_id, 0) + 1
    return counted


def create_tasks(
    *,
    viewer: Viewer,
    below_id: int,
    kinds_of_place: Collection[str],
    role_id: int,
    kind: str,
    title: str,
    note: str = "",
    due_at: datetime | None = None,
    working_hours: float | None = None,
    remind_minutes: int | None = 0,
) -> list[int]:
    """Gives one task to each place as `plan_tasks` shows it, all or none; places with a problem are left out."""
    with records.transaction():
        planned = plan_tasks(
            viewer=viewer, below_id=below_id, kinds_of_place=kinds_of_place, role_id=role_id, due_at=due_at,
            working_hours=working_hours,
        )  # fmt: skip
        if not Role.objects.filter(pk=role_id).exists():
            raise NotFound()
        made = []
        for plan in planned:
            if not plan.problem and plan.due_at is not None:
                values = _values(kind, title, note, plan.due_at, remind_minutes)
                values |= {"node_id": plan.node_id, "role_id": role_id}
                made.append(_create(viewer, values, []))
        if not made:
            raise InvalidInput(reason=_("There is no place where somebody has this role."))
        return made


def finish_task(*, viewer: Viewer, task_id: int, result: str = "") -> None:
    """Closes a task as done, with what came of it. TaskClosed if somebody was faster."""
    _close(viewer, task_id, TaskState.DONE, _text(result))


def cancel_task(*, viewer: Viewer, task_id: int, result: str = "") -> None:
    """Takes a task back; for who gave it or leads the place."""
    _close(viewer, task_id, TaskState.CANCELLED, _text(result))


def _close(viewer: Viewer, task_id: int, state: TaskState, result: str) -> None:
    with records.transaction():
        row = _seen(viewer, task_id)
        if state is TaskState.CANCELLED and not reads.may_change(viewer, row):
            raise NotAllowed()
        closed = Task.objects.filter(pk=row.pk, state=TaskState.OPEN.value).update(
            state=state.value, result=result, closed_by=viewer.staff_id, closed_at=clock.now(), remind_at=None,
            version=F("version") + 1,
        )  # fmt: skip
        if not closed:
            raise TaskClosed()
        name = events.TASK_DONE if state is TaskState.DONE else events.TASK_CHANGED
        _publish(viewer, name, row, {} if state is TaskState.DONE else {"change": "cancelled"})
        told = {row.created_by} if state is TaskState.DONE else set(asked_staff(row))
        notify(
            kind=kinds.TASK_CLOSED, staff_ids=[pk for pk in told if pk is not None], object_id=row.pk,
            data={"title": row.title}, besides=viewer.staff_id,
        )  # fmt: skip


def reopen_task(*, viewer: Viewer, task_id: int) -> None:
    """Opens a closed task again, with its old time."""
    with records.transaction():
        row = _seen(viewer, task_id)
        if not reads.may_change(viewer, row) and row.closed_by != viewer.staff_id:
            raise NotAllowed()
        opened = Task.objects.filter(pk=row.pk).exclude(state=TaskState.OPEN.value).update(
            state=TaskState.OPEN.value, closed_by=None, closed_at=None, version=F("version") + 1
        )
        if not opened:
            raise Conflict()
        _publish(viewer, events.TASK_CHANGED, row, {"change": "reopened"})


def reassign_task(
    *, viewer: Viewer, task_id: int, staff_ids: Sequence[int], version: int, due_at: datetime | None = None
) -> None:
    """Hands an open task to other people, and sets another time if one is given."""
    with records.transaction():
        row = _seen(viewer, task_id)
        if not reads.may_change(viewer, row):
            raise NotAllowed()
        if row.state != TaskState.OPEN.value:
            raise TaskClosed()
        _place_id, people = _asked(viewer, row.node_id, staff_ids, None)
        changes: dict[str, Any] = {"role": None, "version": F("version") + 1}
        if due_at is not None:
            changes |= {"due_at": _check_due(due_at), "remind_at": due_at}
        if not Task.objects.filter(pk=row.pk, version=version).update(**changes):
            raise Outdated()
        before = set(asked_staff(row))
        TaskAssignee.objects.filter(task=row).delete()
        TaskAssignee.objects.bulk_create(TaskAssignee(task=row, staff_id=staff_id) for staff_id in people)
        _publish(viewer, events.TASK_CHANGED, row, {"change": "reassigned"})
        _tell(viewer, row, set(people) - before)


def comment_task(*, viewer: Viewer, task_id: int, text: str) -> None:
    """Says something about a task, for all who see it."""
    if not text.strip():
        raise InvalidInput(reason=_("Write something first."))
    with records.transaction():
        row = _seen(viewer, task_id)
        TaskComment.objects.create(task=row, staff_id=viewer.staff_id, text=_text(text), at=clock.now())
        _publish(viewer, events.TASK_CHANGED, row, {"change": "commented"})


def asked_staff(row: Task) -> list[int]:
    """Who is asked by a task: the people named, or who has the role at the place now."""
    if row.role_id is not None:
        held = Membership.objects.filter(role_id=row.role_id, node_id=row.node_id, staff__is_active=True)
        return sorted(set(held.values_list("staff_id", flat=True)))
    return list(TaskAssignee.objects.filter(task=row).values_list("staff_id", flat=True))


def _create(viewer: Viewer, values: dict[str, Any], people: Iterable[int]) -> int:
    row = Task.objects.create(**values, created_by=viewer.staff_id, created_at=clock.now())
    TaskAssignee.objects.bulk_create(TaskAssignee(task=row, staff_id=staff_id) for staff_id in people)
    _publish(viewer, events.TASK_CREATED, row, {})
    _tell(viewer, row, asked_staff(row))
    return row.pk


def _tell(viewer: Viewer, row: Task, staff_ids: Iterable[int]) -> None:
    notify(
        kind=kinds.TASK_GIVEN, staff_ids=staff_ids, object_id=row.pk, data={"title": row.title},
        besides=viewer.staff_id,
    )  # fmt: skip


def _asked(
    viewer: Viewer, node_id: int | None, staff_ids: Sequence[int], role_id: int | None
) -> tuple[int, list[int]]:
    viewer.require(TASKS_MANAGE)
    people = sorted(set(staff_ids))
    if bool(people) == (role_id is not None) or len(people) > MAX_PEOPLE:
        raise InvalidInput(reason=_("Choose up to 50 people, or a role at a place."))
    if role_id is not None and not Role.objects.filter(pk=role_id).exists():
        raise NotFound()
    if len(people) != accessible_staff(viewer).filter(pk__in=people, is_active=True).count():
        raise NotFound()
    if node_id is None:
        if role_id is not None:
            raise InvalidInput(reason=_("Choose the place whose people are asked."))
        held = Membership.objects.filter(staff_id__in=people, node__in=accessible_nodes(viewer)).order_by("pk").first()
        if held is None:
            raise NotFound()
        return held.node_id, people
    place = node(viewer, node_id)
    return place.id, people


def _own_place(viewer: Viewer) -> int:
    held = Membership.objects.filter(staff_id=_self(viewer)).order_by("pk").first()
    if held is None:
        raise NotAllowed()
    return held.node_id


def _self(viewer: Viewer) -> int:
    if viewer.staff_id is None or not Staff.objects.filter(pk=viewer.staff_id).exists():
        raise NotAllowed()
    return viewer.staff_id


def _seen(viewer: Viewer, task_id: int) -> Task:
    row = reads.accessible(viewer).filter(pk=task_id).select_related("node").first()
    if row is None:
        raise NotFound()
    return row


def _values(kind: str, title: str, note: str, due_at: datetime, remind_minutes: int | None) -> dict[str, Any]:
    if kind not in TASK_KINDS:
        raise InvalidInput(reason=_("There is no such kind of task."))
    if not 1 <= len(title.strip()) <= MAX_TITLE_CHARS:
        raise InvalidInput(reason=_("A task needs a title of at most 120 characters."))
    if remind_minutes is not None and not 0 <= remind_minutes <= MAX_REMIND_MINUTES:
        raise InvalidInput(reason=_("A reminder comes at most 30 days before."))
    due = _check_due(due_at)
    remind_at = reads.reminder_at(due, remind_minutes)
    return {"kind": kind, "title": title.strip(), "note": _text(note), "due_at": due, "remind_at": remind_at}


def _check_due(due_at: datetime) -> datetime:
    if due_at.tzinfo is None or not -1 <= (due_at - clock.now()).days <= MAX_AHEAD_DAYS:
        raise InvalidInput(reason=_("Choose a time between now and two years from now."))
    return due_at


def _text(text: str) -> str:
    if len(text) > MAX_TEXT_CHARS:
        raise InvalidInput(reason=_("A text has at most %(limit)s characters."), limit=MAX_TEXT_CHARS)
    return text.strip()


def _publish(viewer: Viewer, name: str, row: Task, more: dict[str, Any]) -> None:
    body = {"task_id": row.pk, "kind": row.kind, **more}
    source = "system" if viewer.staff_id is None else f"staff {viewer.staff_id}"
    publish([NewEvent(name, clock.now(), body, source=source, trace_id=viewer.trace_id)])

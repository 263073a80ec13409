"""Reads of tasks: one's own, those that one gave, those at one's places; how places and people stand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Concat

from siyu.kernel import clock
from siyu.kernel.errors import NotFound
from siyu.kernel.paging import MAX_PAGE_ROWS, Page, decode_cursor, encode_cursor
from siyu.org.contracts import NodeKind, Viewer
from siyu.org.contracts.tasks import CommentView, OverdueRow, Person, TaskState, TaskView, Whose
from siyu.org.models import Membership, Task, TaskAssignee, TaskComment
from siyu.org.permissions import TASKS_MANAGE
from siyu.org.queries.people import staff_names
from siyu.org.queries.tree import accessible_nodes
from siyu.org.registries import CUSTOMERS
from siyu.org.roles import SYSTEM_ROLES
from siyu.org.rules import holds_place

# The report looks back over this many days of finished tasks.
REPORT_DAYS = 30
# Places and people that the report lists, those with most overdue first.
REPORT_ROWS = 200


def _asked(viewer: Viewer) -> Q:
    """Tasks that ask the viewer: by name, or by a role that they have at the task's place."""
    named = TaskAssignee.objects.filter(task=OuterRef("pk"), staff_id=viewer.staff_id or 0)
    by_role = Membership.objects.filter(staff_id=viewer.staff_id or 0, node=OuterRef("node"), role=OuterRef("role"))
    return Q(Exists(named)) | Q(Exists(by_role))


def led(viewer: Viewer) -> Q:
    """Tasks at places that the viewer leads."""
    if not viewer.may(TASKS_MANAGE):
        return Q(pk__in=[])
    if viewer.scope.everything:
        return Q()
    return Q(node__in=accessible_nodes(viewer).values("pk"))


def accessible(viewer: Viewer) -> QuerySet[Task]:
    """Every task that exists for a viewer: asked of them, given by them, at places that they lead."""
    if viewer.scope.everything and viewer.may(TASKS_MANAGE):
        return Task.objects.all()
    return Task.objects.filter(_asked(viewer) | Q(created_by=viewer.staff_id, created_by__isnull=False) | led(viewer))


def tasks(
    viewer: Viewer,
    *,
    whose: Whose = Whose.MINE,
    state: TaskState | None = TaskState.OPEN,
    overdue: bool = False,
    kind: str = "",
    node_id: int | None = None,
    staff_id: int | None = None,
    customer_id: int | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[TaskView]:
    """A page of tasks; open ones by when they are due, closed ones the latest first."""
    found = Task.objects.filter(_of(viewer, whose))
    if state is not None:
        found = found.filter(state=state.value)
    if overdue:
        found = found.filter(state=TaskState.OPEN.value, due_at__lt=clock.now())
    if kind:
        found = found.filter(kind=kind)
    if node_id is not None:
        found = found.filter(node__path__contains=f".{node_id}.") | found.filter(node__path__startswith=f"{node_id}.")
    if staff_id is not None:
        found = found.filter(Exists(TaskAssignee.objects.filter(task=OuterRef("pk"), staff_id=staff_id)))
    if customer_id is not None:
        found = found.filter(customer_id=customer_id)
    return _paged(viewer, found, cursor, min(limit, MAX_PAGE_ROWS), ahead=state is TaskState.OPEN)


def _of(viewer: Viewer, whose: Whose) -> Q:
    if whose is Whose.GIVEN:
        return Q(created_by=viewer.staff_id, created_by__isnull=False)
    return led(viewer) if whose is Whose.PLACES else _asked(viewer)


def _paged(viewer: Viewer, found: QuerySet[Task], cursor: str | None, size: int, *, ahead: bool) -> Page[TaskView]:
    if cursor:
        millis, task_id = decode_cursor(cursor, int, int)
        try:
            at = clock.from_millis(millis)
        except OverflowError:
            at = clock.now()
        beyond = Q(due_at__gt=at) | Q(due_at=at, pk__gt=task_id)
        found = found.filter(beyond if ahead else ~beyond & ~Q(pk=task_id))
    order = ("due_at", "pk") if ahead else ("-due_at", "-pk")
    rows = list(found.select_related("node", "role").order_by(*order)[: size + 1])
    last = rows[size - 1] if len(rows) > size else None
    more = encode_cursor(clock.to_millis(last.due_at), last.pk) if last else None
    return Page(views(viewer, rows[:size]), more)


def task(viewer: Viewer, task_id: int) -> TaskView:
    """One task; NotFound where it does not exist for the viewer."""
    row = accessible(viewer).filter(pk=task_id).select_related("node", "role").first()
    if row is None:
        raise NotFound()
    return views(viewer, [row])[0]


def comments(viewer: Viewer, task_id: int) -> list[CommentView]:
    """What was said about a task, oldest first."""
    task(viewer, task_id)
    rows = list(TaskComment.objects.filter(task_id=task_id).order_by("pk"))
    names = staff_names(row.staff_id for row in rows if row.staff_id is not None)
    return [CommentView(_person(row.staff_id, names), row.text, row.at) for row in rows]


def due_today_count(viewer: Viewer) -> int:
    """Open tasks of one's own that are due today or overdue: what the navigation shows."""
    if viewer.staff_id is None:
        return 0
    zone = settings.SIYU.tz
    until = clock.day_end(clock.local_day(clock.now(), zone), zone)
    return Task.objects.filter(_asked(viewer), state=TaskState.OPEN.value, due_at__lt=until).count()


def report(viewer: Viewer) -> tuple[list[OverdueRow], list[OverdueRow]]:
    """How places and people stand, for the places that the viewer leads."""
    viewer.require(TASKS_MANAGE)
    found = Task.objects.filter(led(viewer))
    # Every store has a team of the same name.
    of_team = Concat("node__parent__name", Value(" · "), "node__name")
    place = Case(When(node__kind=NodeKind.TEAM.value, then=of_team), default=F("node__name"))
    by_place = _counted(found, "node", place)
    people = F("assignees__staff__name")
    by_person = _counted(found.filter(assignees__isnull=False), "assignees__staff", people)
    return by_place, by_person


def _counted(found: QuerySet[Task], key: str, name: Case | F) -> list[OverdueRow]:
    moment = clock.now()
    is_open = Q(state=TaskState.OPEN.value)
    recent = Q(state=TaskState.DONE.value, closed_at__gt=moment - timedelta(days=REPORT_DAYS))
    rows = (
        found.values(key, called=name)
        .annotate(
            open_count=Count("pk", filter=is_open),
            overdue_count=Count("pk", filter=is_open & Q(due_at__lt=moment)),
            done_count=Count("pk", filter=recent),
            late_count=Count("pk", filter=recent & Q(closed_at__gt=F("due_at"))),
        )
        .filter(Q(open_count__gt=0) | Q(done_count__gt=0))
        .order_by("-overdue_count", "-open_count", key)[:REPORT_ROWS]
    )
    return [
        OverdueRow(
            row[key], row["called"] or settings.SIYU.brand, row["open_count"], row["overdue_count"], row["done_count"],
            row["late_count"],
        )
        for row in rows
    ]  # fmt: skip


def check_customers(viewer: Viewer, customer_ids: Iterable[int]) -> None:
    """NotFound if one of these customers does not exist for the viewer, or no package knows customers."""
    wanted = set(customer_ids)
    if wanted and not all(wanted <= existing(viewer, wanted) for existing in CUSTOMERS):
        raise NotFound()
    if wanted and not len(CUSTOMERS):
        raise NotFound()


def views(viewer: Viewer, rows: Sequence[Task]) -> list[TaskView]:
    """Rows with the names of those in them; three reads, however many rows."""
    people: dict[int, list[Person]] = {}
    held = TaskAssignee.objects.filter(task__in=rows).order_by("staff__name", "pk")
    for task_id, staff_id, name in held.values_list("task_id", "staff_id", "staff__name"):
        people.setdefault(task_id, []).append(Person(staff_id, name))
    names = staff_names(pk for row in rows for pk in (row.created_by, row.closed_by) if pk is not None)
    return [_view(viewer, row, tuple(people.get(row.pk, ())), names) for row in rows]


def _view(viewer: Viewer, row: Task, people: tuple[Person, ...], names: dict[int, str]) -> TaskView:
    values: dict[str, Any] = {
        name: getattr(row, name)
        for name in ("kind", "title", "note", "customer_id", "due_at", "result", "created_at", "closed_at", "version")
    }
    return TaskView(
        id=row.pk,
        node_id=row.node_id,
        node_name=row.node.name or settings.SIYU.brand,
        role_id=row.role_id,
        role_label=_role_label(row),
        people=people,
        state=TaskState(row.state),
        created_by=_person(row.created_by, names),
        closed_by=_person(row.closed_by, names),
        may_change=may_change(viewer, row),
        **values,
    )


def may_change(viewer: Viewer, row: Task) -> bool:
    """Who gave a task, or leads its place, may hand it on and cancel it."""
    if row.created_by is not None and row.created_by == viewer.staff_id:
        return True
    return viewer.may(TASKS_MANAGE) and holds_place(viewer.scope, row.node.path)


def _role_label(row: Task) -> str:
    if row.role is None:
        return ""
    return SYSTEM_ROLES[row.role.key].label if row.role.is_system else row.role.label


def _person(staff_id: int | None, names: dict[int, str]) -> Person | None:
    return None if staff_id is None else Person(staff_id, names.get(staff_id, ""))


def reminder_at(due_at: datetime, minutes: int | None) -> datetime | None:
    """When to remind of a task: some minutes before it is due, or not at all."""
    return None if minutes is None else due_at - timedelta(minutes=minutes)

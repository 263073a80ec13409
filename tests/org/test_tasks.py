"""Tasks: who may give, see, do and change them; bulk, reminders exactly once, the report."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.support.organisation import Chain, person

from siyu.eventlog.models import Event
from siyu.kernel import clock
from siyu.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from siyu.org import queries
from siyu.org import services as services_of_places
from siyu.org.contracts import SYSTEM, NodeKind, Viewer
from siyu.org.contracts.tasks import TaskClosed, TaskState, Whose
from siyu.org.jobs import reminders
from siyu.org.models import Membership, Notice, Task
from siyu.org.queries import notices, tasks
from siyu.org.services import tasks as services

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 11, 2, tzinfo=UTC)  # a Monday, 10:00 in Shanghai
TOMORROW = NOW + timedelta(days=1)


@pytest.fixture(autouse=True)
def _held_clock() -> Any:
    with clock.frozen(NOW):
        yield


def give(viewer: Viewer, **changes: Any) -> int:
    values = {"kind": "follow_up", "title": "Call Wang", "due_at": TOMORROW} | changes
    return services.create_task(viewer=viewer, **values)


def titles(viewer: Viewer, **filters: Any) -> list[str]:
    return [view.title for view in tasks.tasks(viewer, **filters).items]


def test_everybody_gives_themselves_a_task_and_nobody_else_sees_it(chain: Chain) -> None:
    guide, stranger = person("guide", chain.east_store), person("analyst", chain.west_store)
    task_id = give(guide)
    assert titles(guide) == ["Call Wang"]
    assert tasks.due_today_count(guide) == 0
    with clock.frozen(TOMORROW):
        assert tasks.due_today_count(guide) == 1
    with pytest.raises(NotFound):
        tasks.task(stranger, task_id)
    with pytest.raises(NotFound):
        services.comment_task(viewer=stranger, task_id=task_id, text="hello")
    with pytest.raises(NotAllowed):
        give(guide, staff_ids=[stranger.staff_id])


def test_a_manager_gives_within_their_places_only(chain: Chain) -> None:
    manager, guide = person("store_manager", chain.east), person("guide", chain.east_store)
    away = person("guide", chain.west_store, "away@example.com")
    task_id = give(manager, staff_ids=[guide.staff_id])
    assert titles(guide) == titles(manager, whose=Whose.GIVEN) == titles(manager, whose=Whose.PLACES) == ["Call Wang"]
    assert titles(away) == []
    assert [view.kind for view in notices.notices(guide).items] == ["task.given"]
    for refused in (
        lambda: give(manager, staff_ids=[away.staff_id]),
        lambda: give(manager, node_id=chain.west_store, role_id=queries.role_id("guide")),
        lambda: services.reassign_task(viewer=manager, task_id=task_id, staff_ids=[away.staff_id or 0], version=1),
    ):
        with pytest.raises(NotFound):
            refused()


def test_a_role_at_a_place_asks_whoever_has_it_now(chain: Chain) -> None:
    manager, guide = person("store_manager", chain.east), person("guide", chain.east_store)
    give(manager, node_id=chain.east_store, role_id=queries.role_id("guide"))
    assert titles(guide) == ["Call Wang"]
    Membership.objects.filter(staff_id=guide.staff_id).update(node_id=chain.west_store)
    assert titles(guide) == []


def test_a_customer_outside_the_scope_cannot_be_named(chain: Chain) -> None:
    guide = person("guide", chain.east_store)
    with pytest.raises(NotFound):
        give(guide, customer_id=4_711)


def test_done_is_done_once_and_tells_who_gave_it(chain: Chain) -> None:
    manager, guide = person("store_manager", chain.east), person("guide", chain.east_store)
    task_id = give(manager, staff_ids=[guide.staff_id])
    services.comment_task(viewer=guide, task_id=task_id, text="No answer yet")
    services.finish_task(viewer=guide, task_id=task_id, result="Reached")
    with pytest.raises(TaskClosed):
        services.finish_task(viewer=manager, task_id=task_id)
    view = tasks.task(manager, task_id)
    assert (view.state, view.result, view.closed_by and view.closed_by.id) == (
        TaskState.DONE, "Reached", guide.staff_id,
    )  # fmt: skip
    assert [one.text for one in tasks.comments(manager, task_id)] == ["No answer yet"]
    assert "task.closed" in [one.kind for one in notices.notices(manager).items]
    services.reopen_task(viewer=guide, task_id=task_id)
    assert tasks.task(guide, task_id).state is TaskState.OPEN
    names = set(Event.objects.filter(name__startswith="org.task").values_list("name", flat=True))
    assert names == {"org.task_created", "org.task_changed", "org.task_done"}


def test_only_who_gave_it_or_leads_the_place_takes_it_back(chain: Chain) -> None:
    manager, guide = person("store_manager", chain.east), person("guide", chain.east_store)
    task_id = give(manager, staff_ids=[guide.staff_id])
    with pytest.raises(NotAllowed):
        services.cancel_task(viewer=guide, task_id=task_id)
    services.cancel_task(viewer=manager, task_id=task_id)
    assert titles(guide) == []


def test_handing_on_needs_the_version_that_was_seen(chain: Chain) -> None:
    manager = person("store_manager", chain.east)
    one, two = (person("guide", chain.east_store, f"{n}@example.com") for n in ("one", "two"))
    task_id = give(manager, staff_ids=[one.staff_id])
    services.reassign_task(viewer=manager, task_id=task_id, staff_ids=[two.staff_id or 0], version=1)
    assert (titles(one), titles(two)) == ([], ["Call Wang"])
    with pytest.raises(Conflict):
        services.reassign_task(viewer=manager, task_id=task_id, staff_ids=[one.staff_id or 0], version=1)


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "dance"},
        {"title": " "},
        {"title": "x" * 121},
        {"due_at": NOW - timedelta(days=2)},
        {"due_at": NOW + timedelta(days=800)},
        {"due_at": NOW.replace(tzinfo=None)},
        {"note": "x" * 2_001},
        {"remind_minutes": -1},
    ],
)
def test_nonsense_is_refused(chain: Chain, changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        give(person("guide", chain.east_store), **changes)
    assert not Task.objects.exists()


def test_many_places_get_one_task_each_due_by_their_own_hours(chain: Chain) -> None:
    owner = person("owner", chain.company)
    person("guide", chain.east_store)
    where = {"below_id": chain.company, "kinds_of_place": ["store"], "role_id": queries.role_id("guide")}
    planned = services.plan_tasks(viewer=owner, **where, working_hours=10)
    assert [(one.node_name, one.people_count, bool(one.problem)) for one in planned] == [
        ("徐汇店", 1, False), ("武侯店", 0, True),
    ]  # fmt: skip
    # Eight hours are left today, until 18:00; two more tomorrow from 09:00.
    assert planned[0].due_at == datetime(2026, 5, 12, 3, tzinfo=UTC)
    assert not Task.objects.exists()
    made = services.create_tasks(
        viewer=owner, **where, working_hours=10, kind="confirm_broadcast", title="Confirm the wave"
    )
    assert len(made) == 1
    with pytest.raises(InvalidInput):
        services.plan_tasks(viewer=owner, **where)
    with pytest.raises(NotAllowed):
        services.plan_tasks(viewer=person("analyst", chain.company), **where, due_at=TOMORROW)


def test_each_task_is_reminded_of_once(chain: Chain) -> None:
    guide = person("guide", chain.east_store)
    give(guide, remind_minutes=30)
    give(guide, title="Never", remind_minutes=None)
    assert reminders.remind_once() == 0
    with clock.frozen(TOMORROW - timedelta(minutes=30)):
        assert reminders.remind_once() == 1
        assert reminders.remind_once() == 0
    assert Event.objects.filter(name="org.task_due").count() == 1
    assert Notice.objects.filter(kind="task.due").count() == 1


def test_a_done_task_is_not_reminded_of(chain: Chain) -> None:
    guide = person("guide", chain.east_store)
    services.finish_task(viewer=guide, task_id=give(guide))
    with clock.frozen(TOMORROW):
        assert reminders.remind_once() == 0


def test_the_report_counts_what_is_late_at_ones_places(chain: Chain) -> None:
    manager, guide = person("store_manager", chain.east), person("guide", chain.east_store)
    for _number in range(3):
        last = give(manager, staff_ids=[guide.staff_id], node_id=chain.east_store)
    give(person("owner", chain.company), staff_ids=[guide.staff_id], node_id=chain.west_store)
    with clock.frozen(TOMORROW + timedelta(hours=1)):
        services.finish_task(viewer=guide, task_id=last)
        places, people = tasks.report(manager)
        assert [(row.name, row.open_count, row.overdue_count, row.done_count, row.late_count) for row in places] == [
            ("徐汇店", 2, 2, 1, 1)
        ]
        assert [(row.name, row.overdue_count) for row in people] == [("guide", 2)]
        assert titles(manager, whose=Whose.PLACES, overdue=True) == ["Call Wang", "Call Wang"]
    with pytest.raises(NotAllowed):
        tasks.report(guide)


def test_the_report_says_which_store_a_team_is_of(chain: Chain) -> None:
    team = services_of_places.create_node(
        viewer=SYSTEM, parent_id=chain.east_store, kind=NodeKind.TEAM, code="T1", name="早班组"
    )
    give(SYSTEM, staff_ids=[person("guide", team).staff_id], node_id=team)
    assert [row.name for row in tasks.report(SYSTEM)[0]] == ["徐汇店 · 早班组"]


def test_pages_follow_on_and_cost_the_same_whatever_their_length(
    chain: Chain, django_assert_num_queries: Callable[[int], Any]
) -> None:
    guide = person("guide", chain.east_store)
    give(guide, title="A")
    with django_assert_num_queries(3):
        assert titles(guide) == ["A"]
    for name in "BCDE":
        give(guide, title=name)
    with django_assert_num_queries(3):
        assert len(titles(guide)) == 5
    for state in (TaskState.OPEN, None):
        first = tasks.tasks(guide, state=state, limit=3)
        second = tasks.tasks(guide, state=state, limit=3, cursor=first.next_cursor)
        assert sorted(view.title for view in [*first.items, *second.items]) == list("ABCDE")
        assert second.next_cursor is None
    assert titles(SYSTEM, whose=Whose.PLACES, node_id=chain.east)
    assert not titles(SYSTEM, whose=Whose.PLACES, node_id=chain.west)

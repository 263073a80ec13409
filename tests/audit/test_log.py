"""The log: written with the change, found again, and never changed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from siyu.audit import queries, services
from siyu.audit.contracts import Actor, Filters, Target, Via
from siyu.audit.models import Entry
from siyu.audit.registries import ACTIONS, KINDS
from siyu.kernel import clock
from siyu.kernel.errors import InvalidInput

pytestmark = pytest.mark.django_db
ALICE = Actor("Alice", Via.SESSION, staff_id=7, origin="10.0.0.1", trace_id="ab" * 16)
BOB = Actor("Bob", Via.TOKEN, staff_id=8)


def write(label: str = "Spring", *, actor: Actor = ALICE, action: str = "plan.changed", object_id: int = 1) -> None:
    services.record(
        actor=actor, action=action, target=Target("plan", object_id, label), before={"n": 1}, after={"n": 2}
    )


def labels(filters: Filters) -> list[str]:
    return [entry.target.label for entry in queries.entries(filters).items]


def test_an_entry_says_who_what_when_and_from_where() -> None:
    write()
    (entry,) = queries.entries(Filters()).items
    assert (entry.actor, entry.target) == (ALICE, Target("plan", "1", "Spring"))
    assert (entry.before, entry.after) == ({"n": 1}, {"n": 2})
    assert queries.entry(entry.id) == entry


def test_an_edit_that_changed_nothing_leaves_no_entry() -> None:
    services.record(actor=ALICE, action="plan.changed", target=Target("plan", 1), before={"n": 1}, after={"n": 1})
    assert not Entry.objects.exists()


def test_unknown_verbs_and_kinds_are_bugs() -> None:
    with pytest.raises(KeyError):
        write(action="plan.blown_up")
    with pytest.raises(KeyError):
        services.record(actor=ALICE, action="plan.changed", target=Target("rocket", 1))


@pytest.mark.parametrize("statement", ["UPDATE audit_entry SET actor_name = 'Nobody'", "DELETE FROM audit_entry"])
def test_the_database_itself_refuses_to_change_or_delete(statement: str) -> None:
    write()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert queries.entries(Filters()).items[0].actor.name == "Alice"


def test_postgresql_refuses_to_empty_the_table() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no TRUNCATE")
    write()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE audit_entry")


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_it_refuses() -> None:
    with pytest.raises(RuntimeError):
        write()


@pytest.mark.django_db(transaction=True)
def test_the_entry_goes_with_the_change() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        write()
        raise ZeroDivisionError
    assert not Entry.objects.exists()
    with transaction.atomic():
        write()
    assert Entry.objects.count() == 1


def test_filters() -> None:
    write("Spring")
    write("Summer", actor=BOB)
    write("Autumn", action="plan.launched", object_id=2)
    assert labels(Filters()) == ["Autumn", "Summer", "Spring"]
    assert labels(Filters(staff_ids=[8])) == ["Summer"]
    assert labels(Filters(staff_ids=[])) == []
    assert labels(Filters(via="token")) == ["Summer"]
    assert labels(Filters(action="plan.launched")) == ["Autumn"]
    assert labels(Filters(kind="plan", object_id="1")) == ["Summer", "Spring"]
    assert labels(Filters(kind="audience")) == []
    assert labels(Filters(text="umm")) == ["Summer"]
    assert labels(Filters(text="10.0.0.1")) == ["Autumn", "Spring"]
    assert labels(Filters(text="ab" * 16)) == ["Autumn", "Spring"]


def test_the_period_is_half_open(monkeypatch: pytest.MonkeyPatch) -> None:
    noon = clock.now().replace(microsecond=0)
    for hours in (0, 1, 2):
        monkeypatch.setattr(clock, "now", lambda hours=hours: noon + timedelta(hours=hours))
        write(f"{hours}")
    assert labels(Filters(since=noon + timedelta(hours=1))) == ["2", "1"]
    assert labels(Filters(until=noon + timedelta(hours=1))) == ["0"]
    assert labels(Filters(since=noon + timedelta(hours=9))) == []
    assert labels(Filters(until=noon)) == []


def test_pages_hold_everything_once() -> None:
    for number in range(7):
        write(str(number))
    seen: list[str] = []
    cursor: str | None = None
    while True:
        found = queries.entries(Filters(), cursor=cursor, limit=3)
        seen += [entry.target.label for entry in found.items]
        if (cursor := found.next_cursor) is None:
            break
    assert seen == ["6", "5", "4", "3", "2", "1", "0"]
    with pytest.raises(InvalidInput):
        queries.entries(Filters(), cursor="nonsense")


def test_a_search_says_how_far_it_came(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "TEXT_WINDOW_ENTRIES", 4)
    write("needle")
    for _ in range(9):
        write("hay")
    found = queries.entries(Filters(text="needle"))
    assert (found.items, found.searched_to is not None) == ([], True)
    seen: list[str] = []
    while found.next_cursor:
        found = queries.entries(Filters(text="needle"), cursor=found.next_cursor)
        seen += [entry.target.label for entry in found.items]
    assert (seen, found.searched_to) == (["needle"], None)
    assert [entry.target.label for entry in queries.every(Filters(text="needle"))] == ["needle"]


def test_one_history() -> None:
    write("Spring")
    write("other", object_id=2)
    assert [entry.target.label for entry in queries.history("plan", 1, limit=5)] == ["Spring"]


def test_every_verb_and_kind_has_words() -> None:
    assert all(action.label for action in ACTIONS)
    assert all(kind.label for kind in KINDS)

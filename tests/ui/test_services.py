"""Saved filters, columns and selections of one person: nobody else sees or changes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from siyu.kernel.errors import InvalidInput, NotAllowed, NotFound
from siyu.org import queries as org
from siyu.org import services as org_services
from siyu.org.contracts import STRANGER, Viewer
from siyu.org.models import Staff
from siyu.ui import queries, services
from siyu.ui.contracts.lists import NameTaken
from siyu.ui.models import Selection
from siyu.ui.services.selections import KEPT
from siyu.ui.services.views import MAX_VIEWS

pytestmark = pytest.mark.django_db
LIST = "people"


@pytest.fixture
def alice(owner: Any) -> Viewer:
    return org.viewer_of(owner)


@pytest.fixture
def bob(owner: Any) -> Viewer:
    staff_id = org_services.create_staff(email="bob@example.com", name="Bob", password="correct horse battery")
    return org.viewer_of(Staff.objects.get(pk=staff_id))


def save(viewer: Viewer, name: str, **more: Any) -> int:
    return services.save_view(viewer=viewer, list_key=LIST, name=name, query=[("f", "orders:ge:2")], **more)


def names(viewer: Viewer) -> list[str]:
    return [view.name for view in queries.list_settings(viewer, LIST).views]


def test_a_saved_filter_keeps_question_and_columns(alice: Viewer) -> None:
    view_id = save(alice, "  Repeat \x00 buyers ", columns=["name", "spend"])
    [view] = queries.list_settings(alice, LIST).views
    assert (view.id, view.name) == (view_id, "Repeat buyers")
    assert (view.query, view.columns) == ((("f", "orders:ge:2"),), ("name", "spend"))
    services.update_view(viewer=alice, list_key=LIST, view_id=view_id, query=[("q", "Ann")])
    services.choose_columns(viewer=alice, list_key=LIST, view_id=view_id, columns=["name"])
    view = queries.list_settings(alice, LIST).views[0]
    assert (view.query, view.columns) == ((("q", "Ann"),), ("name",))


def test_tabs_are_moved_renamed_and_deleted(alice: Viewer) -> None:
    first, second, third = (save(alice, name) for name in ("A", "B", "C"))
    services.move_view(viewer=alice, list_key=LIST, view_id=third, step=-1)
    assert names(alice) == ["A", "C", "B"]
    services.move_view(viewer=alice, list_key=LIST, view_id=first, step=-1)
    services.rename_view(viewer=alice, list_key=LIST, view_id=first, name="Best")
    services.rename_view(viewer=alice, list_key=LIST, view_id=first, name="Best")
    services.delete_view(viewer=alice, list_key=LIST, view_id=second)
    assert names(alice) == ["Best", "C"]


def test_names_are_needed_and_taken_once(alice: Viewer, bob: Viewer) -> None:
    save(alice, "Best")
    save(bob, "Best")
    other = save(alice, "Other")
    with pytest.raises(NameTaken):
        save(alice, " Best ")
    with pytest.raises(NameTaken):
        services.rename_view(viewer=alice, list_key=LIST, view_id=other, name="Best")
    for name in ("", "  \t", "x" * 41):
        with pytest.raises(InvalidInput):
            save(alice, name)
    assert names(alice) == ["Best", "Other"]


def test_there_is_an_end_to_tabs(alice: Viewer) -> None:
    for number in range(MAX_VIEWS):
        save(alice, f"View {number}")
    with pytest.raises(InvalidInput):
        save(alice, "One more")


def test_columns_and_rows_of_the_list_itself(alice: Viewer) -> None:
    services.choose_page_rows(viewer=alice, list_key=LIST, page_rows=100)
    services.choose_columns(viewer=alice, list_key=LIST, columns=["b", "a"])
    settings = queries.list_settings(alice, LIST)
    assert (settings.columns, settings.page_rows, settings.views) == (("b", "a"), 100, ())
    services.reset_columns(viewer=alice, list_key=LIST)
    assert queries.list_settings(alice, LIST).columns == ()


def test_nobody_else_sees_or_changes_them(alice: Viewer, bob: Viewer) -> None:
    view_id = save(alice, "Mine")
    services.choose_columns(viewer=alice, list_key=LIST, columns=["a"])
    changes: tuple[tuple[Callable[..., None], dict[str, Any]], ...] = (
        (services.rename_view, {"name": "Theirs"}),
        (services.update_view, {"query": []}),
        (services.move_view, {"step": 1}),
        (services.choose_columns, {"columns": []}),
        (services.delete_view, {}),
    )
    for other in (bob, STRANGER):
        assert queries.list_settings(other, LIST) == queries.ListSettings()
        for change, values in changes:
            with pytest.raises(NotFound):
                change(viewer=other, list_key=LIST, view_id=view_id, **values)
    with pytest.raises(NotFound):
        services.rename_view(viewer=alice, list_key="orders", view_id=view_id, name="Elsewhere")
    assert names(alice) == ["Mine"]


def test_a_selection_is_its_owners_alone_and_of_its_list(alice: Viewer, bob: Viewer) -> None:
    selection_id = services.keep_selection(viewer=alice, list_key=LIST, ids=[7, 2, 2**40, 7])
    assert list(queries.selection(alice, LIST, selection_id)) == [2, 7, 2**40]
    for viewer, list_key in ((bob, LIST), (STRANGER, LIST), (alice, "orders")):
        with pytest.raises(NotFound):
            queries.selection(viewer, list_key, selection_id)
    with pytest.raises(InvalidInput):
        services.keep_selection(viewer=alice, list_key=LIST, ids=[])
    with pytest.raises(NotAllowed):
        services.keep_selection(viewer=STRANGER, list_key=LIST, ids=[1])


def test_old_selections_go(alice: Viewer) -> None:
    selection_id = services.keep_selection(viewer=alice, list_key=LIST, ids=[1])
    row = Selection.objects.get(pk=selection_id)
    Selection.objects.filter(pk=selection_id).update(created_at=row.created_at - KEPT * 2)
    services.keep_selection(viewer=alice, list_key=LIST, ids=[2])
    with pytest.raises(NotFound):
        queries.selection(alice, LIST, selection_id)

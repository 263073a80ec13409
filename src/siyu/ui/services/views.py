"""Saved filters and chosen columns of one person."""

from __future__ import annotations

import json
from collections.abc import Sequence

from django.db.models import Max, QuerySet

from siyu.eventlog import records
from siyu.kernel.errors import InvalidInput, NotFound
from siyu.org.contracts import Viewer
from siyu.ui.contracts.lists import NameTaken
from siyu.ui.models import SavedView

# More tabs than this are no longer found by looking.
MAX_VIEWS = 20
MAX_NAME_LENGTH = 40


def save_view(
    *, viewer: Viewer, list_key: str, name: str, query: Sequence[tuple[str, str]], columns: Sequence[str] = ()
) -> int:
    """Keeps a list's question under a name, as its last tab; returns the id. NameTaken, InvalidInput."""
    with records.transaction():
        mine = _mine(viewer, list_key).exclude(name="")
        wanted = _name(viewer, list_key, name)
        if mine.count() >= MAX_VIEWS:
            raise InvalidInput(
                reason="There are %(most)s saved filters already. Delete one that is no longer used.", most=MAX_VIEWS
            )
        last = mine.aggregate(last=Max("position"))["last"] or 0
        row = SavedView.objects.create(
            staff_id=_staff_id(viewer),
            list_key=list_key,
            name=wanted,
            query_json=json.dumps(list(query), ensure_ascii=False),
            columns_json=json.dumps(list(columns)),
            position=last + 1,
        )
        return row.pk


def update_view(*, viewer: Viewer, list_key: str, view_id: int, query: Sequence[tuple[str, str]]) -> None:
    """Keeps another question under the same name."""
    changed = _mine(viewer, list_key).filter(pk=view_id).update(query_json=json.dumps(list(query), ensure_ascii=False))
    if not changed:
        raise NotFound()


def rename_view(*, viewer: Viewer, list_key: str, view_id: int, name: str) -> None:
    with records.transaction():
        row = _view(viewer, list_key, view_id)
        row.name = _name(viewer, list_key, name, besides=view_id)
        row.save(update_fields=["name"])


def move_view(*, viewer: Viewer, list_key: str, view_id: int, step: int) -> None:
    """Moves a tab by so many places; beyond either end it stays there."""
    with records.transaction():
        ids = list(_tabs(viewer, list_key).values_list("pk", flat=True))
        if view_id not in ids:
            raise NotFound()
        place = max(0, min(ids.index(view_id) + step, len(ids) - 1))
        ids.remove(view_id)
        ids.insert(place, view_id)
        for position, pk in enumerate(ids, start=1):
            SavedView.objects.filter(pk=pk).update(position=position)


def delete_view(*, viewer: Viewer, list_key: str, view_id: int) -> None:
    if not _tabs(viewer, list_key).filter(pk=view_id).delete()[0]:
        raise NotFound()


def choose_columns(*, viewer: Viewer, list_key: str, columns: Sequence[str], view_id: int | None = None) -> None:
    """Keeps which columns a list shows, in this order: for a saved filter, or for the list itself."""
    chosen = json.dumps(list(columns))
    with records.transaction():
        if view_id is None:
            _keep(viewer, list_key, columns_json=chosen)
        else:
            row = _view(viewer, list_key, view_id)
            row.columns_json = chosen
            row.save(update_fields=["columns_json"])


def reset_columns(*, viewer: Viewer, list_key: str, view_id: int | None = None) -> None:
    """Back to the columns that the list itself proposes."""
    choose_columns(viewer=viewer, list_key=list_key, columns=(), view_id=view_id)


def choose_page_rows(*, viewer: Viewer, list_key: str, page_rows: int) -> None:
    """Keeps how many rows a page of the list has."""
    with records.transaction():
        _keep(viewer, list_key, page_rows=page_rows)


def _keep(viewer: Viewer, list_key: str, **values: object) -> None:
    SavedView.objects.update_or_create(staff_id=_staff_id(viewer), list_key=list_key, name="", defaults=values)


def _staff_id(viewer: Viewer) -> int:
    if viewer.staff_id is None:
        raise NotFound()
    return viewer.staff_id


def _mine(viewer: Viewer, list_key: str) -> QuerySet[SavedView]:
    return SavedView.objects.filter(staff_id=viewer.staff_id or 0, list_key=list_key)


def _tabs(viewer: Viewer, list_key: str) -> QuerySet[SavedView]:
    return _mine(viewer, list_key).exclude(name="").order_by("position", "pk")


def _view(viewer: Viewer, list_key: str, view_id: int) -> SavedView:
    row = _tabs(viewer, list_key).filter(pk=view_id).first()
    if row is None:
        raise NotFound()
    return row


def _name(viewer: Viewer, list_key: str, name: str, besides: int = 0) -> str:
    wanted = " ".join("".join(filter(str.isprintable, name)).split())
    if not 1 <= len(wanted) <= MAX_NAME_LENGTH:
        raise InvalidInput(reason="Give the filter a name of 1 to %(most)s characters.", most=MAX_NAME_LENGTH)
    if _mine(viewer, list_key).filter(name=wanted).exclude(pk=besides).exists():
        raise NameTaken(name=wanted)
    return wanted

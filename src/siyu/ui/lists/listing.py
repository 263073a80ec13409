"""A list as one request shows it: what the component `listing` draws.

    listing = lists.open_listing(request, CUSTOMERS, viewer)
    found = …rows for listing.query, listing.cursor, listing.page_rows…
    listing.fill(rows=rows, total=total, next_cursor=found.next_cursor)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext

from siyu.kernel.errors import InvalidInput, SiyuError
from siyu.org.contracts import Viewer
from siyu.ui import formats, queries
from siyu.ui.contracts import Column, Filter, FilterField, FilterType, ListKind, ListQuery, Row
from siyu.ui.contracts.lists import RANGES, WITHOUT_VALUE
from siyu.ui.lists import columns as column_choice
from siyu.ui.lists import filters
from siyu.ui.lists import query as addresses

DEFAULT_PAGE_ROWS = 50


@dataclass(frozen=True)
class ViewTab:
    """A saved filter as a tab; the one without an id shows everything. `edited`: its filters differ from the saved."""

    id: int
    label: Any
    url: str
    current: bool
    edited: bool = False


@dataclass(frozen=True)
class FilterForm:
    """The form of a filter: of one in force, or of one to be added. `problem` says what was wrong with the last try."""

    field: FilterField
    ops: Sequence[tuple[str, Any, bool, bool, bool]]
    values: Sequence[Any]
    choices: Sequence[tuple[str, Any, bool]]
    problem: str = ""

    @property
    def is_choice(self) -> bool:
        return self.field.type is FilterType.CHOICE

    @property
    def low(self) -> Any:
        return self.values[0] if self.values else ""

    @property
    def high(self) -> Any:
        return self.values[1] if len(self.values) > 1 else ""


@dataclass(frozen=True)
class FilterChip:
    label: str
    remove_url: str
    form: FilterForm


@dataclass(frozen=True)
class BulkButton:
    label: Any
    icon: str
    danger: bool
    url: str


class Listing:
    """What the request asks of a list, and, once filled, what it answers."""

    def __init__(self, request: HttpRequest, kind: ListKind, viewer: Viewer, within: str) -> None:
        self.kind, self.viewer, self.path = kind, viewer, request.path
        given = request.GET
        self.settings = queries.list_settings(viewer, kind.key)
        view_text = given.get("view", "")
        self.view = self.settings.view(int(view_text)) if view_text.isdecimal() and len(view_text) < 19 else None
        # A saved filter is asked by its id alone; with the mark, what stands in the address has taken its place.
        is_edited = self.view is not None and "edited" in given
        asked = given if self.view is None or is_edited else addresses.given_of(self.view.query)
        self.query, self.problems = addresses.read(kind, asked, viewer, within)
        self.edited = is_edited and addresses.pairs(kind, self.query) != list(self.view.query if self.view else ())
        self.adding: FilterForm | None = None
        self.page_rows = self._page_rows(given.get("rows", ""))
        self.cursor = given.get("cursor") or None
        start = given.get("at", "")
        self.start = int(start) if self.cursor and start.isdecimal() and len(start) < 12 else 0
        self.rows: Sequence[Row] = ()
        self.total: int | None = None
        self.next_cursor: str | None = None
        self.problem = " ".join(self.problems)
        self.is_added = False
        if key := given.get("add", ""):
            self._add(key, given.get("op", ""), given.getlist("value"))

    def _page_rows(self, text: str) -> int:
        if text.isdecimal() and len(text) < 5 and int(text) in self.kind.page_sizes:
            return int(text)
        kept = self.settings.page_rows
        return kept if kept in self.kind.page_sizes else DEFAULT_PAGE_ROWS

    def _add(self, key: str, op: str, values: Sequence[str]) -> None:
        """Takes over a filter that was filled in; one that does not fit stays open in its form, with the reason."""
        field = self.kind.field(key)
        if field is None:
            return
        try:
            found = filters.read(field, op, values, self.viewer)
        except InvalidInput as error:
            self.adding = self._form(field, None, op, values, error.text(gettext))
            return
        self.query = replace(self.query, filters=addresses.replaced(self.query, found))
        self.edited = self.view is not None
        self.is_added = True
        self.cursor, self.start = None, 0

    # --- what the view fills in ---

    def fill(self, *, rows: Sequence[Row], total: int | None = None, next_cursor: str | None = None) -> None:
        """The rows of this page; `total` counts those of all pages, None where nobody has counted."""
        self.rows, self.total, self.next_cursor = rows, total, next_cursor

    def fail(self, error: SiyuError) -> None:
        """Says instead of rows why there are none."""
        self.problem = error.text(gettext)

    # --- addresses ---

    def url(self, query: ListQuery, **more: Any) -> str:
        """The list with another question; within a saved filter it counts as edited."""
        if self.view is not None:
            more = {"view": self.view.id, "edited": 1, **more}
        if self.page_rows != (self.settings.page_rows or DEFAULT_PAGE_ROWS):
            more.setdefault("rows", self.page_rows)
        return addresses.address(self.path, addresses.pairs(self.kind, query), **more)

    @property
    def here(self) -> str:
        """This list with these filters, at its first page."""
        return self.url(self.query)

    @property
    def clear_url(self) -> str:
        return self.url(ListQuery(sort=self.query.sort, ascending=self.query.ascending))

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What a form on this list sends besides its own fields."""
        written = addresses.pairs(self.kind, self.query)
        return [*written, *self._kept_view()]

    def _kept_view(self) -> list[tuple[str, str]]:
        return [("view", str(self.view.id)), ("edited", "1")] if self.view is not None else []

    @property
    def kept_by_search(self) -> list[tuple[str, str]]:
        return [(name, value) for name, value in self.kept if name != "q"]

    @property
    def save_url(self) -> str:
        return reverse("ui-list-save", args=[self.kind.key])

    @property
    def view_url(self) -> str:
        return reverse("ui-list-view", args=[self.kind.key, self.view.id if self.view else 0])

    @property
    def columns_url(self) -> str:
        return reverse("ui-list-columns", args=[self.kind.key])

    @property
    def rows_url(self) -> str:
        return reverse("ui-list-rows", args=[self.kind.key])

    @property
    def export_url(self) -> str:
        return reverse("ui-list-export", args=[self.kind.key])

    @property
    def counts_url(self) -> str:
        """Where the tabs get their numbers; empty without saved filters, where one number says nothing."""
        if self.kind.count is None or not self.settings.views:
            return ""
        return addresses.address(reverse("ui-list-counts", args=[self.kind.key]), (), within=self.query.within)

    # --- tabs, filters, columns ---

    @property
    def id(self) -> str:
        return f"list-{self.kind.key}"

    @property
    def bulk_id(self) -> str:
        """The form that the check boxes of the rows belong to."""
        return f"{self.id}-bulk"

    @cached_property
    def tabs(self) -> list[ViewTab]:
        everything = ViewTab(0, gettext("All"), self.path, self.view is None)
        return [everything, *map(self._tab, self.settings.views)]

    def _tab(self, view: queries.View) -> ViewTab:
        is_open = view == self.view
        return ViewTab(view.id, view.name, f"{self.path}?view={view.id}", is_open, is_open and self.edited)

    @property
    def can_save(self) -> bool:
        return self.viewer.staff_id is not None and self.query.is_filtered and (self.view is None or self.edited)

    @cached_property
    def chips(self) -> list[FilterChip]:
        found = []
        for one in self.query.filters:
            field = self.kind.field(one.key)
            if field is not None:
                others = tuple(other for other in self.query.filters if other is not one)
                label = filters.in_words(one, field, self.viewer)
                form = self._form(field, one, one.op.value, filters.typed(one, field), "")
                found.append(FilterChip(label, self.url(replace(self.query, filters=others)), form))
        return found

    @cached_property
    def addable(self) -> list[FilterForm]:
        """The forms of filters that are not in force yet."""
        used = {one.key for one in self.query.filters}
        forms = [self._form(field, None, "", (), "") for field in self.kind.fields if field.key not in used]
        return [self.adding if self.adding and form.field == self.adding.field else form for form in forms]

    def _form(
        self, field: FilterField, one: Filter | None, op: str, values: Sequence[Any], problem: str
    ) -> FilterForm:
        comparisons = field.comparisons
        chosen_op = op if op in comparisons else comparisons[0]
        ops = [
            (each.value, filters.OP_LABELS[each], each == chosen_op, each in RANGES, each in WITHOUT_VALUE)
            for each in comparisons
        ]
        chosen = set(values)
        offered = [(value, label, value in chosen) for value, label in filters.choices_of(field, self.viewer)]
        return FilterForm(field, ops, values, offered, problem)

    @cached_property
    def columns(self) -> list[Column]:
        chosen = self.view.columns if self.view is not None and self.view.columns else self.settings.columns
        found = column_choice.shown(self.kind, chosen)
        urls = {column.key: self._sort_url(column.key) for column in found if column.sortable}
        return column_choice.with_order(found, self.query.sort, self.query.ascending, urls)

    def _sort_url(self, key: str) -> str:
        """First the largest, then the smallest, then the list's own order."""
        if self.query.sort != key:
            return self.url(replace(self.query, sort=key, ascending=False))
        if not self.query.ascending:
            return self.url(replace(self.query, ascending=True))
        return self.url(replace(self.query, sort="", ascending=False))

    @property
    def sort_choices(self) -> list[Column]:
        """The columns that rows can be put in the order of: for narrow screens, which have no head."""
        return [column for column in self.columns if column.sort_url]

    @property
    def column_keys(self) -> list[str]:
        return [column.key for column in self.columns]

    @property
    def column_choices(self) -> list[column_choice.Choice]:
        return column_choice.choices(self.kind, self.columns)

    @property
    def can_choose(self) -> bool:
        return self.viewer.staff_id is not None

    # --- pages ---

    @property
    def shown(self) -> str:
        """Such as “1–50 of 1,284”."""
        if not self.rows:
            return ""
        span = f"{formats.number(self.start + 1)}–{formats.number(self.start + len(self.rows))}"
        if self.total is None:
            return span
        return gettext("%(span)s of %(total)s") % {"span": span, "total": formats.number(self.total)}

    @property
    def first_url(self) -> str:
        return self.here if self.cursor else ""

    @property
    def next_url(self) -> str:
        if not self.next_cursor:
            return ""
        return self.url(self.query, cursor=self.next_cursor, at=self.start + len(self.rows))

    @property
    def sizes(self) -> list[tuple[int, bool]]:
        return [(size, size == self.page_rows) for size in self.kind.page_sizes]

    # --- what can be done ---

    @cached_property
    def actions(self) -> list[BulkButton]:
        """The bulk actions that the viewer may use."""
        if self.kind.ids is None or self.viewer.staff_id is None:
            return []
        return [
            BulkButton(one.label, one.icon, one.danger, reverse("ui-bulk-preview", args=[self.kind.key, one.key]))
            for one in self.kind.bulk
            if not one.permission or self.viewer.may(one.permission)
        ]

    @property
    def selectable(self) -> str:
        return "row" if self.actions else ""

    @property
    def can_export(self) -> bool:
        found = self.kind.export
        if found is None or self.kind.ids is None or self.viewer.staff_id is None:
            return False
        return not found.permission or self.viewer.may(found.permission)


def open_listing(request: HttpRequest, kind: ListKind, viewer: Viewer, *, within: str = "") -> Listing:
    """Reads what a request asks of a list. With `problem` set there is nothing to fetch: the list says why."""
    return Listing(request, kind, viewer, within)

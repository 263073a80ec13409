"""Lists: filter bar, table, pages."""

from __future__ import annotations

from siyu.ui import preparing
from siyu.ui.components import Component, Prop

DECLARED = (
    Component(
        "listing",
        "A list in full: saved filters, search, chips, columns, sorting, bulk actions with preview, export, pages.",
        (Prop("listing", "Listing of `siyu.ui.lists`, opened and filled by the view"),),
        slots=("actions", "empty", "foot"),
    ),
    Component(
        "filter_bar",
        "Saved filters as tabs, search, removable chips, clear.",
        (
            Prop("action", "Address that the search is sent to"),
            Prop("tabs", "Saved filters: sequence of Tab", ()),
            Prop("search_label", "What can be searched; no field without it", ""),
            Prop("search_name", "Name of the search parameter", "q"),
            Prop("search_value", "What was searched", ""),
            Prop("kept", "Other parameters to keep: sequence of (name, value)", ()),
            Prop("chips", "Filters in force: sequence of Chip", ()),
            Prop("clear_url", "Address of the list without filters", ""),
            Prop("target", "CSS selector that the answer replaces; a whole page load without it", ""),
        ),
        slots=("filters", "actions"),
    ),
    Component(
        "data_table",
        "Rows with aligned, linked numbers; two-line rows at 390 px.",
        (
            Prop("columns", "Sequence of Column"),
            Prop("rows", "Sequence of Row"),
            Prop("caption", "What the table lists, for screen readers"),
            Prop("total", "Row of totals", None),
            Prop("selectable", "Name of the check boxes; no check boxes without it", ""),
            Prop("id", "Element id", ""),
            Prop("filtered", "True when filters hide rows: the empty text then says so", default=False),
            Prop("clear_url", "Address of the list without filters", ""),
            Prop("form", "Id of the form that the check boxes belong to", ""),
            Prop("sticky", "Keeps the head in sight while the page scrolls", default=False),
            Prop("boosted", "The head's links replace what surrounds them instead of the page", default=False),
        ),
        slots=("empty", "head_extra"),
        prepare=preparing.table,
    ),
    Component("table_cell", "One value of a table.", (Prop("cell", "A Cell or a bare value"),), prepare=preparing.cell),
    Component(
        "pagination",
        "Back to the first page and on to the next by cursor, with what is shown.",
        (
            Prop("shown", "Such as “1–50 of 1,284”", ""),
            Prop("first_url", "Address of the first page; empty when on it", ""),
            Prop("next_url", "Address of the next page; empty at the end", ""),
            Prop("target", "CSS selector that the next page replaces", ""),
        ),
    ),
)

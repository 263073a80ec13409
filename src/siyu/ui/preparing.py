"""What components derive from their checked props before they are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString

from siyu.ui import formats
from siyu.ui.contracts import Cell, Column, Row

# A job in another state has ended: its progress stops asking for news.
LIVE_STATES = ("queued", "running")
# How often it asks: steadily in the middle of a long job, more often where a second would be waited for in vain.
STEADY_MS, OFTEN_MS = 1_000, 200


def stat(values: dict[str, Any]) -> dict[str, Any]:
    return {"low": values["gap_kind"] in ("near", "behind")}


def progress(values: dict[str, Any]) -> dict[str, Any]:
    total = values["total"]
    share = min(100.0, 100 * values["done"] / total) if total else 0.0
    return {
        "share": 100.0 if values["state"] == "done" else share,
        "live": values["state"] in LIVE_STATES,
        "knows_total": bool(total),
        "poll_ms": _poll_ms(values["seconds_left"]),
    }


def _poll_ms(seconds_left: float | None) -> int:
    """Often at the beginning, when nobody knows yet how long it takes, and again towards the end."""
    return OFTEN_MS if seconds_left is None else max(OFTEN_MS, min(STEADY_MS, round(seconds_left * 1_000 / 3)))


# One cell: drawn as a whole, or where it starts and what is in it, and whether it leads where its row leads.
_Drawn = tuple[SafeString | None, SafeString, Cell, bool]


def table(values: dict[str, Any]) -> dict[str, Any]:
    columns, rows = values["columns"], values["rows"]
    openings = [_opening(column) for column in columns]
    return {
        "empty": not rows,
        "has_menu": any(row.menu for row in rows),
        "lines": [(row, _cells(row, columns, openings)) for row in rows],
    }


def _opening(column: Column) -> SafeString:
    return format_html(
        '<td class="s-align-{} s-phone-{}{}" data-label="{}">',
        column.align, column.phone, " s-muted" if column.muted else "", column.label,
    )  # fmt: skip


def _cells(row: Row, columns: Sequence[Column], openings: Sequence[SafeString]) -> list[_Drawn]:
    """Plain texts, nearly all of a table's hundreds of cells, are drawn here: a template takes ten times as long."""
    drawn: list[_Drawn] = []
    for column, opening in zip(columns, openings, strict=True):
        cell = formats.as_cell(row.cells.get(column.key))
        leads = bool(row.url and not drawn and not cell.url)
        whole = None
        if not leads and cell.is_plain and isinstance(cell.value, str | Promise):
            whole = format_html("{}{}</td>", opening, cell.value)
        drawn.append((whole, opening, cell, leads))
    return drawn


def cell(values: dict[str, Any]) -> dict[str, Any]:
    return {"cell": values["cell"] if isinstance(values["cell"], Cell) else Cell(values["cell"])}


def meter(values: dict[str, Any]) -> dict[str, Any]:
    share = max(0.0, min(100.0, float(values["share"] or 0)))
    tick = values["tick"]
    return {"share": share, "tick": None if tick is None else max(0.5, min(99.5, float(tick)))}


def interval(values: dict[str, Any]) -> dict[str, Any]:
    """Places on the axis in percent; a little room stays at both ends."""
    reach = float(values["reach"]) * 1.1 or 1.0
    places = {name: 50 + 50 * max(-1.0, min(1.0, float(values[name]) / reach)) for name in ("low", "value", "high")}
    return {"low_place": places["low"], "value_place": places["value"], "span": places["high"] - places["low"]}

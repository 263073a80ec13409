"""Verbs of `ui`: what the console keeps for one person."""

from siyu.ui.services.exports import Wanted, ask_to_export, export_now, needs_approval, start_export
from siyu.ui.services.recents import remember_recent
from siyu.ui.services.selections import keep_selection
from siyu.ui.services.views import (
    choose_columns,
    choose_page_rows,
    delete_view,
    move_view,
    rename_view,
    reset_columns,
    save_view,
    update_view,
)

__all__ = [
    "Wanted",
    "ask_to_export",
    "choose_columns",
    "choose_page_rows",
    "delete_view",
    "export_now",
    "keep_selection",
    "move_view",
    "needs_approval",
    "remember_recent",
    "rename_view",
    "reset_columns",
    "save_view",
    "start_export",
    "update_view",
]

"""Reads of `ui`: what the console keeps for the viewer."""

from siyu.ui.queries.recents import recent
from siyu.ui.queries.selections import selection
from siyu.ui.queries.views import ListSettings, View, list_settings

__all__ = ["ListSettings", "View", "list_settings", "recent", "selection"]

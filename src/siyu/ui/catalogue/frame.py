"""Parts of the frame around every page."""

from __future__ import annotations

from siyu.ui.components import Component, Prop

DECLARED = (
    Component(
        "search_box",
        "The search field of the top bar, with results of every registered kind under it while somebody types.",
        (
            Prop("label", "What can be found"),
            Prop("url", "Page of all results, for Enter"),
            Prop("box_url", "Address of the results under the field; without it Enter alone searches", ""),
            Prop("id", "Element id of the results", "search-panel"),
        ),
    ),
    Component(
        "scope_switch",
        "Where the reader works: a tree of brand, regions and stores with a search field.",
        (
            Prop("node", "The present ScopeNode"),
            Prop("url", "Address of the tree, and of the choice by post"),
            Prop("brand", "Name of the brand, before the node's", ""),
            Prop("next", "Where to go back to after a choice", "/"),
        ),
    ),
)

"""Heads, tabs, menus, steps of the style guide."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from siyu.ui.contracts import Crumb, MenuItem, Step, Tab


def context() -> dict[str, Any]:
    here = "#"
    return {
        "crumbs": [Crumb(_("Customers"), here), Crumb(_("Audiences"))],
        "views": [Tab("3×3", here), Tab("5×5", here, current=True), Tab(_("Eight classes"), here)],
        "detail_tabs": [
            Tab(_("Timeline"), here, current=True),
            Tab(_("Orders"), here, count=41),
            Tab(_("Consent"), here),
            Tab(_("Changes"), here, count=0),
        ],
        "menu_items": [
            MenuItem(_("Copy"), here, icon="copy"),
            MenuItem(_("Delete"), "/styleguide/nothing/", icon="trash", danger=True, post=True),
        ],
        "steps": [
            Step(_("File"), _("orders.xlsx, 48,000 rows"), "done"),
            Step(_("Columns"), _("11 of 12 recognised"), "done"),
            Step(_("Check"), _("26 rows need a look"), "current"),
            Step(_("Import"), "", "ahead"),
        ],
        "empty_steps": [
            Step(_("Export orders"), _("From the shop's back office, as CSV or Excel")),
            Step(_("Drop the file here"), _("Columns are recognised by themselves")),
            Step(_("Look at the preview"), _("Nothing is written before you confirm")),
        ],
    }



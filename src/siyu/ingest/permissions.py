"""What roles may allow of imports."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from siyu.org.registries import permission

IMPORTS_VIEW = "imports.view"
IMPORTS_RUN = "imports.run"


def register() -> None:
    area = _("Customers")
    permission(IMPORTS_VIEW, _("See imports"), area=area, roles="operator analyst auditor")
    permission(IMPORTS_RUN, _("Import files"), area=area, roles="operator")

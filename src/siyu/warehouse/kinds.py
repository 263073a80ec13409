"""What people are told of the warehouse."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from siyu.org.contracts.notices import NoticeKind
from siyu.org.registries import NOTICES

BEHIND = "warehouse.behind"
CAUGHT_UP = "warehouse.caught_up"


def register() -> None:
    for notice in (
        NoticeKind(
            BEHIND, _("Figures are out of date"),
            _("The warehouse is behind: figures are %(minutes)s minutes old."), icon="alert-triangle",
            url_name="settings-status", mail=True, has_own_page=False,
        ),
        NoticeKind(
            CAUGHT_UP, _("Figures are up to date again"),
            _("The warehouse has caught up. It was behind for %(minutes)s minutes."), icon="circle-check",
            url_name="settings-status", has_own_page=False,
        ),
    ):  # fmt: skip
        NOTICES.add(notice.key, notice)

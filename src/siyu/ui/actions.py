"""What the audit log keeps of `ui`."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from siyu.audit.registries import action, kind

LIST = "list"
EXPORTED = "list.exported"


def register() -> None:
    kind(LIST, _("List"))
    action(EXPORTED, _("List exported"))

"""What people are told of webhooks."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from siyu.org.contracts.notices import NoticeKind
from siyu.org.registries import NOTICES

PAUSED = "webhook.paused"


def register() -> None:
    notice = NoticeKind(
        PAUSED, _("A webhook is paused"), _("Webhook paused after failures: %(name)s"), icon="webhook",
        url_name="webhook", mail=True,
    )  # fmt: skip
    NOTICES.add(notice.key, notice)

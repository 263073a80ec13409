"""What happened, on the style guide."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from siyu.ui.contracts import TimelineDay, TimelineItem


def context() -> dict[str, Any]:
    return {
        "days": [
            TimelineDay(
                _("Today"),
                [
                    TimelineItem(
                        "10:18",
                        _("Clicked the link in “Lychee has arrived”"),
                        icon="click",
                        note=_("Short message, 2 minutes after it was sent"),
                        tone="behaviour",
                    ),
                    TimelineItem(
                        "09:00",
                        _("Not sent: lychee reminder"),
                        icon="bell-off",
                        note=_("Cap: at most 2 marketing messages in 7 days"),
                        warned=True,
                        action_label=_("Why"),
                        action_url="#",
                    ),
                ],
            ),
            TimelineDay(
                _("Yesterday"),
                [
                    TimelineItem(
                        "18:25",
                        _("Order paid ¥123.40"),
                        icon="receipt",
                        note=_("Flagship shop, 3 items"),
                        tone="brand",
                    )
                ],
            ),
        ]
    }

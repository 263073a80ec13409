"""What the style guide shows: one fictional brand, with long, empty and erroneous cases beside the usual ones."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy

from siyu.kernel import clock
from siyu.ui.web.samples import forms, frame, heads, lists, numbers, stories

SAMPLE_RULE = """all (
  tag "tropical_fruit"
  event order_paid count >= 1 within 90d
  none ( touches(7d) >= 2 )
)"""


# The parts of the page: key, heading. Each is drawn by ``ui/guide/<key>.html``.
PARTS = (
    ("numbers", gettext_lazy("Numbers")),
    ("charts", gettext_lazy("Charts")),
    ("lists", gettext_lazy("Lists")),
    ("forms", gettext_lazy("Forms")),
    ("panels", gettext_lazy("Panels and long work")),
    ("words", gettext_lazy("States and remarks")),
    ("frame", gettext_lazy("Frame")),
)


def context() -> dict[str, Any]:
    parts = [{"key": key, "label": label, "template": f"ui/guide/{key}.html"} for key, label in PARTS]
    return {
        "parts": parts,
        **heads.context(),
        **lists.context(),
        **numbers.context(),
        **stories.context(),
        **forms.context(),
        **frame.context(),
        "now": clock.now(),
        "code": SAMPLE_RULE,
        "amount_fen": -123450,
        "phone": "+8613812341234",
    }

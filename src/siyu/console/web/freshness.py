"""How fresh a number is, in words."""

from __future__ import annotations

from django.utils.translation import gettext, ngettext

from siyu.audiences.contracts import Freshness
from siyu.ui import formats


def text(freshness: Freshness) -> str:
    """``Data as of 10:32``, and how much is still on its way."""
    if freshness.shipped_until is None:
        return gettext("No data yet")
    shown = gettext("Data as of %(time)s") % {"time": formats.clock_time(freshness.shipped_until)}
    if freshness.is_complete:
        return shown
    waiting = ngettext("%(count)s event on its way", "%(count)s events on their way", freshness.waiting_count)
    return f"{shown} · {waiting % {'count': formats.number(freshness.waiting_count)}}"

"""How values read on a screen, in the active language and the brand's zone. A missing value is a dash."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.dates import MONTHS_3
from django.utils.translation import get_language, gettext, ngettext

from siyu.kernel import clock
from siyu.kernel import money as kernel_money
from siyu.ui.contracts import Cell

MISSING = "—"
MINUS = "−"
Number = int | float | Decimal

_MINUTE_SECONDS = 60
_HOUR_SECONDS = 3600
_DAY_SECONDS = 86_400
# Beyond this many days a distance ("412 days ago") says less than the date beside it.
_RELATIVE_MAX_DAYS = 365


def money(amount_fen: int | None) -> str:
    """``¥1,234.50`` from integer minor units, with a true minus sign."""
    return MISSING if amount_fen is None else kernel_money.format_fen(int(amount_fen))


def number(value: Number | None, places: int = 0) -> str:
    """``18,426``; `places` after the point."""
    if value is None:
        return MISSING
    text = f"{abs(value):,.{places}f}"
    return f"{MINUS}{text}" if value < 0 and text.strip("0.,") else text


def percent(share: Number | None, places: int = 1) -> str:
    """``37.0%`` from a share of one (0.37)."""
    return MISSING if share is None else f"{number(share * 100, places)}%"


def points(difference: Number | None, places: int = 1) -> str:
    """``+2.0 pp`` from a difference of shares (0.02): percentage points, always signed."""
    return MISSING if difference is None else f"{_signed(difference * 100, places)} pp"


def change(share: Number | None, places: int = 1) -> str:
    """``+12.4%`` from a relative change (0.124), always signed."""
    return MISSING if share is None else f"{_signed(share * 100, places)}%"


def _signed(value: Number, places: int) -> str:
    text = number(value, places)
    return text if text.startswith(MINUS) or not text.strip("0.,") else f"+{text}"


def masked_phone(phone: str | None) -> str:
    """``138****1234`` from a number with or without its country code; short numbers show their last two digits."""
    if not phone:
        return MISSING
    local = phone.removeprefix("+86") if phone.startswith("+86") else phone
    if "*" in local:
        return local
    if len(local) < 8:
        return "*" * (len(local) - 2) + local[-2:]
    return f"{local[:3]}****{local[-4:]}"


def day(value: date | datetime | None) -> str:
    """``5月16日`` or ``16 May``; with the year when it is not this one."""
    if value is None:
        return MISSING
    shown = timezone.localtime(value).date() if isinstance(value, datetime) else value
    this_year = shown.year == timezone.localdate(clock.now()).year
    if _is_chinese():
        return f"{shown.month}月{shown.day}日" if this_year else f"{shown.year}年{shown.month}月{shown.day}日"
    # English month names come from Django's own catalogue, so that a third language gets its own.
    short = f"{shown.day} {str(MONTHS_3[shown.month]).title()}"
    return short if this_year else f"{short} {shown.year}"


def iso_day(value: datetime | None) -> str:
    """``2026-05-14`` in the brand's zone, for files; empty where there is none."""
    return timezone.localtime(value).date().isoformat() if value is not None else ""


def clock_time(value: datetime | None) -> str:
    return MISSING if value is None else timezone.localtime(value).strftime("%H:%M")


def moment(value: datetime | None) -> str:
    """``5月16日 09:00`` in the brand's zone."""
    return MISSING if value is None else f"{day(value)} {clock_time(value)}"


def relative(value: datetime | None) -> str:
    """``3 天前``, ``in 2 hours``; empty beyond a year, where the date says more."""
    if value is None:
        return ""
    seconds = round((clock.now() - value).total_seconds())
    distance = abs(seconds)
    if distance < _MINUTE_SECONDS:
        return gettext("just now")
    if distance >= _RELATIVE_MAX_DAYS * _DAY_SECONDS:
        return ""
    span = _span(distance)
    return gettext("%(span)s ago") % {"span": span} if seconds > 0 else gettext("in %(span)s") % {"span": span}


def duration(seconds: Number | None) -> str:
    """``2 分 5 秒``: the two largest units, for time left and lag."""
    if seconds is None:
        return MISSING
    whole = max(0, round(seconds))
    if whole < _MINUTE_SECONDS:
        return ngettext("%(count)s second", "%(count)s seconds", whole) % {"count": whole}
    rest = whole % _MINUTE_SECONDS
    if whole >= _HOUR_SECONDS or not rest:
        return _span(whole)
    return gettext("%(minutes)s min %(seconds)s s") % {"minutes": whole // _MINUTE_SECONDS, "seconds": rest}


def _span(seconds: int) -> str:
    if seconds < _HOUR_SECONDS:
        count = seconds // _MINUTE_SECONDS
        return ngettext("%(count)s minute", "%(count)s minutes", count) % {"count": count}
    if seconds < _DAY_SECONDS:
        count = seconds // _HOUR_SECONDS
        return ngettext("%(count)s hour", "%(count)s hours", count) % {"count": count}
    count = seconds // _DAY_SECONDS
    return ngettext("%(count)s day", "%(count)s days", count) % {"count": count}


def _is_chinese() -> bool:
    return (get_language() or "").startswith("zh")


def as_cell(value: Any) -> Cell:
    """A table value as a `Cell`: bare values become text, None becomes the dash."""
    if isinstance(value, Cell):
        return value
    return Cell(value=MISSING if value is None or value == "" else value)

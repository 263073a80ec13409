"""Public holidays, shifted workdays and lunar dates of China, from libraries that are renewed every year."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import chinese_calendar
from borax.calendars.lunardate import LunarDate
from chinese_calendar.constants import holidays, workdays
from django.utils.translation import gettext_noop as _

from siyu.org.contracts.calendar import LunarDay, PublicDayView

_NAMES = {
    "New Year's Day": _("New Year's Day"),
    "Spring Festival": _("Spring Festival"),
    "Tomb-sweeping Day": _("Tomb-sweeping Day"),
    "Labour Day": _("Labour Day"),
    "Dragon Boat Festival": _("Dragon Boat Festival"),
    "National Day": _("National Day"),
    "Mid-autumn Festival": _("Mid-autumn Festival"),
    "Anti-Fascist 70th Day": _("Victory Day"),
}
KNOWN_YEARS = frozenset(day.year for day in holidays)
# What the table of the lunar library covers.
LUNAR_YEARS = range(1901, 2100)


def public_day(day: date) -> PublicDayView | None:
    """What the State Council has announced for a day; None for an ordinary day, and for years that are not known."""
    if day.year not in KNOWN_YEARS or (day not in holidays and day not in workdays):
        return None
    is_off, name = chinese_calendar.get_holiday_detail(day)
    return PublicDayView(day, not is_off, _NAMES.get(name or "", name or ""))


@lru_cache(maxsize=4_096)
def lunar_day(day: date) -> LunarDay | None:
    """The day of the Chinese calendar, or None outside the table (1901–2099)."""
    if day.year not in LUNAR_YEARS:
        return None
    found = LunarDate.from_solar_date(day.year, day.month, day.day)
    month = f"{'闰' if found.leap else ''}{found.cn_month}月"
    return LunarDay(month, found.cn_day, found.term or "", found.gz_year, found.animal)

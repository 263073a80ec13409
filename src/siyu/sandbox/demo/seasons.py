"""How busy each day is: weekdays, months, holidays that move with the moon, and shopping festivals."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from siyu.sandbox.demo.size import YEAR_DAYS, Size

# Monday first. Tuesday is the brand's members' day.
WEEKDAYS = (0.84, 1.02, 0.82, 0.86, 1.08, 1.42, 1.32)
# January first: melons and stone fruit make the summer, gifts the winter.
MONTHS = (1.12, 0.98, 0.90, 0.92, 1.04, 1.14, 1.16, 1.08, 1.05, 0.96, 0.86, 0.98)
# Days of lunar holidays; a year that is not listed goes without them.
SPRING_FESTIVALS = (
    "2023-01-22", "2024-02-10", "2025-01-29", "2026-02-17", "2027-02-06", "2028-01-26", "2029-02-13", "2030-02-03",
    "2031-01-23", "2032-02-11",
)  # fmt: skip
DRAGON_BOATS = (
    "2023-06-22", "2024-06-10", "2025-05-31", "2026-06-19", "2027-06-09", "2028-05-28", "2029-06-16", "2030-06-05",
    "2031-06-24", "2032-06-12",
)  # fmt: skip
MID_AUTUMNS = (
    "2023-09-29", "2024-09-17", "2025-10-06", "2026-09-25", "2027-09-15", "2028-10-03", "2029-09-22", "2030-09-12",
    "2031-10-01", "2032-09-19",
)  # fmt: skip
# (first day and last day relative to the holiday, factor).
SPRING_FACTORS = ((-12, -8, 1.3), (-7, -2, 1.75), (-1, -1, 1.2), (0, 3, 0.4), (4, 7, 0.75))
DRAGON_FACTORS = ((-4, -1, 1.25), (0, 0, 1.1))
AUTUMN_FACTORS = ((-8, -4, 1.3), (-3, -1, 1.6), (0, 0, 1.15))
# (month, day) first and last, factor: National Day in stores.
NATIONAL = ((10, 1), (10, 7), 1.12)
# Shopping festivals of the platforms.
FESTIVALS = (((6, 16), (6, 18), 2.6), ((11, 9), (11, 11), 3.2), ((12, 11), (12, 12), 1.9))
# Those who come for the holidays hardly come between them.
FESTIVE_POWER = 6.0


def day_weights(size: Size) -> np.ndarray:
    """How much trade a store has on each day of the year, about 1 on average."""
    days = _days(size)
    base = np.array([WEEKDAYS[day.weekday()] * MONTHS[day.month - 1] for day in days])
    return base * _holidays(size) * _span(days, *NATIONAL)


def festive_weights(size: Size) -> np.ndarray:
    """The same for people who buy fruit as a gift."""
    return day_weights(size) * _holidays(size) ** FESTIVE_POWER


def online_weights(size: Size) -> np.ndarray:
    """The same on the platforms."""
    days = _days(size)
    found = np.array([MONTHS[day.month - 1] for day in days])
    for festival in FESTIVALS:
        found = found * _span(days, *festival)
    return found * np.sqrt(_holidays(size))


def _days(size: Size) -> list[date]:
    return [size.first_day + timedelta(days=offset) for offset in range(YEAR_DAYS)]


def _holidays(size: Size) -> np.ndarray:
    found = np.ones(YEAR_DAYS)
    for listed, factors in (
        (SPRING_FESTIVALS, SPRING_FACTORS), (DRAGON_BOATS, DRAGON_FACTORS), (MID_AUTUMNS, AUTUMN_FACTORS),
    ):  # fmt: skip
        for text in listed:
            place = (date.fromisoformat(text) - size.first_day).days
            for first, last, factor in factors:
                found[_bounded(place + first) : _bounded(place + last + 1)] *= factor
    return found


def _bounded(place: int) -> int:
    return min(max(place, 0), YEAR_DAYS)


def _span(days: list[date], first: tuple[int, int], last: tuple[int, int], factor: float) -> np.ndarray:
    return np.array([factor if first <= (day.month, day.day) <= last else 1.0 for day in days])

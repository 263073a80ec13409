"""The few pieces of SQL that everything here shares. Values of users travel as parameters, never through this."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime

# A person's rows may carry the ids of several fragments; every answer is about the person.
ROOT = "dictGetOrDefault('roots_dict', 'root', toUInt64(fragment), fragment)"


def numbers(values: Iterable[int]) -> str:
    """A list for IN; an empty one matches nothing."""
    return ", ".join(str(int(value)) for value in values) or "NULL"


def instant(moment: datetime) -> str:
    """A constant of the type of `events.ts`, so that the primary key is used."""
    return f"toDateTime64('{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03d}', 3, 'UTC')"


def day_number(day: date) -> int:
    """Days since 1970-01-01, as ClickHouse counts dates."""
    return (day - date(1970, 1, 1)).days


def names_are(names: Iterable[str]) -> str:
    """Event names are constants of code (registered, no quotes in them)."""
    listed = ", ".join(f"'{name}'" for name in sorted(names))
    return f"name IN ({listed})"


def events_where(names: Iterable[str], since: datetime | None, until: datetime) -> str:
    """Events with a customer, by name and [since, until)."""
    conditions = [names_are(names), "fragment != 0", *span(since, until)]
    return " AND ".join(conditions)


def span(since: datetime | None, until: datetime) -> list[str]:
    found = [f"ts < {instant(until)}"]
    return [f"ts >= {instant(since)}", *found] if since is not None else found

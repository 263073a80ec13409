"""How often one number may be written to: Aliyun's counters with their windows.

Minute and hour are windows of the local clock: at 10:00:59 and 10:01:00 two messages may go. A day is 24
hours from the first message counted in it, not a calendar day. What was submitted counts, whether it
arrived or not.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta

from siyu.kernel.clock import from_millis, to_millis
from siyu.sandbox.aliyun.rules import ZONE, Kind


@dataclass(frozen=True)
class Rule:
    """At most `limit` messages per key in one window (minute, hour or day)."""

    name: str
    window: str
    limit: int

    @property
    def message(self) -> str:
        label = {"minute": "分钟级", "hour": "小时级", "day": "天级"}[self.window]
        return f"触发{label}流控Permits:{self.limit}"


_CODE_RULES = (Rule("code_minute", "minute", 1), Rule("code_hour", "hour", 5), Rule("code_day", "day", 10))
_NUMBER_RULE = Rule("number_day", "day", 40)
_TEMPLATE_RULE = Rule("template_day", "day", 50)
_WINDOW_SPAN = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}


def keys(kind: Kind, sign_name: str, template_code: str, phone: str) -> list[tuple[Rule, str]]:
    """The counters that a message of this kind moves, each with its key."""
    if kind is Kind.VERIFICATION:
        return [(rule, f"{sign_name}\0{phone}") for rule in _CODE_RULES] + [(_NUMBER_RULE, phone)]
    return [(_TEMPLATE_RULE, f"{sign_name}\0{template_code}\0{phone}")]


def window_start(window: str, moment: datetime) -> datetime:
    """Where the window that a first message at `moment` opens begins."""
    local = moment.astimezone(ZONE)
    if window == "minute":
        return local.replace(second=0, microsecond=0)
    return local.replace(minute=0, second=0, microsecond=0) if window == "hour" else local


def take(db: sqlite3.Connection, counters: list[tuple[Rule, str]], moment: datetime) -> Rule | None:
    """Counts one message on all its counters, or counts nothing and returns the rule that forbids it."""
    held = [(rule, key, *_current(db, rule, key, moment)) for rule, key in counters]
    for rule, _, _, count in held:
        if count >= rule.limit:
            return rule
    db.executemany(
        "INSERT OR REPLACE INTO counters VALUES (?, ?, ?, ?)",
        [(rule.name, key, starts_at_ms, count + 1) for rule, key, starts_at_ms, count in held],
    )
    return None


def _current(db: sqlite3.Connection, rule: Rule, key: str, moment: datetime) -> tuple[int, int]:
    """Start and count of the window that is open at `moment`, opening a new one if the last has ended."""
    row = db.execute(
        "SELECT starts_at_ms, sent_count FROM counters WHERE rule = ? AND key = ?", (rule.name, key)
    ).fetchone()
    if row is not None and from_millis(row[0]) + _WINDOW_SPAN[rule.window] > moment:
        return int(row[0]), int(row[1])
    return to_millis(window_start(rule.window, moment)), 0

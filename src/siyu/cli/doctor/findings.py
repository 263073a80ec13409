"""What an examination finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    GREEN = "green"
    AMBER = "amber"
    RED = "red"


@dataclass(frozen=True)
class Finding:
    """One line: what was looked at, what was seen, and for amber and red what to do."""

    level: Level
    subject: str
    seen: str
    to_do: str = ""


def green(subject: str, seen: str) -> Finding:
    return Finding(Level.GREEN, subject, seen)


def amber(subject: str, seen: str, to_do: str) -> Finding:
    return Finding(Level.AMBER, subject, seen, to_do)


def red(subject: str, seen: str, to_do: str) -> Finding:
    return Finding(Level.RED, subject, seen, to_do)

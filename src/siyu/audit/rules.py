"""Pure decisions of `audit`: what has changed, and what is never written down in clear."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from enum import Enum
from typing import Any

# Characters of one value: enough for a message text or a rule, not for a file.
MAX_TEXT_CHARS = 2_000
# Values of one list or fields of one document; what is beyond is counted, not kept.
MAX_ITEMS = 200
# Deeper than any rule of ours; more is somebody's joke.
MAX_DEPTH = 12
HIDDEN = "•••"
_SECRET_NAME = re.compile(r"password|secret|token|credential|api_?key|access_?key|private_?key", re.IGNORECASE)
_PHONE = re.compile(r"(?<!\d)(\+?86[- ]?)?(1[3-9]\d)[- ]?(\d{4})[- ]?(\d{4})(?!\d)", re.ASCII)
_EMAIL = re.compile(r"\b([\w.+-])[\w.+-]*@([\w-]+(?:\.[\w-]+)+)", re.ASCII)
_OWN_TOKEN = re.compile(r"\b(siyu_|whsec_)[\w-]{8,}", re.ASCII)


def changed(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields that differ, on both sides, masked. With one side only (made, deleted) everything of it."""
    old, new = before or {}, after or {}
    if before is None or after is None:
        return masked(old), masked(new)
    names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    return masked({n: old[n] for n in names if n in old}), masked({n: new[n] for n in names if n in new})


def masked(fields: Mapping[str, Any]) -> dict[str, Any]:
    """A document that may be kept for ever: plain JSON values without secrets, phones and addresses in clear."""
    return {str(name): _plain(value, str(name), 0) for name, value in list(fields.items())[:MAX_ITEMS]}


def masked_text(text: str) -> str:
    """A text with phones, e-mail addresses and tokens made unreadable, and not too long."""
    text = _PHONE.sub(lambda found: f"{found[2]}****{found[4]}", text)
    text = _EMAIL.sub(lambda found: f"{found[1]}***@{found[2]}", text)
    text = _OWN_TOKEN.sub(lambda found: found[1] + HIDDEN, text)
    return text if len(text) <= MAX_TEXT_CHARS else f"{text[:MAX_TEXT_CHARS]}…"


def _plain(value: Any, name: str, depth: int) -> Any:
    if isinstance(value, Enum):
        value = value.value
    if value is None or isinstance(value, (bool, float)):
        return value
    if _SECRET_NAME.search(name):
        return HIDDEN if value else ""
    if isinstance(value, (Mapping, list, tuple, set, frozenset)):
        return _plain_nested(value, name, depth) if depth < MAX_DEPTH else HIDDEN
    text = value.isoformat() if isinstance(value, (datetime, date, time)) else str(value)
    shown = masked_text(text)
    # A number stays one, unless it is a phone.
    return value if isinstance(value, int) and shown == text else shown


def _plain_nested(value: Any, name: str, depth: int) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _plain(v, str(k), depth + 1) for k, v in list(value.items())[:MAX_ITEMS]}
    return _plain_list(value, name, depth)


def _plain_list(values: Any, name: str, depth: int) -> list[Any]:
    items = sorted(values, key=str) if isinstance(values, (set, frozenset)) else list(values)
    kept = [_plain(item, name, depth + 1) for item in items[:MAX_ITEMS]]
    return kept if len(items) <= MAX_ITEMS else [*kept, f"+{len(items) - MAX_ITEMS}"]

"""Two contents of installations side by side: only what differs, so that a failure can be read."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

# Entries shown of each side of one difference.
SHOWN = 5


def differences(found: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """By name: what is there too much and what is missing; empty if both are equal."""
    return {
        name: _difference(found.get(name), wanted.get(name))
        for name in sorted({*found, *wanted})
        if found.get(name) != wanted.get(name)
    }


def _difference(found: Any, wanted: Any) -> Any:
    if not (isinstance(found, list) and isinstance(wanted, list)):
        return {"found": found, "wanted": wanted}
    here, there = (Counter(json.dumps(entry, ensure_ascii=False) for entry in side) for side in (found, wanted))
    return {"too_much": list((here - there).elements())[:SHOWN], "missing": list((there - here).elements())[:SHOWN]}

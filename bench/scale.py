"""How large measurements are: all of it, or a share for tests that only see whether a measurement runs."""

from __future__ import annotations

import os

# 1 for figures that count; anything less is for tests and is never written down.
SHARE = float(os.environ.get("SIYU_BENCH_SHARE", "1"))


def scaled(count: int, *, least: int = 1) -> int:
    return max(least, round(count * SHARE))


def rest_seconds(whole: float) -> float:
    """A pause that lets a figure settle; hardly any where the figure does not count."""
    return whole if SHARE >= 1 else 0.1

"""Chance that can be repeated: every simulated decision is a pure function of the seed and of what it is
about.
"""

from __future__ import annotations

import random

from siyu.kernel.ids import digest16


def share(seed: int, *about: object) -> float:
    """A number in [0, 1), evenly spread over everything it may be about, always the same for the same."""
    digest = digest16(str(seed), *(str(part) for part in about))
    return int.from_bytes(digest[:8], "big") / 2**64


def generator(seed: int, *about: object) -> random.Random:
    """A random generator of its own for a decision with many parts."""
    return random.Random(digest16(str(seed), *(str(part) for part in about)))  # noqa: S311 - simulation, no secret

"""What a funnel shows: lengths of its bars, shares of the base step, and the step at which most are lost."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from siyu.ui import formats
from siyu.ui.contracts import FunnelStep, ShareBar


def prepare(values: dict[str, Any]) -> dict[str, Any]:
    steps: Sequence[FunnelStep] = values["steps"]
    base = values["base"]
    return {"bars": bars_of(steps, base), "gap": largest_gap(steps[base:])}


def bars_of(steps: Sequence[FunnelStep], base: int) -> list[ShareBar]:
    """Each step as a bar, as long as its part of the fullest step."""
    most = max((step.count for step in steps), default=0)
    whole = steps[base].count if base < len(steps) else 0
    return [
        ShareBar(
            label=step.label,
            value=formats.number(step.count),
            share=100 * step.count / most if most else 0.0,
            note=formats.percent(step.count / whole) if place >= base and whole else formats.MISSING,
            url=step.url,
            tone="brand" if place >= base else "grey",
        )
        for place, step in enumerate(steps)
    ]


def largest_gap(steps: Sequence[FunnelStep]) -> dict[str, Any] | None:
    """The neighbouring steps between which most are lost; None where nobody is."""
    losses = [(before.count - after.count, before.label, after.label) for before, after in pairwise(steps)]
    if not losses or max(loss for loss, _, _ in losses) <= 0:
        return None
    count, before, after = max(losses, key=lambda lost: lost[0])
    return {"count": count, "before": before, "after": after}

"""Contrast of the tokens: WCAG 2.2 AA in both themes, computed from the stylesheet itself."""

from __future__ import annotations

import re

import pytest

from siyu.ui.vendor import PACKAGE_DIR

TOKENS = (PACKAGE_DIR / "static" / "siyu" / "tokens.css").read_text(encoding="utf-8")
WHITE = "#FFFFFF"
TEXT_RATIO, SHAPE_RATIO = 4.5, 3.0


def theme(name: str) -> dict[str, str]:
    light, dark = TOKENS.split('[data-bs-theme="dark"] {', 1)
    found = dict(re.findall(r"--([\w-]+):\s*(#[0-9A-Fa-f]{6})", light))
    if name == "dark":
        found |= dict(re.findall(r"--([\w-]+):\s*(#[0-9A-Fa-f]{6})", dark))
    return found


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


TEXT_PAIRS = [
    *(
        (ink, ground)
        for ink in ("s-ink", "s-ink-2", "s-ink-3")
        for ground in ("s-canvas", "s-surface", "s-sunken")
    ),
    *((f"s-{name}", f"s-{name}-tint") for name in ("blue", "amber", "red")),
    *((f"k-{kind}", f"k-{kind}-t") for kind in ("basic", "time", "behaviour", "need", "value", "prediction")),
    *(("s-heat-ink", f"s-heat-{level}") for level in range(1, 5)),
    ("s-heat-ink-5", "s-heat-5"),
    ("s-brand-ink", "s-surface"),
    ("s-brand-ink", "s-brand-tint"),
    ("s-ink-2", "s-grey-tint"),
    ("s-tip-ink", "s-tip"),
    ("s-avatar-ink", "s-avatar"),
]


@pytest.mark.parametrize("name", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT_PAIRS)
def test_text_is_readable(name: str, ink: str, ground: str) -> None:
    tokens = theme(name)
    assert contrast(tokens[ink], tokens[ground]) >= TEXT_RATIO


@pytest.mark.parametrize("name", ["light", "dark"])
@pytest.mark.parametrize("fill", ["s-brand-fill", "s-brand-fill-hover", "s-red-fill"])
def test_white_is_readable_on_filled_buttons(name: str, fill: str) -> None:
    assert contrast(WHITE, theme(name)[fill]) >= TEXT_RATIO


@pytest.mark.parametrize("name", ["light", "dark"])
@pytest.mark.parametrize("shape", ["s-control-line", "s-brand"])
def test_controls_and_focus_stand_out(name: str, shape: str) -> None:
    assert contrast(theme(name)[shape], theme(name)["s-surface"]) >= SHAPE_RATIO

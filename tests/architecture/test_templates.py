"""Every template of every package keeps the Content-Security-Policy, is labelled and is translated."""

from __future__ import annotations

from siyu.ui.lint import lint_templates


def test_templates_are_clean() -> None:
    assert lint_templates() == []

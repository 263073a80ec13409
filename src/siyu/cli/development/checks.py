"""The static checks: each is one section, all run, all are reported."""

from __future__ import annotations

import sys
from pathlib import Path

from siyu.cli.development.sections import Section, run_all

BIN = Path(sys.executable).parent


def sections() -> list[Section]:
    """All checks, quickest first."""
    python = sys.executable
    return [
        Section("ruff", [str(BIN / "ruff"), "check", "."], quiet=True),
        Section("lock files", [python, "-m", "siyu.cli.development.locks"], quiet=True),
        Section("layers (import-linter)", [str(BIN / "lint-imports")], quiet=True),
        Section("templates", [python, "-m", "siyu.ui.lint"], quiet=True),
        Section("translations", [python, "-m", "siyu.ui.translations", "check"], quiet=True),
        Section("migrations", [python, "-m", "siyu.cli.development.migrations"], quiet=True),
        Section("dead code", [python, "-m", "siyu.cli.development.dead_code"], quiet=True),
        Section("types (mypy)", [str(BIN / "mypy"), "src/siyu"], quiet=True),
    ]


def main() -> int:
    return run_all(sections())

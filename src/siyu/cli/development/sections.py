"""Runs commands one after another, shows what they print, and closes with a table of times and outcomes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]


@dataclass(frozen=True)
class Section:
    """One command, run in the project's folder. `quiet` keeps its output back unless it fails."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    quiet: bool = False


@dataclass(frozen=True)
class Outcome:
    name: str
    exit_code: int
    seconds: float


def run(section: Section) -> Outcome:
    started = time.monotonic()
    done = subprocess.run(
        section.command,
        cwd=ROOT,
        env={**os.environ, **section.environment},
        stdout=subprocess.PIPE if section.quiet else None,
        stderr=subprocess.STDOUT if section.quiet else None,
        check=False,
    )
    if section.quiet and done.returncode != 0:
        sys.stdout.buffer.write(done.stdout)
        sys.stdout.flush()
    return Outcome(section.name, done.returncode, time.monotonic() - started)


def run_all(sections: Sequence[Section]) -> int:
    """Runs every section to its end, whatever the others did; 1 if any failed."""
    outcomes = []
    for section in sections:
        print(f"==== {section.name}", flush=True)
        outcomes.append(run(section))
    print()
    for outcome in outcomes:
        verdict = "ok" if outcome.exit_code == 0 else f"FAILED ({outcome.exit_code})"
        print(f"{outcome.name:<34} {outcome.seconds:7.1f} s   {verdict}")
    sys.stdout.flush()
    return int(any(outcome.exit_code for outcome in outcomes))

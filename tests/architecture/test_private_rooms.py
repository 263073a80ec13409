"""Models, rules, subscribers and jobs of a package are imported by that package alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import siyu

ROOT = Path(siyu.__file__).parent
PRIVATE = {"models", "rules", "subscribers", "jobs"}
# The context that every package's jobs are written against, and the way to run one in the caller's process.
PUBLIC = {"siyu.eventlog.jobs"}


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{name.name}" for name in node.names)
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)


def test_private_rooms_stay_private() -> None:
    found = []
    for path in ROOT.rglob("*.py"):
        parts = path.relative_to(ROOT).parts
        if "migrations" in parts:
            continue
        for name in imports(path):
            steps = name.split(".")
            private = len(steps) > 2 and steps[0] == "siyu" and steps[1] != parts[0] and steps[2] in PRIVATE
            if private and ".".join(steps[:3]) not in PUBLIC:
                found.append(f"{'/'.join(parts)} imports {name}")
    assert found == []

"""The fail points that the source names, found in its syntax, so that a new one is covered or missed loudly."""

from __future__ import annotations

import ast
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "src" / "siyu"
TESTS = Path(__file__).resolve().parents[1]
# Points of packages whose own tests die at each of them: the beginning of the names, and the tests.
PROVEN_BY_THEIR_OWN = {
    "org.mail.": "org/test_kills.py",
    "org.task.": "org/test_kills.py",
    "webhooks.send.": "webhooks/test_sending.py",
}


def on_paths() -> list[str]:
    """The points that a path of this harness has to pass."""
    return [name for name in names() if not name.startswith(tuple(PROVEN_BY_THEIR_OWN))]


def names() -> list[str]:
    """Every name given to `failpoint`; ValueError for one that is no plain text or stands in two places."""
    found: dict[str, str] = {}
    for path in sorted(SOURCE.rglob("*.py")):
        if path == SOURCE / "kernel" / "failpoints.py":
            continue
        for line, name in _calls(path):
            place = f"{path.relative_to(SOURCE)}:{line}"
            if name in found:
                raise ValueError(f"the fail point {name!r} stands at {found[name]} and at {place}")
            found[name] = place
    return sorted(found)


def _calls(path: Path) -> list[tuple[int, str]]:
    text = path.read_text(encoding="utf-8")
    if "failpoint(" not in text:
        return []
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call) and _is_failpoint(node.func)]
    return [(call.lineno, _name(call, path)) for call in calls]


def _is_failpoint(function: ast.expr) -> bool:
    return (isinstance(function, ast.Name) and function.id == "failpoint") or (
        isinstance(function, ast.Attribute) and function.attr == "failpoint"
    )


def _name(call: ast.Call, path: Path) -> str:
    match call.args:
        case [ast.Constant(value=str(name))]:
            return name
    raise ValueError(f"{path}:{call.lineno}: a fail point is named by one plain text")

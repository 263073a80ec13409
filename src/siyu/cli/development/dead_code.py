"""Functions, methods, classes and imports that nobody uses. `python -m siyu.cli.development.dead_code` lists them.

Vulture finds the candidates in `src` (a use in a test alone is none). Names that templates, controllers or the
program's table of commands mention are alive; so is what a framework calls by name. What else must stay although
nothing names it stands in `dead_code_kept.txt`, one name a line, with its reason behind a `#`.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from vulture import Vulture

from siyu.cli.development.sections import ROOT
from siyu.cli.main import COMMANDS

SOURCE = ROOT / "src" / "siyu"
KEPT = Path(__file__).with_name("dead_code_kept.txt")
# Fields of dataclasses, settings and models are read by templates, JSON and SQL: vulture cannot judge them.
KINDS = ("function", "method", "class", "property", "import", "unreachable_code")
# Called by Django, click, http.server, gettext and their like.
FRAMEWORK_NAMES = [
    "ready", "get_*", "has_*", "save", "clean*", "handle*", "do_*", "log_message", "process_*", "resolve_*", "__*__",
    "*Config", "Meta", "Migration", "visit_*", "format_commands", "list_commands", "emit", "forward*", "database_*",
]  # fmt: skip
FRAMEWORK_DECORATORS = ["@register.*", "@receiver*", "@router.*", "@api.*", "@command*", "@field_validator"]


def unused() -> list[str]:
    """One line per thing that nobody uses."""
    vulture = Vulture(ignore_names=FRAMEWORK_NAMES, ignore_decorators=FRAMEWORK_DECORATORS)
    vulture.scavenge([str(SOURCE)], exclude=["*/migrations/*"])
    alive = _mentioned() | kept()
    return [
        f"{item.filename.relative_to(ROOT)}:{item.first_lineno}: unused {item.typ} {item.name}"
        for item in vulture.get_unused_code(min_confidence=60)
        if item.typ in KINDS and item.name not in alive
    ]


def _mentioned() -> set[str]:
    """Every word of templates and controllers, and the objects that commands are looked up by."""
    words: set[str] = set()
    for pattern in ("*.html", "*.js"):
        for path in SOURCE.rglob(pattern):
            if "vendor" not in path.parts:
                words.update(re.findall(r"\w+", path.read_text(encoding="utf-8")))
    return words | {entry.where.partition(":")[2] for entry in COMMANDS.values()} | _named_in_strings()


def _named_in_strings() -> set[str]:
    """Functions that are looked up by a text such as ``"siyu.eventlog.worker:run"`` or ``"siyu.ui.context.shell"``."""
    found: set[str] = set()
    for path in SOURCE.rglob("*.py"):
        for dotted in re.findall(r"[\"'](siyu(?:\.\w+)+(?::\w+)?)[\"']", path.read_text(encoding="utf-8")):
            found.update(re.split(r"[.:]", dotted))
    return found


def kept() -> set[str]:
    """The names in the list of exceptions."""
    lines = (line.partition("#")[0].strip() for line in KEPT.read_text().splitlines())
    return {line for line in lines if line}


def main() -> int:
    found = unused()
    for line in found:
        print(line)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())

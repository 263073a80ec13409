"""The documents say what is so: generated pages are in step, links lead somewhere, commands exist."""

from __future__ import annotations

import importlib
import re
import shlex
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import click
import pytest
from django.apps import apps
from tests.architecture import layers

from siyu.cli.main import COMMANDS, program
from siyu.eventlog.registries import EVENTS, JOBS, PUMPS, SCHEDULES, SUBSCRIBERS

DOCS = layers.ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), *layers.ROOT.glob("*.md")])
DOOR_COMMANDS = {"run", "test", "check", "bench", "setup", "reset", "help"}
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_FENCED = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_DOTTED = re.compile(r"`((?:siyu\.)?(\w+)(?:\.\w+)+)`")
_TABLES = re.compile(r"^Tables? (.+?)(?: · |$)", re.MULTILINE | re.DOTALL)
# Of the warehouse and of the inbox, which Django does not know.
OTHER_TABLES = {"events", "profiles", "roots", "inbox"}
FILE_ENDINGS = {"env", "secret", "sqlite3", "log", "xml", "json", "csv", "md", "po"}
_CODE_PLACE = re.compile(r"`((?:src|tests|bench|deploy|docs)/[\w./-]+)`")


def _named(path: Path) -> str:
    return str(path.relative_to(layers.ROOT))


def test_generated_pages_are_in_step() -> None:
    # In a process of its own: other tests register kinds that no installation has.
    check = [sys.executable, "-m", "siyu.cli", "docs", "--check"]
    ran = subprocess.run(check, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, f"run: .venv/bin/siyu docs\n{ran.stdout}{ran.stderr}"


@pytest.mark.parametrize("path", PAGES, ids=_named)
def test_links_lead_somewhere(path: Path) -> None:
    text = _FENCED.sub("", path.read_text(encoding="utf-8"))
    broken = [target for target in _LINK.findall(text) if not _leads(path, target)]
    assert broken == []


def _leads(page: Path, target: str) -> bool:
    if target.startswith(("http://", "https://", "mailto:")):
        return True
    place, _, anchor = target.partition("#")
    file = (page.parent / unquote(place)).resolve() if place else page
    return file.exists() and (not anchor or anchor in _anchors(file))


def _anchors(file: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("path", PAGES, ids=_named)
def test_places_in_the_code_exist(path: Path) -> None:
    found = _CODE_PLACE.findall(path.read_text(encoding="utf-8"))
    assert [place for place in found if not (layers.ROOT / place.rstrip("/")).exists()] == []


@pytest.mark.parametrize("path", PAGES, ids=_named)
def test_names_in_the_code_exist(path: Path) -> None:
    named = {dotted for dotted, first in _DOTTED.findall(path.read_text(encoding="utf-8")) if _is_ours(dotted, first)}
    known = {kind for registry in (EVENTS, JOBS, SUBSCRIBERS, PUMPS, SCHEDULES) for kind in registry.names()}
    assert sorted(name for name in named if name not in known and not _resolves(name)) == []


def _is_ours(dotted: str, first: str) -> bool:
    is_file = dotted.rpartition(".")[2] in FILE_ENDINGS
    return not is_file and (dotted.startswith("siyu.") or first in layers.packages())


def _resolves(dotted: str) -> bool:
    """True if the name is a module, or an attribute of one."""
    parts = dotted.removeprefix("siyu.").split(".")
    for place in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(["siyu", *parts[:place]]))
        except ImportError:
            continue
        for name in parts[place:]:
            if not hasattr(found, name):
                return False
            found = getattr(found, name)
        return True
    return False


def test_tables_of_the_traced_path_exist() -> None:
    text = (DOCS / "trace-a-scan.md").read_text(encoding="utf-8")
    named = {name for line in _TABLES.findall(text) for name in re.findall(r"`([a-z_]+)`", line)}
    known = {model._meta.db_table for model in apps.get_models()} | OTHER_TABLES
    assert sorted(named - known) == []


def test_the_package_table_of_the_architecture_page_is_that_of_the_linter() -> None:
    text = (DOCS / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \d+ \| (.+?) \|", text, re.MULTILINE)
    assert [sorted(re.findall(r"`(\w+)`", row)) for row in rows] == [sorted(row) for row in layers.rows()]


@pytest.mark.parametrize("path", PAGES, ids=_named)
def test_commands_exist_with_their_options(path: Path) -> None:
    lines = [
        line.strip().removeprefix("$ ")
        for kind, block in _FENCED.findall(path.read_text(encoding="utf-8"))
        if kind in ("sh", "bash", "console")
        for line in block.replace("\\\n", " ").splitlines()
    ]
    assert [line for line in lines if (why := _wrong(line)) is not None and print(line, "→", why) is None] == []


def _wrong(line: str) -> str | None:
    """Why a line that calls Siyu would not work, or None."""
    words = shlex.split(line, comments=True)
    if not words or words[0] not in ("./siyu", "siyu", ".venv/bin/siyu"):
        return None
    if words[0] == "./siyu" and len(words) > 1 and words[1] in DOOR_COMMANDS - set(COMMANDS):
        return None
    return _wrong_call(program, words[1:])


def _wrong_call(group: click.Command, words: list[str]) -> str | None:
    command: click.Command | None = group
    while isinstance(command, click.Group):
        if not words or words[0].startswith("-"):
            return None
        command, words = command.get_command(click.Context(command), words[0]), words[1:]
        if command is None:
            return "no such command"
    assert command is not None
    known = {name for part in command.params if isinstance(part, click.Option) for name in part.opts}
    unknown = [word for word in words if word.startswith("--") and word.partition("=")[0] not in known]
    return f"no option {unknown[0]}" if unknown else None

"""The shape of the code: rooms, docstrings, names, sizes."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from tests.architecture import layers

from siyu.eventlog.registries import EVENTS

# A file beyond this becomes a folder of the same name.
MAX_FILE_LINES = 400
# Nine in ten functions have at most twenty lines; beyond this one nobody holds it in the head.
MAX_FUNCTION_LINES = 80
MAX_MEDIAN_FUNCTION_LINES = 12
SPOKEN = ("owns", "words", "publishes", "listens to", "limits")
BANNED = {"utils", "util", "helpers", "helper", "common", "misc", "shared", "tools"}
EVERY_FILE = [path for package in layers.packages() for path in layers.modules(package)]


def _named(path: Path) -> str:
    return str(path.relative_to(layers.SOURCE))


@pytest.mark.parametrize("package", layers.packages())
def test_a_package_says_what_it_is(package: str) -> None:
    tree = ast.parse((layers.SOURCE / package / "__init__.py").read_text(encoding="utf-8"))
    told = (ast.get_docstring(tree) or "").lower()
    assert [word for word in SPOKEN if word not in told] == []
    assert len(tree.body) == 1, "the __init__ of a package is its docstring and nothing else"


@pytest.mark.parametrize("package", layers.packages())
def test_a_package_names_the_events_that_it_publishes(package: str) -> None:
    told = (layers.SOURCE / package / "__init__.py").read_text(encoding="utf-8")
    published = [event.name for event in EVENTS if event.name.startswith(f"{package}.")]
    assert [name for name in published if name not in told] == []


def test_every_module_begins_with_what_it_owns() -> None:
    silent = [
        _named(path)
        for path in EVERY_FILE
        if path.name not in ("apps.py",) and path.read_text(encoding="utf-8").strip()
        and ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) is None
    ]  # fmt: skip
    assert silent == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [_named(path) for path in EVERY_FILE if path.stem in BANNED or path.parent.name in BANNED] == []


def test_files_are_short() -> None:
    lengths = {_named(path): len(path.read_text(encoding="utf-8").splitlines()) for path in EVERY_FILE}
    tail = sorted(((count, name) for name, count in lengths.items()), reverse=True)[:10]
    assert [name for name, count in lengths.items() if count >= MAX_FILE_LINES] == [], f"the longest files: {tail}"


def test_functions_are_short() -> None:
    lengths = sorted(_function_lengths(), reverse=True)
    counts = [count for count, _ in lengths]
    median, p90, p99 = (counts[int(len(counts) * (1 - share))] for share in (0.5, 0.9, 0.99))
    told = f"median {median}, p90 {p90}, p99 {p99}; the longest: {lengths[:10]}"
    assert [name for count, name in lengths if count >= MAX_FUNCTION_LINES] == [], told
    assert median <= MAX_MEDIAN_FUNCTION_LINES, told


def _function_lengths() -> list[tuple[int, str]]:
    return [
        (node.end_lineno - node.lineno + 1, f"{_named(path)}:{node.name}")
        for path in EVERY_FILE
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None
    ]

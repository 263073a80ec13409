"""Finds every msgid in Python code and templates.

Besides gettext calls, packages that may not import Django mark texts by place: the class attribute `message` of an
error, and the keyword arguments named below when they are plain string literals with a letter.
"""

from __future__ import annotations

import ast
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.extract import extract
from django.conf import settings
from django.utils.translation.template import templatize

SOURCE_DIR = Path(__file__).resolve().parents[2]
LITERAL_KEYWORDS = ("label", "message", "reason", "what")
KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
# Settings and components describe themselves in English for manuals, which are not translated here.
LITERALS_NOT_IN = ("kernel/settings.py", "ui/catalogue/")


@dataclass(frozen=True, order=True)
class Found:
    """One text to translate, and the file it stands in, relative to ``src/siyu``."""

    msgid: str
    plural: str
    context: str
    path: str


def find_all(source_dir: Path = SOURCE_DIR) -> list[Found]:
    """Every text of the project, sorted, once per file."""
    found: set[Found] = set()
    for path in sorted(source_dir.rglob("*.py")):
        if "migrations" not in path.parts:
            found.update(_from_python(path, source_dir))
    for path in sorted((*source_dir.rglob("templates/**/*.html"), *source_dir.rglob("templates/**/*.txt"))):
        found.update(_from_template(path, source_dir))
    return sorted(found)


def _from_python(path: Path, source_dir: Path) -> Iterator[Found]:
    text = path.read_text(encoding="utf-8")
    relative = path.relative_to(source_dir).as_posix()
    yield from _gettext_calls(text, relative)
    if not relative.startswith(LITERALS_NOT_IN):
        for literal in marked_literals(ast.parse(text)):
            yield Found(literal, "", "", relative)


def _from_template(path: Path, source_dir: Path) -> Iterator[Found]:
    # templatize() needs configured settings only to look up the file charset.
    if not settings.configured:
        settings.configure()
    calls = templatize(path.read_text(encoding="utf-8"), origin=str(path))
    # What is left of the page's indentation would not be Python.
    text = "\n".join(line.lstrip() for line in calls.splitlines())
    yield from _gettext_calls(text, path.relative_to(source_dir).as_posix())


def _gettext_calls(text: str, relative: str) -> Iterator[Found]:
    stream = io.BytesIO(text.encode())
    for _line, message, _comments, context in extract(
        "python", stream, keywords=KEYWORDS, options={"encoding": "utf-8"}
    ):
        msgid, plural = (message, "") if isinstance(message, str) else (message[0], message[1])
        if msgid:
            yield Found(msgid, plural, context or "", relative)


def marked_literals(tree: ast.AST) -> Iterator[str]:
    """Texts marked by place: `message = "…"` in a class, and `label="…"` and the like in a call."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield from (text for statement in node.body if (text := _class_message(statement)))
        elif isinstance(node, ast.Call):
            for keyword in node.keywords:
                text = _literal(keyword.value)
                if keyword.arg in LITERAL_KEYWORDS and text and _reads_as_text(text):
                    yield text


def _class_message(statement: ast.stmt) -> str:
    match statement:
        case ast.Assign(targets=[ast.Name(id="message")], value=value):
            return _literal(value)
        case ast.AnnAssign(target=ast.Name(id="message"), value=ast.expr() as value):
            return _literal(value)
    return ""


def _literal(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _reads_as_text(text: str) -> bool:
    """A label starts with a capital or holds a space; a bare lower-case word is a key."""
    return any(letter.isalpha() for letter in text) and (text[0].isupper() or " " in text)

"""Texts are found in gettext calls, templates and the places that may not import Django."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from siyu.ui.translations.sources import find_all, marked_literals


def found_in(folder: Path, name: str, text: str) -> list[tuple[str, str, str]]:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return [(found.msgid, found.plural, found.context) for found in find_all(folder)]


def test_gettext_calls(tmp_path: Path) -> None:
    code = '_("One")\ngettext_lazy("Two")\nngettext("%(n)s row", "%(n)s rows", n)\npgettext("verb", "Open")\n'
    assert found_in(tmp_path, "a.py", code) == [
        ("%(n)s row", "%(n)s rows", ""),
        ("One", "", ""),
        ("Open", "", "verb"),
        ("Two", "", ""),
    ]


def test_templates(tmp_path: Path) -> None:
    html = """{% load i18n %}
    <p>
      {% translate "Hello" %} {% blocktranslate trimmed with name=x %}
        Dear
        {{ name }}
      {% endblocktranslate %}
   </p>"""
    assert found_in(tmp_path, "web/templates/a/b.html", html) == [
        ("Dear %(name)s", "", ""),
        ("Hello", "", ""),
    ]


@pytest.mark.parametrize(
    ("code", "texts"),
    [
        ('class NotFound(E):\n    message = "Not found."', ["Not found."]),
        ('class NotFound(E):\n    message: ClassVar[str] = "Not found."', ["Not found."]),
        ('EventType("a.b", label="Order paid")', ["Order paid"]),
        ('raise InvalidInput(reason="The file is empty.")', ["The file is empty."]),
        ('Column(label="email")', []),
        ('Column(label=_("Name"))', []),
        ('Column(name="Some text")', []),
    ],
)
def test_texts_marked_by_place(code: str, texts: list[str]) -> None:
    assert list(marked_literals(ast.parse(code))) == texts

"""The template lint: finds what would break the Content-Security-Policy, accessibility or translation.

It reads the source of templates, not pages, so it also sees branches that no test renders.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from django.template import TemplateSyntaxError, engines

from siyu.ui.vendor import ICON_FOLDER, ICON_PATTERN, PROJECT_DIR, SOURCE_DIR

TEXT_ATTRIBUTES = ("title", "alt", "placeholder", "aria-label")
VOID_ELEMENTS = ("area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr")
LABELLED_CONTROLS = ("input", "select", "textarea")
# Controls that speak for themselves or are never spoken.
UNLABELLED_TYPES = ("hidden", "submit", "button", "reset", "image")
# The one word that is the same in every language.
PRODUCT_NAME = "Siyu"
DATA_SCRIPT = "application/json"

_TAG = re.compile(r"{%.*?%}|{{.*?}}|{#.*?#}", re.DOTALL)
_TRANSLATED_BLOCK = re.compile(r"{%\s*blocktrans(?:late)?\b.*?%}.*?{%\s*endblocktrans(?:late)?\s*%}", re.DOTALL)
_VALUE = re.compile(r"{{|{%\s*(?:translate|trans|blocktrans(?:late)?|url|static|firstof)\b")
# A block that a page fills with attributes of an element in its parent stands outside any tag in the page's source.
_ATTRIBUTES_BLOCK = re.compile(r"{%\s*block\s+\w*attributes\s*%}(.*?){%\s*endblock.*?%}", re.DOTALL)
_COMMENT_BLOCK = re.compile(r"{%\s*comment\b.*?%}.*?{%\s*endcomment\s*%}", re.DOTALL)
_TRIGGER_FILTER = re.compile(r"\[[^\]]*\]")
_LITERAL_PROP = re.compile(
    r"{%\s*(?:component|wrap)\s[^%]*?\b(?:label|title|text|hint|note|meta|caption)=(\"[^\"]*\"|'[^']*')"
)
# Stands in for a template expression, so that attributes stay readable to the HTML parser.
_PLACE = "\x00"


def lint_templates(source_dir: Path = SOURCE_DIR) -> list[str]:
    """Every problem as ``package/templates/…: line: what``; an empty list is a pass."""
    problems = []
    for path in sorted(source_dir.rglob("templates/**/*.html")):
        name = path.relative_to(source_dir).as_posix()
        text = path.read_text(encoding="utf-8")
        problems += [f"{name}:{line}: {what}" for line, what in lint_source(text)]
        problems += [f"{name}: {what}" for what in _syntax_problems(text)]
    return problems + unknown_icons(source_dir)


def lint_source(text: str) -> list[tuple[int, str]]:
    """Problems of one template's source, by line."""
    reader = _Reader()
    reader.feed(_without_template_language(text))
    reader.close()
    return sorted({*reader.problems(), *_literal_props(text)})


def _without_template_language(text: str) -> str:
    """The source with template language blanked: same lines, translated blocks gone, expressions one mark each."""
    text = _COMMENT_BLOCK.sub(_blank, text)
    text = _TRANSLATED_BLOCK.sub(_blank, text)
    text = _ATTRIBUTES_BLOCK.sub(lambda match: f"<i{match[1]}></i>" if match[1].strip() else "", text)
    return _TAG.sub(_blank, text)


def _blank(match: re.Match[str]) -> str:
    # Logic disappears; values and translations leave a mark, so that an attribute they fill is not empty.
    mark = _PLACE if _VALUE.match(match[0]) else ""
    return mark + "\n" * match[0].count("\n")


def _literal_props(text: str) -> Iterator[tuple[int, str]]:
    for match in _LITERAL_PROP.finditer(text):
        if _has_letters(match[1]) and "://" not in match[1]:
            yield text.count("\n", 0, match.start()) + 1, f"text outside translation: {match[1]}"


def _syntax_problems(text: str) -> list[str]:
    """Component calls with unknown props and the like: everything that compiling refuses."""
    try:
        engines["django"].from_string(text)
    except TemplateSyntaxError as error:
        return [str(error)]
    return []


def unknown_icons(source_dir: Path = SOURCE_DIR, project_dir: Path = PROJECT_DIR) -> list[str]:
    """Icons that Tabler does not have; empty too where the browser packages are not installed."""
    folder = project_dir / "node_modules" / ICON_FOLDER
    if not folder.exists():
        return []
    return [
        f"{path.relative_to(source_dir).as_posix()}: no icon named {name!r}"
        for path in sorted((*source_dir.rglob("*.html"), *source_dir.rglob("*.py")))
        for name in ICON_PATTERN.findall(path.read_text(encoding="utf-8"))
        if not (folder / f"{name}.svg").exists()
    ]


def _has_letters(text: str) -> bool:
    return any(letter.isalpha() for letter in text.replace(_PLACE, "").replace(PRODUCT_NAME, ""))


class _Reader(HTMLParser):
    """Walks one template as HTML and notes what must not be there."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._found: set[tuple[int, str]] = set()
        self._stack: list[tuple[str, bool]] = []
        self._labelled: set[str] = set()
        self._waiting: list[tuple[int, str, str]] = []

    def problems(self) -> Iterator[tuple[int, str]]:
        yield from self._found
        for line, tag, control_id in self._waiting:
            if control_id not in self._labelled or not control_id:
                yield line, f"<{tag}> without a label"

    def _note(self, what: str, lines_below: int = 0) -> None:
        self._found.add((self.getpos()[0] + lines_below, what))

    def _quiet(self) -> bool:
        return any(quiet for _tag, quiet in self._stack)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._check_inline(tag, given)
        self._check_words(tag, given)
        self._check_control(tag, given)
        if tag not in VOID_ELEMENTS:
            quiet = tag in ("script", "style", "code") or given.get("translate") == "no"
            self._stack.append((tag, quiet))

    def _check_inline(self, tag: str, given: dict[str, str]) -> None:
        if tag == "style" or "style" in given:
            self._note("inline style")
        if tag == "script" and "src" not in given and given.get("type") != DATA_SCRIPT:
            self._note("inline script")
        for name, value in given.items():
            if name.startswith(("on", "hx-on", "data-hx-on")):
                self._note(f"inline handler {name}")
            if value.lstrip().startswith(("js:", "javascript:")):
                self._note(f"script in {name}")
        if _TRIGGER_FILTER.search(given.get("hx-trigger", "")):
            self._note("hx-trigger with a filter needs eval")

    def _check_words(self, tag: str, given: dict[str, str]) -> None:
        if tag == "img" and "alt" not in given:
            self._note("<img> without alt")
        if given.get("translate") == "no" or self._quiet():
            return
        for name in TEXT_ATTRIBUTES:
            if _has_letters(given.get(name, "")):
                self._note(f"text outside translation: {given[name].strip(_PLACE)!r}")

    def _check_control(self, tag: str, given: dict[str, str]) -> None:
        if tag == "label" and given.get("for"):
            self._labelled.add(given["for"])
        spoken = given.get("aria-label") or given.get("aria-labelledby") or given.get("type") in UNLABELLED_TYPES
        inside_label = any(open_tag == "label" for open_tag, _quiet in self._stack)
        if tag in LABELLED_CONTROLS and not spoken and not inside_label:
            self._waiting.append((self.getpos()[0], tag, given.get("id", "")))

    def handle_endtag(self, tag: str) -> None:
        for index in range(len(self._stack) - 1, -1, -1):
            if self._stack[index][0] == tag:
                del self._stack[index:]
                return

    def handle_data(self, data: str) -> None:
        if not self._quiet() and _has_letters(data):
            blank_lines = data[: len(data) - len(data.lstrip())].count("\n")
            self._note(f"text outside translation: {' '.join(data.replace(_PLACE, ' ').split())!r}", blank_lines)


def main() -> int:
    """``python -m siyu.ui.lint``: one problem a line, 1 if there are any."""
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "siyu.config.settings")
    django.setup()
    problems = lint_templates()
    sys.stdout.write("".join(f"{problem}\n" for problem in problems))
    return int(bool(problems))


if __name__ == "__main__":
    raise SystemExit(main())

"""All generated pages, where they lie, and whether they are in step."""

from __future__ import annotations

from pathlib import Path

from django.utils import translation

from siyu.cli.reference import catalogue, program
from siyu.cli.reference.markdown import page


def pages() -> dict[str, str]:
    """Path under `docs/` → text, for every generated page."""
    with translation.override("en"):
        made = {f"catalogue/{name}.md": make() for name, make in catalogue.PAGES.items()}
        made["catalogue/commands.md"] = program.commands()
        made["catalogue/errors.md"] = program.errors()
        made["operating/settings.md"] = program.settings()
        made["catalogue/README.md"] = _index(made)
    return made


def _index(made: dict[str, str]) -> str:
    inside = sorted(path.partition("/")[2] for path in made if path.startswith("catalogue/"))
    links = [f"- [{made[f'catalogue/{name}'].splitlines()[0].removeprefix('# ')}]({name})" for name in inside]
    intro = "What this version of Siyu consists of, as it tells itself. See also [settings](../operating/settings.md)."
    return page("Catalogue", intro, "\n".join(links))


def stale(docs: Path) -> list[str]:
    """Paths of pages that are missing or say something else than the program."""
    return [path for path, text in pages().items() if not _says(docs / path, text)]


def _says(path: Path, text: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == text


def write(docs: Path) -> list[str]:
    """Writes the pages that are out of step; returns their paths."""
    changed = []
    for path, text in pages().items():
        if not _says(docs / path, text):
            (docs / path).parent.mkdir(parents=True, exist_ok=True)
            (docs / path).write_text(text, encoding="utf-8")
            changed.append(path)
    return changed

"""The help panel: what a page is for, what its words mean, where to read on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from siyu.ui import registries

# Where people read the documentation; pages are named by their place in the repository.
DOCS_URL = "https://github.com/siyu-project/siyu/blob/main/"
STARTING_LINKS = (
    (_("Start here: how Siyu thinks, in ten minutes"), "docs/start-here.md"),
    (_("Glossary"), "docs/glossary.md"),
    (_("Import orders"), "docs/imports.md"),
)


@dataclass(frozen=True)
class Help:
    about: Any
    steps: Sequence[Any]
    definitions: Sequence[tuple[Any, Any]]
    links: Sequence[tuple[Any, str]]


def help_of(url_name: str) -> Help:
    """The help of a page; a page without any gets the general links."""
    if url_name not in registries.HELP:
        return Help("", (), (), _addresses(STARTING_LINKS))
    page = registries.HELP.get(url_name)
    definitions = page.definitions() if callable(page.definitions) else page.definitions
    return Help(page.about, page.steps, definitions, _addresses(page.links or STARTING_LINKS))


def _addresses(links: Sequence[tuple[Any, str]]) -> list[tuple[Any, str]]:
    return [(label, DOCS_URL + place if place.startswith("docs/") else place) for label, place in links]

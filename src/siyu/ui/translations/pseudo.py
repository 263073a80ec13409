"""A pretended language in which every translated text stands in ⟦…⟧, and the finder of text that does not."""

from __future__ import annotations

import gettext as gettext_module
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import django
from babel.messages import Catalog
from django.conf import settings
from django.test.utils import override_settings
from django.utils import translation
from django.utils.translation import trans_real

from siyu.ui.lint import PRODUCT_NAME
from siyu.ui.translations.catalogues import write_mo
from siyu.ui.translations.sources import find_all

PSEUDO_LANGUAGE = "en-xa"
OPEN, CLOSE = "⟦", "⟧"
SPOKEN_ATTRIBUTES = ("title", "alt", "placeholder", "aria-label", "data-label")
SILENT_ELEMENTS = ("script", "style", "template", "code", "svg")
# Elements whose end may be left out before the next of their kind.
UNCLOSED_ELEMENTS = ("li", "p", "td", "th", "tr", "option", "dt", "dd")
# What somebody typed; the attributes still speak.
TYPED_ELEMENTS = ("textarea",)
VOID_ELEMENTS = ("area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr")


@contextmanager
def pseudo_locale() -> Iterator[str]:
    """Activates the pretended language for the block; gives its code, for ``Accept-Language`` or the cookie."""
    with tempfile.TemporaryDirectory() as folder:
        write_mo(_pseudo_catalogue(), Path(folder) / "en_XA" / "LC_MESSAGES" / "django.mo")
        languages = [*settings.LANGUAGES, (PSEUDO_LANGUAGE, "Pseudo")]
        overridden = override_settings(LOCALE_PATHS=[folder, *settings.LOCALE_PATHS], LANGUAGES=languages)
        with overridden, translation.override(PSEUDO_LANGUAGE):
            yield PSEUDO_LANGUAGE
        # Django keeps loaded catalogues for the life of the process; the next block has new texts.
        trans_real._translations.pop(PSEUDO_LANGUAGE, None)  # type: ignore[attr-defined]


@cache
def _pseudo_catalogue() -> Catalog:
    """Once per process: reading every source takes seconds."""
    catalogue = Catalog(locale="en")
    for found in find_all():
        _add(catalogue, found.msgid, found.plural, found.context)
    for msgid, plural in _django_msgids():
        _add(catalogue, msgid, plural, "")
    return catalogue


def _add(catalogue: Catalog, msgid: str, plural: str, context: str) -> None:
    texts = (_wrapped(msgid), _wrapped(plural)) if plural else _wrapped(msgid)
    catalogue.add((msgid, plural) if plural else msgid, texts, context=context or None)


def _wrapped(text: str) -> str:
    return f"{OPEN}{text}{CLOSE}"


def _django_msgids() -> Iterator[tuple[str, str]]:
    """Texts of Django itself, such as form errors: read from its English catalogue of record."""
    folder = Path(django.__file__).parent / "conf" / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.mo"
    with folder.open("rb") as stream:
        held = gettext_module.GNUTranslations(stream)._catalog  # type: ignore[attr-defined]
    for key in held:
        msgid = key if isinstance(key, str) else key[0]
        # A key with \x04 carries a context; dates and numbers use those, and no sentence does.
        if msgid and "\x04" not in msgid:
            yield msgid, "" if isinstance(key, str) else msgid


def unwrapped_text(html: str, *, allowed: Iterable[str] = ()) -> list[str]:
    """Visible text with letters that is not inside ⟦…⟧: hard-coded text, in the order of the page.

    Data is not translated: mark it with ``translate="no"`` in the template, or list it in `allowed`.
    """
    finder = _Finder({PRODUCT_NAME, *allowed})
    finder.feed(html)
    finder.close()
    return finder.found


class _Finder(HTMLParser):
    def __init__(self, allowed: set[str]) -> None:
        super().__init__(convert_charrefs=True)
        # The longest first: a short one may be part of it.
        self.allowed = sorted(allowed, key=len, reverse=True)
        self.found: list[str] = []
        self._depth = 0
        self._silent: list[tuple[str, bool]] = []

    @property
    def silent(self) -> bool:
        return any(flag for _tag, flag in self._silent)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        quiet = tag in SILENT_ELEMENTS or given.get("translate") == "no"
        if not quiet and not self.silent:
            self._read_attributes(given)
        if tag in UNCLOSED_ELEMENTS and self._silent and self._silent[-1][0] == tag:
            self._silent.pop()
        if tag not in VOID_ELEMENTS:
            self._silent.append((tag, quiet or tag in TYPED_ELEMENTS))

    def _read_attributes(self, given: dict[str, str | None]) -> None:
        for name in SPOKEN_ATTRIBUTES:
            self._check(given.get(name) or "")
        if given.get("type") in ("submit", "button", "reset"):
            self._check((given.get("value") or "") if "name" not in given else "")

    def handle_endtag(self, tag: str) -> None:
        # Unclosed <p> and <li> must not swallow the rest of the page.
        for index in range(len(self._silent) - 1, -1, -1):
            if self._silent[index][0] == tag:
                del self._silent[index:]
                return

    def handle_data(self, data: str) -> None:
        if not self.silent:
            # A wrapped text may hold elements between its brackets, so the depth runs through the page.
            self._depth = self._check(data, self._depth)

    def _check(self, text: str, depth: int = 0) -> int:
        outside = []
        for letter in text:
            depth += (letter == OPEN) - (letter == CLOSE)
            if depth == 0 and letter != CLOSE:
                outside.append(letter)
        left = "".join(outside)
        for allowed in self.allowed:
            left = left.replace(allowed, "")
        if any(letter.isalpha() for letter in left):
            self.found.append(left.strip())
        return depth

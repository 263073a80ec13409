"""The text of a message: words and variables, parsed once and rendered per person."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from siyu.messaging.rules.language import Output

# Characters of one value; ordinary accounts are refused longer ones (not in a primary document).
MAX_VALUE_CHARS = 35
VARIABLES = frozenset({"name", "member_no", "attributes", "link"})
LINK = "{{ link }}"
ADDRESS = re.compile(r"https?://|www\.|[a-z0-9-]\.(?:com|cn|net|org|top|shop|vip|cc|io|me)(?:[/:?]|$)", re.I)
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e\ufeff]+")


@dataclass(frozen=True)
class Slot:
    """A place of the text that is filled per person."""

    output: Output

    @property
    def source(self) -> str:
        return self.output.source

    @property
    def variables(self) -> tuple[str, ...]:
        """The names that it reads, as dotted paths."""
        return self.output.variables

    @property
    def is_link(self) -> bool:
        return self.source == LINK

    def render(self, values: Mapping[str, Any]) -> str:
        """The value for a person. What cannot be made of theirs is the fallback: nobody's odd name stops a batch."""
        return clean(self.output.render(values)) or self.fallback()

    def fallback(self) -> str:
        """The value for somebody of whom nothing is known; empty if the text has none, which `review` refuses."""
        return clean(self.output.render({"attributes": {}}))


@dataclass(frozen=True)
class Text:
    """A parsed text: words and slots in order."""

    parts: tuple[str | Slot, ...]

    @property
    def slots(self) -> tuple[Slot, ...]:
        return tuple(part for part in self.parts if isinstance(part, Slot))

    @property
    def has_link(self) -> bool:
        return any(slot.is_link for slot in self.slots)


@dataclass(frozen=True)
class Rendered:
    """A text for one person. `values` go to the provider, in the order of the slots; `body` has no signature yet."""

    values: tuple[str, ...]
    body: str


@lru_cache(maxsize=64)
def parse(source: str) -> Text:
    """The text's parts; BadText if it is no valid Liquid or uses what it must not."""
    # The language takes a tenth of a second to load, which most processes and commands never need.
    from siyu.messaging.rules import language

    return Text(tuple(part if isinstance(part, str) else Slot(part) for part in language.parts_of(source)))


def render(text: Text, values: Mapping[str, Any], *, link_base: str, token: str) -> Rendered:
    """The text for one person, from `person_values` and the token of their link. The text has passed `review.check`."""
    shown: list[str] = []
    given: list[str] = []
    for part in text.parts:
        if isinstance(part, str):
            shown.append(part)
            continue
        value = token if part.is_link else part.render(values)
        given.append(value)
        shown.append(link_base + value if part.is_link else value)
    return Rendered(tuple(given), "".join(shown))


def person_values(*, name: str, member_no: str, attributes: Mapping[str, str | float]) -> dict[str, Any]:
    """What a text may say about a person. Unusable values are left out, so that the text's fallback steps in."""
    usable = {key: kept for key, value in attributes.items() if (kept := _usable(value))}
    found: dict[str, Any] = {"attributes": usable}
    for key, value in (("name", name), ("member_no", member_no)):
        if kept := _usable(value):
            found[key] = kept
    return found


def _usable(value: str | float) -> str:
    """A value that the provider takes: short, in one line, without signature marks and addresses; else empty."""
    text = clean(f"{value:g}" if isinstance(value, float) else str(value))
    return "" if ADDRESS.search(text) else text


def clean(text: str) -> str:
    """One line without control characters and 【】, cut to what the provider takes as a value."""
    flat = _UNPRINTABLE.sub(" ", text).replace("【", "").replace("】", "")
    kept = "".join(char for char in flat if ord(char) <= 0xFFFF)
    return " ".join(kept.split())[:MAX_VALUE_CHARS]

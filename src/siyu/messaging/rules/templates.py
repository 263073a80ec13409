"""How our text and the provider's approved template say the same.

The provider keeps templates such as ``${name}您好，点 https://s.example.cn/s/${token} 领取，拒收请回复R``. It takes
a template's code with values, and refuses addresses inside values. Our text is
``{{ name | default: "会员" }}您好，点 {{ link }} 领取，拒收请回复R``: each output stands where a provider's variable
stands, and `{{ link }}` stands for the fixed address with its token. So one text serves preview, unit count and
sending, and what is previewed is what is sent.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from siyu.messaging.rules.texts import LINK, VARIABLES, Rendered, Slot, Text

PROVIDER_VARIABLE = re.compile(r"\$\{([A-Za-z][A-Za-z0-9_]*)\}")
# The name under which the link's token goes to the provider when we propose the template.
TOKEN = "token"


def provider_form(text: Text, link_base: str) -> str:
    """The text as it has to be registered with the provider."""
    return "".join(
        words + (f"${{{name}}}" if name else "")
        for words, name in zip(_words(text, link_base), [*_proposed_names(text), ""], strict=True)
    )


def _proposed_names(text: Text) -> list[str]:
    names: list[str] = []
    by_source: dict[str, str] = {}
    for slot in text.slots:
        if slot.source not in by_source:
            by_source[slot.source] = _proposed_name(slot, len(by_source) + 1, set(by_source.values()))
        names.append(by_source[slot.source])
    return names


def _proposed_name(slot: Slot, place: int, taken: set[str]) -> str:
    plain = TOKEN if slot.is_link else (slot.variables[0] if slot.variables else "").rpartition(".")[2]
    fits = re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", plain) and plain not in taken
    return plain if fits else f"v{place}"


def _words(text: Text, link_base: str) -> list[str]:
    """The words between the slots, one more than there are slots; a link's fixed address is words too."""
    words = [""]
    for part in text.parts:
        if isinstance(part, str):
            words[-1] += part
            continue
        if part.is_link:
            words[-1] += link_base
        words.append("")
    return words


def match(text: Text, template: str, link_base: str) -> tuple[str, ...] | None:
    """The provider's variable of each slot if `template` says the same as `text`, else None."""
    pieces = PROVIDER_VARIABLE.split(template)
    words, names = pieces[0::2], pieces[1::2]
    if words != _words(text, link_base):
        return None
    sources: dict[str, str] = {}
    for name, slot in zip(names, text.slots, strict=True):
        if sources.setdefault(name, slot.source) != slot.source:
            return None
    return tuple(names)


def draft(template: str, link_base: str) -> str:
    """An approved template as the text of a new plan: its variables by name, with a fallback to be edited."""
    pieces = PROVIDER_VARIABLE.split(template)
    made = pieces[0]
    for name, words in zip(pieces[1::2], pieces[2::2], strict=True):
        if made.endswith(link_base):
            made = made.removesuffix(link_base) + LINK
        else:
            path = name if name in VARIABLES - {"link"} else f"attributes.{name}"
            made += f'{{{{ {path} | default: "会员" }}}}'
        made += words
    return made


def params(names: Sequence[str], rendered: Rendered) -> dict[str, str]:
    """What goes to the provider beside the template's code."""
    return dict(zip(names, rendered.values, strict=True))

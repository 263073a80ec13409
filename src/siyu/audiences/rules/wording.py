"""A rule as text that people read, in their language."""

from __future__ import annotations

from collections.abc import Callable

from siyu.audiences.contracts import LeafKind, Phrase
from siyu.audiences.contracts import gettext_noop as _
from siyu.audiences.rules.tree import Group, Leaf, Node
from siyu.kernel.registry import Registry

GROUP_WORDS = {"all": Phrase(_("All of:")), "any": Phrase(_("At least one of:")), "none": Phrase(_("None of:"))}
INDENT = "  "


def in_words(node: Node, kinds: Registry[LeafKind], translate: Callable[[str], str] = str) -> str:
    """One line per condition, groups indented. `translate` is gettext of the reader's language."""
    return "\n".join(_lines(node, kinds, translate))


def _lines(node: Node, kinds: Registry[LeafKind], translate: Callable[[str], str]) -> list[str]:
    if isinstance(node, Group):
        inner = [line for part in node.parts for line in _lines(part, kinds, translate)]
        return [GROUP_WORDS[node.op].text(translate), *(INDENT + line for line in inner)]
    if isinstance(node, Leaf):
        phrases = kinds.get(node.kind).phrases(node.params)
        return [" · ".join(phrase.text(translate) for phrase in phrases)]
    return ["…"]

"""The parsed rule: groups and leaves with their places in the document, and its canonical form."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

GroupOp: TypeAlias = Literal["all", "any", "none"]
GROUP_OPS: tuple[GroupOp, ...] = ("all", "any", "none")


@dataclass(frozen=True)
class Leaf:
    """One condition: its kind and checked parameters."""

    path: str
    kind: str
    params: Mapping[str, Any]


@dataclass(frozen=True)
class Group:
    """all: every part holds; any: at least one; none: not one."""

    path: str
    op: GroupOp
    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Broken:
    """A place that could not be understood; its problem is in `Parsed.problems`."""

    path: str


Node: TypeAlias = Leaf | Group | Broken


def leaves(node: Node) -> Iterator[Leaf]:
    """All leaves, in the order of the document."""
    if isinstance(node, Leaf):
        yield node
    elif isinstance(node, Group):
        for part in node.parts:
            yield from leaves(part)


def canonical(node: Node) -> Any:
    """The document in one spelling: parameters normalised, keys and the parts of a group in a fixed order."""
    if isinstance(node, Leaf):
        return {"leaf": node.kind, **dict(sorted(node.params.items()))}
    if isinstance(node, Group):
        return {node.op: sorted((canonical(part) for part in node.parts), key=_text)}
    raise ValueError(f"the rule is broken at {node.path}")


def rule_hash(node: Node) -> str:
    """32 hex characters; the same for every spelling of the same rule."""
    return hashlib.blake2b(_text(canonical(node)).encode(), digest_size=16).hexdigest()


def _text(document: Any) -> str:
    return json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))

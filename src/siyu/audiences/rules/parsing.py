"""From a JSON document to a rule, with every problem named at its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from siyu.audiences.contracts import LeafKind, Phrase, Problem
from siyu.audiences.contracts import gettext_noop as _
from siyu.audiences.rules import limits, values
from siyu.audiences.rules.tree import GROUP_OPS, Broken, Group, GroupOp, Leaf, Node, leaves
from siyu.kernel.registry import Registry


@dataclass(frozen=True)
class Parsed:
    """What could be understood, and what could not. A rule without problems has no `Broken` in it."""

    root: Node
    problems: tuple[Problem, ...]


def parse(document: Any, kinds: Registry[LeafKind]) -> Parsed:
    """Reads a rule document. Never raises: half-edited rules come back with their problems."""
    parser = _Parser(kinds)
    root = parser.node(document, "", 1)
    count = sum(1 for _ in leaves(root))
    if count > limits.MAX_LEAVES:
        parser.problem("", _("A rule has at most %(limit)s conditions; this one has %(count)s."),
                       limit=limits.MAX_LEAVES, count=count)  # fmt: skip
    return Parsed(root, tuple(parser.problems))


class _Parser:
    def __init__(self, kinds: Registry[LeafKind]) -> None:
        self._kinds = kinds
        self.problems: list[Problem] = []

    def problem(self, path: str, msgid: str, **data: Any) -> Broken:
        self.problems.append(Problem(path, Phrase(msgid, data)))
        return Broken(path)

    def node(self, document: Any, path: str, depth: int) -> Node:
        if not isinstance(document, Mapping):
            return self.problem(path, _("Here stands a group or a condition: an object in braces."))
        if "leaf" in document:
            return self._leaf(document, path)
        for op in GROUP_OPS:
            if op in document:
                return self._group(op, document, path, depth)
        return self.problem(path, _("A group has one of the keys all, any, none; a condition has the key leaf."))

    def _group(self, op: GroupOp, document: Mapping[str, Any], path: str, depth: int) -> Node:
        at = _joined(path, op)
        parts = document[op]
        if len(document) > 1:
            return self.problem(path, _("A group has one key only: all, any or none."))
        if depth > limits.MAX_DEPTH:
            return self.problem(path, _("Groups stand at most %(limit)s deep."), limit=limits.MAX_DEPTH)
        if not isinstance(parts, list) or not parts:
            return self.problem(path, _("A group needs at least one condition, in a list."))
        if len(parts) > limits.MAX_LEAVES:
            return self.problem(path, _("A group has at most %(limit)s parts."), limit=limits.MAX_LEAVES)
        return Group(path, op, tuple(self.node(part, f"{at}.{i}", depth + 1) for i, part in enumerate(parts)))

    def _leaf(self, document: Mapping[str, Any], path: str) -> Node:
        name = document["leaf"]
        if not isinstance(name, str) or name not in self._kinds:
            known = ", ".join(self._kinds.names())
            at = _joined(path, "leaf")
            return self.problem(at, _("There is no such condition. Known ones: %(known)s."), known=known)
        kind = self._kinds.get(name)
        before = len(self.problems)
        params = self._params(kind, document, path)
        if len(self.problems) == before:
            wrong = kind.check(params)
            if wrong is None:
                return Leaf(path, name, params)
            self.problems.append(Problem(path, wrong))
        return Broken(path)

    def _params(self, kind: LeafKind, document: Mapping[str, Any], path: str) -> dict[str, Any]:
        params: dict[str, Any] = {}
        given = {key: value for key, value in document.items() if key != "leaf"}
        for field in kind.fields:
            for key in values.keys_of(field):
                if key not in given:
                    continue
                raw = given.pop(key)
                value = values.checked(field, key, raw)
                if isinstance(value, Phrase):
                    self.problems.append(Problem(_joined(path, key), value))
                elif values.stored_name(field) in params:
                    self.problem(_joined(path, key), _("This is said twice."))
                else:
                    params[values.stored_name(field)] = value
            if field.required and not any(key in document for key in values.keys_of(field)):
                self.problem(_joined(path, field.name), _("This is needed."))
        for key in given:
            known = ", ".join(key for field in kind.fields for key in values.keys_of(field))
            at = _joined(path, str(key))
            self.problem(at, _("This condition does not know it. It knows: %(known)s."), known=known)
        return params


def _joined(path: str, step: str) -> str:
    return f"{path}.{step}" if path else step

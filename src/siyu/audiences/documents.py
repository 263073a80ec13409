"""Rule documents in use: understood, with references to other audiences written out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext, gettext_noop

from siyu.audiences import registries, rules
from siyu.audiences.contracts import AudienceCycle, AudienceState, InvalidRule, Phrase, Problem
from siyu.audiences.models import Audience
from siyu.audiences.rules import Broken, Group, Leaf, Node

# Audiences within audiences. Deeper ones nobody can follow, and each level multiplies the conditions.
MAX_REFERENCE_DEPTH = 5
# Conditions of a rule with all its references written out.
MAX_EXPANDED_LEAVES = 200
# Characters of a rule document: fifty conditions with lists fit many times.
MAX_DOCUMENT_CHARS = 64 * 1024
REFERENCE = "audience"
# Stands for an audience without a number in a chain of references.
UNSAVED = 0


def understood(document: Any) -> Node:
    """The rule of a document; InvalidRule with all its problems."""
    parsed = rules.parse(document, registries.LEAVES)
    if parsed.problems:
        raise InvalidRule(parsed.problems)
    if len(json.dumps(document, ensure_ascii=False)) > MAX_DOCUMENT_CHARS:
        raise InvalidRule([_too_long()])
    return parsed.root


def _too_long() -> Problem:
    msgid = gettext_noop("The rule has more than %(limit)s characters.")
    return Problem("", Phrase(msgid, {"limit": MAX_DOCUMENT_CHARS}))


def expanded(node: Node, *, self_id: int | None = None) -> Node:
    """The rule with every reference replaced by the rule it stands for.

    Raises InvalidRule for unknown audiences or too many conditions, AudienceCycle for a circle. `self_id` is the
    audience whose rule this is, where it has been saved.
    """
    whole = _expand(node, (self_id or UNSAVED,), _stored_rule)
    count = sum(1 for _ in rules.leaves(whole))
    if count > MAX_EXPANDED_LEAVES:
        msgid = gettext_noop("With the audiences in it the rule has %(count)s conditions; the limit is %(limit)s.")
        raise InvalidRule([Problem("", Phrase(msgid, {"count": count, "limit": MAX_EXPANDED_LEAVES}))])
    return whole


def _expand(node: Node, chain: tuple[int, ...], rule_of: Callable[[int, str], Node]) -> Node:
    if isinstance(node, Group):
        return replace(node, parts=tuple(_expand(part, chain, rule_of) for part in node.parts))
    if not isinstance(node, Leaf) or node.kind != REFERENCE:
        return node
    audience_id = node.params["id"]
    if audience_id in chain:
        raise AudienceCycle(names=" → ".join(_names((*chain[chain.index(audience_id) :], audience_id))))
    if len(chain) > MAX_REFERENCE_DEPTH:
        msgid = gettext_noop("Audiences refer to one another at most %(limit)s deep.")
        raise InvalidRule([Problem(node.path, Phrase(msgid, {"limit": MAX_REFERENCE_DEPTH}))])
    inner = _expand(rule_of(audience_id, node.path), (*chain, audience_id), rule_of)
    return _placed(inner, node.path)


def _placed(node: Node, path: str) -> Node:
    """The same rule at the place of the reference. Places inside it are nobody's to see: all get the reference's."""
    if isinstance(node, Group):
        return Group(path, node.op, tuple(_placed(part, path) for part in node.parts))
    return replace(node, path=path)


def _stored_rule(audience_id: int, path: str) -> Node:
    row = Audience.objects.filter(pk=audience_id).exclude(state=AudienceState.ARCHIVED).first()
    if row is None:
        msgid = gettext_noop("There is no audience with this number.")
        raise InvalidRule([Problem(path, Phrase(msgid))])
    return understood(json.loads(row.rule_json))


def _names(audience_ids: tuple[int, ...]) -> list[str]:
    known = dict(Audience.objects.filter(pk__in=audience_ids).values_list("pk", "name"))
    return [known.get(audience_id, str(audience_id)) for audience_id in audience_ids]


def references(node: Node) -> set[int]:
    """The audiences that a rule names itself."""
    return {leaf.params["id"] for leaf in rules.leaves(node) if leaf.kind == REFERENCE}


def users_of(audience_id: int) -> list[Audience]:
    """Audiences whose rules lead to this one, directly or through others, nearest first."""
    stored = {
        row.pk: (row, references(rules.parse(json.loads(row.rule_json), registries.LEAVES).root))
        for row in Audience.objects.exclude(state=AudienceState.ARCHIVED)
    }
    found: dict[int, Audience] = {}
    wanted = {audience_id}
    while wanted:
        wanted = {pk for pk, (_row, named) in stored.items() if named & wanted and pk not in found}
        found |= {pk: stored[pk][0] for pk in wanted}
    return list(found.values())


def is_live(node: Node) -> bool:
    """Whether single customers' events are all that a (written out) rule follows."""
    return all(registries.LEAVES.get(leaf.kind).events is not None for leaf in rules.leaves(node))


def moves_with_time(node: Node) -> bool:
    return any(registries.LEAVES.get(leaf.kind).moves_with_time(leaf.params) for leaf in rules.leaves(node))


def events_of(node: Node) -> frozenset[str]:
    """The facts after which a customer must be looked at again."""
    kinds = (registries.LEAVES.get(leaf.kind) for leaf in rules.leaves(node))
    return frozenset().union(*(kind.events or () for kind in kinds))


def broken_free(node: Node) -> bool:
    if isinstance(node, Group):
        return all(broken_free(part) for part in node.parts)
    return not isinstance(node, Broken)


def in_words(document: Mapping[str, Any]) -> str:
    """The document as text in the reader's language; places that are not understood are an ellipsis."""
    return rules.in_words(rules.parse(document, registries.LEAVES).root, registries.LEAVES, gettext)

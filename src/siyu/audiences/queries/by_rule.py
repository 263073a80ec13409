"""Count, preview, sample and list the customers of a rule."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext, gettext_noop
from pyroaring import BitMap

from siyu.audiences import documents, planner, registries, rules, scope, watermark
from siyu.audiences.contracts import AsOf, CountResult, LeafKind, Phrase, Preview, Problem
from siyu.audiences.rules import Group, Node
from siyu.kernel.errors import SiyuError
from siyu.kernel.paging import MAX_PAGE_ROWS, Page, decode_cursor, encode_cursor
from siyu.org.contracts import Viewer
from siyu.warehouse import client
from siyu.warehouse.contracts import Lane

AnyAsOf = AsOf | datetime | date | None
Rule = Mapping[str, Any]
# Customers of one sample: what a page shows.
MAX_SAMPLE = 100


def count(viewer: Viewer, rule: Rule, as_of: AnyAsOf = None) -> CountResult:
    """How many customers a rule holds for, of the whole and of every group and condition.

    `as_of`: a day (its end), an instant, or the `CountResult.as_of` of an earlier answer to stay at it. Raises
    InvalidRule; Unavailable while the warehouse does not answer.
    """
    node = documents.expanded(documents.understood(rule))
    pinned = watermark.pin(as_of)
    plan = _plan(pinned)
    nodes: dict[str, BitMap] = {}
    members = scope.visible(viewer, plan.members(node, nodes))
    return CountResult(
        count=len(members),
        universe_count=len(scope.visible(viewer, plan.universe())),
        as_of=pinned,
        freshness=watermark.freshness(),
        nodes={path: len(scope.visible(viewer, ids)) for path, ids in nodes.items()},
    )


def preview(viewer: Viewer, rule_json: Any, as_of: AnyAsOf = None) -> Preview:
    """As `count`, for a rule that is being edited (a document, or its text): never raises for what is wrong in it.

    Conditions and groups that are complete are counted; the others are in `problems` by path. `unavailable` says why
    nothing could be counted at all.
    """
    document, problems = _decoded(rule_json)
    parsed = rules.parse(document, registries.LEAVES) if not problems else None
    found = tuple(problems) if parsed is None else parsed.problems
    pinned = watermark.pin(as_of)
    nodes: dict[str, int] = {}
    total = universe_count = None
    unavailable = ""
    try:
        plan = _plan(pinned)
        universe_count = len(scope.visible(viewer, plan.universe()))
        if parsed is not None:
            nodes, wrong = _counted(viewer, plan, parsed.root)
            found += wrong
            total = nodes.get("") if not found else None
    except SiyuError as error:
        unavailable = error.text(gettext)
    return Preview(total, universe_count, nodes, found, pinned, watermark.freshness(), unavailable)


def _decoded(rule_json: Any) -> tuple[Any, list[Problem]]:
    if not isinstance(rule_json, str):
        return rule_json, []
    try:
        return json.loads(rule_json), []
    except (ValueError, RecursionError) as error:
        msgid = gettext_noop("This is no JSON (near character %(position)s).")
        return None, [Problem("", Phrase(msgid, {"position": getattr(error, "pos", 0)}))]


def _counted(viewer: Viewer, plan: planner.Plan, root: Node) -> tuple[dict[str, int], tuple[Problem, ...]]:
    """The counts of all places that are complete; references that lead nowhere become problems."""
    nodes: dict[str, BitMap] = {}
    problems: list[Problem] = []
    for node in _complete(root):
        _count_parts(plan, node, nodes, problems)
    return {path: len(scope.visible(viewer, ids)) for path, ids in nodes.items()}, tuple(problems)


def _count_parts(plan: planner.Plan, node: Node, nodes: dict[str, BitMap], problems: list[Problem]) -> None:
    """Counts a complete node; if its references fail, those of its parts that do not, and names the others."""
    try:
        whole = documents.expanded(node)
    except SiyuError as error:
        known = len(problems)
        for part in node.parts if isinstance(node, Group) else ():
            _count_parts(plan, part, nodes, problems)
        if len(problems) == known:
            problems.append(Problem(node.path, Phrase(error.message, dict(error.data))))
        return
    plan.members(whole, nodes)


def _complete(node: Node) -> Iterator[Node]:
    """The largest parts of a rule that have nothing broken in them."""
    if documents.broken_free(node):
        yield node
    elif isinstance(node, Group):
        for part in node.parts:
            yield from _complete(part)


def customer_ids(viewer: Viewer, rule: Rule, as_of: AnyAsOf = None, *, lane: Lane = "short") -> BitMap:
    """Everybody that a rule holds for. The set is the caller's own."""
    node = documents.expanded(documents.understood(rule))
    return scope.visible(viewer, _plan(watermark.pin(as_of), lane).members(node)).copy()


def sample(viewer: Viewer, rule: Rule, n: int, seed: int, as_of: AnyAsOf = None) -> list[int]:
    """Up to `n` customers at random; the same seed gives the same ones while nothing changes."""
    ids = customer_ids(viewer, rule, as_of)
    chosen = random.Random(seed).sample(range(len(ids)), min(n, MAX_SAMPLE, len(ids)))  # noqa: S311 - no secret
    return [ids[place] for place in chosen]


def page_ids(
    viewer: Viewer, rule: Rule, *, cursor: str | None = None, limit: int = 50, as_of: AnyAsOf = None
) -> Page[int]:
    """The customers of a rule by id, a page at a time. Pages of one list stay at the as-of of its first."""
    pinned, after_id = watermark.pin(as_of), 0
    if cursor:
        text, after_id = decode_cursor(cursor, str, int)
        pinned = watermark.parse(text)
    return page_of(customer_ids(viewer, rule, pinned), after_id, limit, str(pinned))


def page_of(ids: BitMap, after_id: int, limit: int, pinned: str) -> Page[int]:
    """The ids after one, with a cursor that remembers the as-of of the list."""
    size = min(limit, MAX_PAGE_ROWS)
    place = ids.rank(after_id)
    items = list(ids[place : place + size])
    more = place + size < len(ids)
    return Page(items, encode_cursor(pinned, items[-1]) if more else None)


def in_words(rule: Rule) -> str:
    """A rule as text in the reader's language, one line per condition."""
    return documents.in_words(rule)


def leaf_kinds() -> list[LeafKind]:
    """What a rule may ask, for the builder: each kind with its fields."""
    return list(registries.LEAVES)


def _plan(as_of: AsOf, lane: Lane = "short") -> planner.Plan:
    return planner.Plan(client.connect(), watermark.moment_of(as_of), as_of.position, lane=lane)

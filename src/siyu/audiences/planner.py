"""The planner: from a rule at a moment to sets of customers.

Leaves alone: one query per distinct condition, pruned by event name and time, kept in memory per watermark; for live
counts and rebuilds. Fused (`fused`): one pass over just some customers for all conditions at once; for micro-batches.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Mapping
from functools import reduce
from typing import Any

from pyroaring import BitMap

from siyu.audiences import registries, sql
from siyu.audiences.contracts import Both, Condition, EventTest, Moment, Not, PopulationTest, ProfileTest
from siyu.audiences.rules import Broken, Group, Leaf, Node
from siyu.eventlog.contracts import START
from siyu.warehouse.client import Warehouse
from siyu.warehouse.contracts import Lane

# Bytes of remembered sets per process: some two hundred leaves of a million customers.
CACHE_BYTES = 32 * 1024 * 1024
_PLACE = re.compile(r"\{(\w+):")


class Cache:
    """Sets by (condition, watermark), the longest unused dropped first. Sets in it are never changed."""

    def __init__(self, capacity_bytes: int) -> None:
        self._capacity = capacity_bytes
        self._held: OrderedDict[tuple[Any, ...], tuple[BitMap, int]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: tuple[Any, ...]) -> BitMap | None:
        with self._lock:
            if key not in self._held:
                return None
            self._held.move_to_end(key)
            return self._held[key][0]

    def put(self, key: tuple[Any, ...], ids: BitMap) -> None:
        size = len(ids.serialize()) + 200
        with self._lock:
            self._drop(key)
            self._held[key] = (ids, size)
            self._bytes += size
            while self._bytes > self._capacity:
                self._drop(next(iter(self._held)))

    def clear(self) -> None:
        with self._lock:
            self._held.clear()
            self._bytes = 0

    def _drop(self, key: tuple[Any, ...]) -> None:
        _ids, size = self._held.pop(key, (None, 0))
        self._bytes -= size


cache = Cache(CACHE_BYTES)


def condition_of(leaf: Leaf, moment: Moment) -> Condition:
    """What a leaf means at a moment."""
    return registries.LEAVES.get(leaf.kind).condition(leaf.params, moment)


class Plan:
    """One evaluation: a warehouse, a moment and the watermark under which answers are remembered."""

    def __init__(self, wh: Warehouse, moment: Moment, watermark: str, *, lane: Lane = "short") -> None:
        self._wh = wh
        self._moment = moment
        self._watermark = watermark
        self._lane: Lane = lane

    def universe(self) -> BitMap:
        """Everybody: the roots of all profiles."""
        return self._remembered("everybody", f"SELECT groupBitmapState({sql.ROOT}) FROM profiles", {})

    def members(self, node: Node, nodes: dict[str, BitMap] | None = None) -> BitMap:
        """Who the rule holds for. With `nodes`, the set of every group and leaf is put there by its path."""
        found = self._group(node, nodes) if isinstance(node, Group) else self._single(node)
        if nodes is not None and not isinstance(node, Broken):
            nodes[node.path] = found
        return found

    def _single(self, node: Node) -> BitMap:
        if isinstance(node, Leaf):
            return self.matching(condition_of(node, self._moment))
        raise ValueError(f"the rule is broken at {node.path}")

    def _group(self, group: Group, nodes: dict[str, BitMap] | None) -> BitMap:
        parts = [self.members(part, nodes) for part in group.parts]
        if group.op == "all":
            return reduce(BitMap.intersection, parts)
        together = BitMap.union(*parts)
        return together if group.op == "any" else self.universe() - together

    def matching(self, condition: Condition) -> BitMap:
        """Who a condition holds for, among everybody."""
        if isinstance(condition, Not):
            return self.universe() - self.matching(condition.part)
        if isinstance(condition, Both):
            return self.matching(condition.first) & self.matching(condition.second)
        if isinstance(condition, PopulationTest):
            return self._population(condition)
        statement, params = alone(condition)
        return self.universe() & self._remembered(condition, statement, params)

    def _population(self, test: PopulationTest) -> BitMap:
        key = (test, self._watermark, self._wh.url)
        found = cache.get(key)
        if found is None:
            found = test.members(self._lane)
            self._remember(key, found)
        return self.universe() & found

    def _remembered(self, what: Any, statement: str, params: Mapping[str, Any]) -> BitMap:
        key = (what, self._watermark, self._wh.url)
        found = cache.get(key)
        if found is None:
            found = self._wh.bitmap(statement, params, lane=self._lane)
            self._remember(key, found)
        return found

    def _remember(self, key: tuple[Any, ...], found: BitMap) -> None:
        # At the start of the log the warehouse is empty or being rebuilt: what it answers is soon wrong.
        if self._watermark != str(START):
            cache.put(key, found)


def alone(test: EventTest | ProfileTest) -> tuple[str, dict[str, Any]]:
    """The query of one condition over everybody, and its parameters."""
    if isinstance(test, ProfileTest):
        where, params = renamed(test, "")
        return f"SELECT groupBitmapState(fragment) FROM profiles FINAL WHERE {where}", params
    rows = f"FROM events WHERE {sql.events_where(test.names, test.since, test.until)}"
    if test.function is None:
        return f"SELECT groupBitmapState({sql.ROOT}) {rows}", {}
    grouped = f"SELECT {sql.ROOT} AS id {rows} GROUP BY id HAVING {test.function}({test.column}) {test.test}"
    return f"SELECT groupBitmapState(id) FROM ({grouped})", {}


def renamed(test: ProfileTest, prefix: str) -> tuple[str, dict[str, Any]]:
    """The test with its places renamed, so that many stand in one statement."""
    where = _PLACE.sub(lambda match: f"{{{prefix}{match[1]}:", test.test)
    return where, {f"{prefix}{name}": _plain(value) for name, value in test.params}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value

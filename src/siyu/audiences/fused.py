"""The fused evaluation: all conditions of many rules over some customers, one pass over events, one over profiles.

At 1 M customers and 500 conditions a micro-batch takes 0.2-0.5 s this way, 10 s with a query per condition.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pyroaring import BitMap

from siyu.audiences import planner, sql
from siyu.audiences.contracts import Both, Condition, EventTest, Moment, Not, PopulationTest, ProfileTest
from siyu.audiences.rules import Group, Leaf, Node, leaves
from siyu.kernel import clock
from siyu.warehouse.client import Warehouse

# Unix milliseconds before all events: of somebody who has none, and of a test that any event passes.
_NEVER, _EVER = -(10**15), -(10**15) + 1


@dataclass(frozen=True)
class People:
    """Some customers: their ids, all their fragments, and fragments that are (no longer) anybody's id."""

    roots: BitMap
    fragments: BitMap

    @property
    def everyone(self) -> BitMap:
        return self.roots | self.fragments


def people_of(wh: Warehouse, fragment_ids: Iterable[int]) -> People:
    """The customers behind some fragments, by the warehouse's own roots."""
    touched = BitMap(fragment_ids)
    listed = sql.numbers(touched)
    rows = wh.rows(
        "SELECT fragment, root FROM roots FINAL WHERE root != fragment AND root IN "
        f"(SELECT {sql.ROOT} FROM (SELECT arrayJoin([{listed}])::UInt32 AS fragment))"
    )
    root_of = dict(rows)
    roots = BitMap(root_of.get(fragment, fragment) for fragment in touched)
    return People(roots, roots | touched | BitMap(root_of))


def evaluate(wh: Warehouse, rules: Sequence[Node], moment: Moment, people: People) -> list[BitMap]:
    """Per rule, which of `people` it holds for. Rules with conditions over the whole population are refused."""
    conditions = {id(leaf): planner.condition_of(leaf, moment) for rule in rules for leaf in leaves(rule)}
    tests = list(dict.fromkeys(test for condition in conditions.values() for test in _tests(condition)))
    answers = _Answers(_present(wh, people), _answered(wh, tests, people))
    return [answers.members(rule, conditions) for rule in rules]


@dataclass(frozen=True)
class _Answers:
    """What the passes found: who is a customer at all, and who passes each test."""

    universe: BitMap
    passing: Mapping[Condition, BitMap]

    def members(self, node: Node, conditions: Mapping[int, Condition]) -> BitMap:
        if isinstance(node, Leaf):
            return self._matching(conditions[id(node)])
        if not isinstance(node, Group):
            raise ValueError(f"the rule is broken at {node.path}")
        parts = [self.members(part, conditions) for part in node.parts]
        if node.op == "all":
            return BitMap.intersection(*parts)
        together = BitMap.union(*parts)
        return together if node.op == "any" else self.universe - together

    def _matching(self, condition: Condition) -> BitMap:
        if isinstance(condition, Not):
            return self.universe - self._matching(condition.part)
        if isinstance(condition, Both):
            return self._matching(condition.first) & self._matching(condition.second)
        return self.universe & self.passing[condition]


def _tests(condition: Condition) -> Iterator[EventTest | ProfileTest]:
    if isinstance(condition, Not):
        yield from _tests(condition.part)
    elif isinstance(condition, Both):
        yield from _tests(condition.first)
        yield from _tests(condition.second)
    elif isinstance(condition, PopulationTest):
        raise ValueError("a condition over the whole population cannot be evaluated for some customers")
    else:
        yield condition


def _present(wh: Warehouse, people: People) -> BitMap:
    found = wh.bitmap(
        f"SELECT groupBitmapState({sql.ROOT}) FROM profiles WHERE fragment IN ({sql.numbers(people.fragments)})"
    )
    return found & people.roots


def _answered(
    wh: Warehouse, tests: Sequence[EventTest | ProfileTest], people: People
) -> dict[Condition, BitMap]:
    of_events = [test for test in tests if isinstance(test, EventTest)]
    of_profiles = [test for test in tests if isinstance(test, ProfileTest)]
    found: dict[Condition, BitMap] = {}
    if of_events:
        found |= _collected(of_events, wh.rows(_events_statement(of_events, people)))
    if of_profiles:
        statement, params = _profiles_statement(of_profiles, people)
        found |= _collected(of_profiles, wh.rows(statement, params))
    return found


def _collected(tests: Sequence[Condition], rows: Iterable[tuple[int, Sequence[int]]]) -> dict[Condition, BitMap]:
    found = [BitMap() for _ in tests]
    for customer_id, passed in rows:
        for number in passed:
            found[number].add(customer_id)
    return dict(zip(tests, found, strict=True))


def _events_statement(tests: Sequence[EventTest], people: People) -> str:
    names = {name for test in tests for name in test.names}
    return (
        f"SELECT {sql.ROOT} AS id, arrayConcat({', '.join(_passing(tests))}) FROM events "
        f"WHERE fragment IN ({sql.numbers(people.fragments)}) AND {sql.names_are(names)} GROUP BY id"
    )


def _passing(tests: Sequence[EventTest]) -> Iterator[str]:
    """Arrays of the numbers of the tests that hold.

    Understanding the statement takes the warehouse longer than its rows do. Whether there is an event since a moment is
    asked most often and answered for all moments by the last one.
    """
    since_by_rows: dict[tuple[tuple[str, ...], datetime], list[tuple[int, int]]] = defaultdict(list)
    others: list[tuple[int, str]] = []
    for number, test in enumerate(tests):
        if test.function is None:
            since = clock.to_millis(test.since) if test.since is not None else _EVER
            since_by_rows[test.names, test.until].append((number, since))
        else:
            others.append((number, _aggregate(test)))
    for (names, until), asked in since_by_rows.items():
        rows = " AND ".join([sql.names_are(names), *sql.span(None, until)])
        last = f"ifNull(toUnixTimestamp64Milli(maxOrNullIf(ts, {rows})), {_NEVER})"
        yield _numbers_where(f"(number, since) -> {last} >= since", asked)
    if others:
        yield _numbers_where("(number, passed) -> passed", others)


def _aggregate(test: EventTest) -> str:
    rows = " AND ".join([sql.names_are(test.names), *sql.span(test.since, test.until)])
    return f"{test.function}If({test.column}, {rows}) {test.test}"


def _profiles_statement(tests: Sequence[ProfileTest], people: People) -> tuple[str, dict[str, Any]]:
    params: dict[str, Any] = {}
    parts = []
    for number, test in enumerate(tests):
        where, given = planner.renamed(test, f"t{number}_")
        parts.append((number, where))
        params |= given
    passed = _numbers_where("(number, passed) -> passed", parts)
    return (
        f"SELECT fragment, {passed} FROM profiles FINAL WHERE fragment IN ({sql.numbers(people.roots)})",
        params,
    )


def _numbers_where(condition: str, asked: Sequence[tuple[int, int | str]]) -> str:
    """The numbers for which a condition over (number, what is asked) holds."""
    numbers, what = (", ".join(map(str, column)) for column in zip(*asked, strict=True))
    return f"arrayFilter({condition}, [{numbers}], [{what}])"

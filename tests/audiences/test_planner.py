"""The planner against the definitions: alone, fused, and over merged people, it finds whom a naive reading finds."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pyroaring import BitMap
from tests.audiences import world
from tests.audiences.world import UNTIL, World

from siyu.audiences import documents, fused, moments, planner
from siyu.audiences.contracts import InvalidRule
from siyu.audiences.rules import Node

pytestmark = [pytest.mark.warehouse, pytest.mark.django_db]
MOMENT = moments.moment_until(UNTIL, world.ZONE)
RELAXED = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))


def understood(rule: dict) -> Node:
    try:
        return documents.understood(rule)
    except InvalidRule as error:
        # Random rules may nest deeper than people are allowed to.
        assume("deep" not in str(error))
        raise


@RELAXED
@given(small=world.worlds(), asked=st.lists(world.rules, min_size=1, max_size=6))
def test_rules_mean_what_the_definitions_say_alone_and_fused(put, small: World, asked: list[dict]) -> None:
    warehouse = put(small)
    nodes = [understood(rule) for rule in asked]
    plan = planner.Plan(warehouse, MOMENT, "1.1")
    expected = [world.who(small, rule) for rule in asked]

    assert set(plan.universe()) == small.people
    assert [set(plan.members(node)) for node in nodes] == expected

    some = BitMap([1, 3, 5, 7])
    people = fused.people_of(warehouse, some)
    assert set(people.roots) == {small.root(fragment) for fragment in some}
    found = fused.evaluate(warehouse, nodes, MOMENT, people)
    assert [set(ids) for ids in found] == [members & set(people.roots) for members in expected]

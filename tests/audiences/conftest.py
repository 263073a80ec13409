"""A small world in the warehouse, put there directly: these tests are about questions, not about shipping."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from tests.audiences.world import World
from tests.plugins.warehouse import warehouse, warehouse_front, warehouse_url

from siyu.audiences import planner, watermark
from siyu.warehouse.client import Warehouse

__all__ = ["warehouse", "warehouse_front", "warehouse_url"]


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    """Sets that another test has counted at the same position are not ours."""
    planner.cache.clear()
    watermark._last_asked = None
    yield
    planner.cache.clear()
    watermark._last_asked = None


@pytest.fixture
def put(warehouse: Warehouse):
    """Fills the warehouse with a world, in place of what was there."""

    def fill(world: World) -> Warehouse:
        for table in ("events", "profiles", "roots"):
            warehouse.command(f"TRUNCATE TABLE {table}")
        warehouse.insert(
            "profiles",
            ["fragment", "first_seen", "attributes", "numbers", "version"],
            [[p.fragment, p.first_seen, p.texts, p.numbers, 1] for p in world.profiles],
        )
        if world.facts:
            warehouse.insert(
                "events",
                ["name", "ts", "fragment", "event_id", "body"],
                [
                    [f.name, f.at, f.fragment, number,
                     json.dumps({"amount_fen": f.amount_fen, "object_id": f.object_id})]
                    for number, f in enumerate(world.facts, 1)
                ],
            )  # fmt: skip
        if world.roots:
            warehouse.insert("roots", ["fragment", "root", "version"], [[f, r, 1] for f, r in world.roots.items()])
        warehouse.command("SYSTEM RELOAD DICTIONARY roots_dict")
        planner.cache.clear()
        return warehouse

    return fill

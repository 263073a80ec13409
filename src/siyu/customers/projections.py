"""Profiles as the warehouse holds them: attributes as texts, numbers apart so that they compare as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from siyu.customers import events, queries
from siyu.warehouse.contracts import Projection
from siyu.warehouse.registries import PROJECTIONS

COLUMNS = ("fragment", "first_seen", "attributes", "numbers", "version")


def rows(fragment_ids: Sequence[int]) -> list[tuple[Any, ...]]:
    """The present profile of each fragment."""
    return [
        (fragment_id, first_seen_at, _texts(attributes), _numbers(attributes), version)
        for fragment_id, first_seen_at, attributes, version in queries.profiles_for_warehouse(fragment_ids)
    ]


def _texts(attributes: dict[str, Any]) -> dict[str, str]:
    return {key: value for key, value in attributes.items() if isinstance(value, str)}


def _numbers(attributes: dict[str, Any]) -> dict[str, float]:
    return {key: float(value) for key, value in attributes.items() if isinstance(value, int | float)}


PROFILES = Projection(
    table="profiles",
    columns=COLUMNS,
    listens=frozenset({events.PROFILE_CHANGED}),
    rows=rows,
    all_keys=queries.fragment_ids_after,
)


PLACEMENTS = Projection(
    table="placements",
    columns=("fragment", "node", "staff", "version"),
    listens=frozenset({events.PLACED}),
    rows=queries.placements_for_warehouse,
    all_keys=queries.placed_fragment_ids_after,
)


def register() -> None:
    PROJECTIONS.add(PROFILES.table, PROFILES)
    PROJECTIONS.add(PLACEMENTS.table, PLACEMENTS)

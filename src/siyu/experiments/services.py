"""Verbs of `experiments`: assign units to arms."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from siyu.eventlog import records
from siyu.experiments.contracts import WeightsChanged
from siyu.experiments.models import Experiment
from siyu.experiments.rules import assignment
from siyu.kernel import clock


def assign_units(*, key: str, unit_ids: Sequence[int], weights: Mapping[str, int]) -> dict[int, str]:
    """Assigns units of experiment `key` and returns their arms, inside the caller's transaction. Idempotent.

    The first call fixes the weights and their order; WeightsChanged for others later. Whoever is already assigned
    gets the same answer, because the answer follows from key, unit and weights alone.
    """
    experiment_id = _experiment_id(key, weights)
    arms = {unit_id: assignment.assign(unit_id, key, weights) for unit_id in unit_ids}
    moment = records.db_moment(clock.now())
    records.bulk_insert(
        "experiments_assignment",
        ("experiment_id", "fragment_id", "arm", "assigned_at"),
        [(experiment_id, unit_id, arm, moment) for unit_id, arm in arms.items()],
        ignore_conflicts=True,
    )
    return arms


def _experiment_id(key: str, weights: Mapping[str, int]) -> int:
    assignment.check_weights(weights)
    stored = json.dumps(list(weights.items()))
    row, _ = Experiment.objects.get_or_create(key=key, defaults={"weights_json": stored, "created_at": clock.now()})
    if row.weights_json != stored:
        raise WeightsChanged(key=key)
    return row.pk

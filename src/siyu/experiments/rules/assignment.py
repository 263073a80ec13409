"""Deterministic assignment: the same unit gets the same arm of the same experiment, on any machine, for ever."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from siyu.experiments.contracts import HOLDOUT, MAX_ARMS, TREATED, BadWeights

_HASH_BITS = 64


def assign(unit_id: int, experiment_key: str, weights: Mapping[str, int]) -> str:
    """The arm of `unit_id`. Arms take their share of the hash range in the order of `weights`."""
    place = bucket(unit_id, experiment_key, sum(weights.values()))
    for arm, weight in weights.items():
        place -= weight
        if place < 0:
            return arm
    raise AssertionError("a bucket lies below the sum of the weights")


def bucket(unit_id: int, experiment_key: str, count: int) -> int:
    """A number in 0 … count − 1, uniform over units and independent between experiment keys."""
    state = hashlib.blake2b(experiment_key.encode(), digest_size=_HASH_BITS // 8)
    state.update(b"\0%d" % unit_id)
    return int.from_bytes(state.digest(), "big") * count >> _HASH_BITS


def holdout_weights(holdout_percent: int) -> dict[str, int]:
    """Weights of a plain holdout experiment; with 0 % everybody is treated."""
    return {HOLDOUT: holdout_percent, TREATED: 100 - holdout_percent}


def check_weights(weights: Mapping[str, int]) -> None:
    """BadWeights unless there are 2 to MAX_ARMS arms with whole weights, none negative, not all 0."""
    values = list(weights.values())
    whole = all(isinstance(value, int) and value >= 0 for value in values)
    if not 2 <= len(values) <= MAX_ARMS or not whole or sum(values) <= 0:
        raise BadWeights(limit=MAX_ARMS)

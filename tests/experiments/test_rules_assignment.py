"""Assignment: stable, uniform, independent between experiments, monotone in the holdout share."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siyu.experiments.contracts import HOLDOUT, TREATED, BadWeights
from siyu.experiments.rules import assignment, statistics

units = st.integers(min_value=1, max_value=2**32 - 1)
keys = st.text(min_size=1, max_size=30)


def test_assignment_never_changes_between_releases():
    weights = assignment.holdout_weights(30)
    found = [assignment.assign(unit, "plan:7", weights) for unit in range(1, 21)]
    assert "".join(arm[0] for arm in found) == "ttthttttthttttthhttt"


@given(units, keys, st.integers(0, 99))
def test_a_larger_holdout_keeps_everybody_in_it(unit, key, percent):
    before = assignment.assign(unit, key, assignment.holdout_weights(percent))
    after = assignment.assign(unit, key, assignment.holdout_weights(percent + 1))
    assert not (before == HOLDOUT and after == TREATED)


@given(units, keys, st.lists(st.integers(0, 1000), min_size=2, max_size=10).filter(any))
def test_an_arm_without_weight_gets_nobody(unit, key, weights):
    named = {f"arm{place}": weight for place, weight in enumerate(weights)}
    assert named[assignment.assign(unit, key, named)] > 0


@pytest.mark.parametrize("percent", [1, 10, 33, 50])
def test_shares_are_kept_over_dense_ids(percent):
    weights = assignment.holdout_weights(percent)
    held = sum(assignment.assign(unit, "plan:1", weights) == HOLDOUT for unit in range(1, 40_001))
    assert statistics.sample_ratio([held, 40_000 - held], [percent, 100 - percent]).p > 0.001


def test_two_experiments_divide_independently():
    weights = assignment.holdout_weights(50)
    arms = ([assignment.assign(unit, key, weights) for unit in range(40_000)] for key in ("plan:1", "plan:2"))
    same = sum(one == other for one, other in zip(*arms, strict=True))
    assert statistics.sample_ratio([same, 40_000 - same], [1, 1]).p > 0.001


def test_buckets_are_uniform():
    counts = [0] * 20
    for unit in range(60_000):
        counts[assignment.bucket(unit, "uniform", 20)] += 1
    assert statistics.sample_ratio(counts, [1] * 20).p > 0.001


@pytest.mark.parametrize("weights", [{}, {"only": 1}, {"a": 0, "b": 0}, {"a": -1, "b": 2}, {"a": 0.5, "b": 0.5}])
def test_impossible_weights_are_refused(weights):
    with pytest.raises(BadWeights):
        assignment.check_weights(weights)

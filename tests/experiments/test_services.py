"""Assignments in the store: idempotent, fixed weights, counted by arm."""

from __future__ import annotations

import pytest

from siyu.eventlog import records
from siyu.experiments import queries, services
from siyu.experiments.contracts import HOLDOUT, TREATED, WeightsChanged
from siyu.kernel.errors import NotAllowed, NotFound
from siyu.org.contracts import STRANGER

pytestmark = pytest.mark.django_db


def assign(unit_ids, percent=50, key="plan:1"):
    with records.transaction():
        return services.assign_units(key=key, unit_ids=unit_ids, weights=queries.holdout_weights(percent))


def test_assigning_again_changes_nothing(viewer):
    first = assign(range(1, 101))
    again = assign(range(51, 151))
    assert {unit: again[unit] for unit in range(51, 101)} == {unit: first[unit] for unit in range(51, 101)}
    found = queries.experiment(viewer, "plan:1")
    assert found.unit_count == 150
    assert found.sizes[HOLDOUT] == sum(arm == HOLDOUT for arm in {**first, **again}.values())
    assert queries.arms_of(viewer, "plan:1", [1, 2, 999]) == {1: first[1], 2: first[2]}


def test_weights_are_fixed_by_the_first_assignment(viewer):
    assign([1], 50)
    with pytest.raises(WeightsChanged):
        assign([2], 40)
    assert queries.experiment(viewer, "plan:1").unit_count == 1


def test_without_a_holdout_everybody_is_treated(viewer):
    assert set(assign(range(1, 50), 0).values()) == {TREATED}
    assert queries.experiment(viewer, "plan:1").sizes == {HOLDOUT: 0, TREATED: 49}


@pytest.mark.django_db(transaction=True)
def test_assignment_belongs_inside_a_transaction():
    with pytest.raises(RuntimeError, match=r"inside records\.transaction"):
        services.assign_units(key="plan:1", unit_ids=[3], weights=queries.holdout_weights(50))


def test_a_stranger_sees_nothing():
    assign([1])
    with pytest.raises(NotAllowed):
        queries.experiment(STRANGER, "plan:1")
    with pytest.raises(NotAllowed):
        queries.arms_of(STRANGER, "plan:1", [1])


def test_an_unknown_experiment(viewer):
    with pytest.raises(NotFound):
        queries.experiment(viewer, "plan:404")

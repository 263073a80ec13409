"""Reads of `experiments`: arms and their sizes, and comparisons of what became of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from django.db.models import Count

from siyu.eventlog import records
from siyu.experiments.contracts import (
    ExperimentView,
    Mean,
    MeanDifference,
    Rate,
    RateDifference,
    SampleRatio,
)
from siyu.experiments.models import Assignment, Experiment
from siyu.experiments.rules import assignment, statistics
from siyu.kernel.errors import NotAllowed, NotFound
from siyu.org.contracts import Viewer


def experiment(viewer: Viewer, key: str) -> ExperimentView:
    """An experiment with the sizes of its arms (0 for an empty one); NotFound before its first assignment."""
    _check(viewer)
    row = Experiment.objects.filter(key=key).first()
    if row is None:
        raise NotFound()
    weights = dict(json.loads(row.weights_json))
    found = Assignment.objects.filter(experiment=row).values_list("arm").annotate(Count("pk")).order_by()
    return ExperimentView(key, weights, {**dict.fromkeys(weights, 0), **dict(found)})


def arms_of(viewer: Viewer, key: str, fragment_ids: Sequence[int]) -> dict[int, str]:
    """The arms of those of `fragment_ids` that are assigned."""
    _check(viewer)
    sql = (
        "SELECT a.fragment_id, a.arm FROM experiments_assignment a JOIN experiments_experiment e "
        "ON e.id = a.experiment_id WHERE a.fragment_id IN ({places}) AND e.key = %s"
    )
    return dict(records.select_in(sql, fragment_ids, key))


def holdout_weights(holdout_percent: int) -> dict[str, int]:
    """Weights of a plain holdout experiment (arms `contracts.HOLDOUT` and `contracts.TREATED`)."""
    return assignment.holdout_weights(holdout_percent)


def preview_arm(key: str, unit_id: int, weights: Mapping[str, int]) -> str:
    """The arm that a unit would get; nothing is stored (forecasts)."""
    return assignment.assign(unit_id, key, weights)


# The comparisons read nothing stored, so they take no viewer.


def compare_rates(treated: Rate, control: Rate) -> RateDifference:
    """Treated − control with 95 % intervals (Wald, Newcombe) and the pooled z test; TooFewUnits for an empty arm."""
    return statistics.rate_difference(treated, control)


def compare_means(treated: Mean, control: Mean) -> MeanDifference:
    """Treated − control with Welch's 95 % interval; TooFewUnits below two units in an arm."""
    return statistics.mean_difference(treated, control)


def check_sample_ratio(sizes: Mapping[str, int], weights: Mapping[str, int]) -> SampleRatio:
    """Whether the arms have the sizes that `weights` promise; an alarm means that the experiment is broken."""
    return statistics.sample_ratio([sizes.get(arm, 0) for arm in weights], list(weights.values()))


def minimum_sample(baseline: float, target: float, *, control_per_treated: float = 1.0) -> float:
    """Treated units needed to see `target` instead of `baseline` with 80 % power at 5 %, before rounding up."""
    return statistics.minimum_sample(baseline, target, control_per_treated=control_per_treated)


def detectable_difference(baseline: float, treated_n: int, control_n: int) -> float | None:
    """The smallest rise over a rate that arms of these sizes show with 80 % power at 5 %; None if none would."""
    return statistics.detectable_difference(baseline, treated_n, control_n)


def _check(viewer: Viewer) -> None:
    if not viewer.all_customers:
        raise NotAllowed()

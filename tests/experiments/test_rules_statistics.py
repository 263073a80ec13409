"""Statistics against published results: Hillstrom's mail experiment, GrowthBook's cases, planning tables."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siyu.experiments.contracts import Mean, Rate, TooFewUnits
from siyu.experiments.rules import statistics


def load(folder, *parts):
    return json.loads(folder.joinpath(*parts).read_text())


def mean_from(n: int, mean: float, variance: float) -> Mean:
    return Mean(n, n * mean, variance * (n - 1) + n * mean * mean)


@pytest.mark.parametrize("outcome", ["visit", "conversion"])
def test_rates_of_the_mail_experiment(shared_data, outcome):
    expected = load(shared_data, "hillstrom_mens", "expected.json")["mens_vs_control"][outcome]
    found = statistics.rate_difference(
        Rate(expected["n1"], expected["x1"]), Rate(expected["n0"], expected["x0"])
    )
    assert found.difference == pytest.approx(expected["diff"], rel=1e-12)
    assert found.relative == pytest.approx(expected["rel_lift"], rel=1e-12)
    assert [found.wald.low, found.wald.high] == pytest.approx(expected["ci95_wald_unpooled"], rel=1e-9)
    assert [found.newcombe.low, found.newcombe.high] == pytest.approx(expected["ci95_newcombe"], rel=1e-9)
    assert found.z == pytest.approx(expected["z_pooled"], rel=1e-12)
    assert found.p == pytest.approx(expected["p_two_sided"], rel=1e-9)
    assert found.z**2 == pytest.approx(expected["chi2"], rel=1e-9)


def test_spend_of_the_mail_experiment(shared_data):
    expected = load(shared_data, "hillstrom_mens", "expected.json")["mens_vs_control"]["spend_welch"]
    found = statistics.mean_difference(
        mean_from(expected["n1"], expected["mean1"], expected["sd1"] ** 2),
        mean_from(expected["n0"], expected["mean0"], expected["sd0"] ** 2),
    )
    assert found.difference == pytest.approx(expected["diff"], rel=1e-9)
    assert found.t == pytest.approx(expected["t"], rel=1e-9)
    assert found.df == pytest.approx(expected["df"], rel=1e-9)
    assert found.p == pytest.approx(expected["p"], rel=1e-7)
    assert [found.interval.low, found.interval.high] == pytest.approx(expected["ci95"], rel=1e-9)


def gbstats_sample(case) -> Mean:
    n, total = case["n"], case["sum"]
    if case["type"] == "proportion":  # their variance of a proportion is p(1 - p), without n - 1
        share = total / n
        return mean_from(n, share, share * (1 - share))
    return Mean(n, total, case["sum_squares"])


def test_means_against_growthbook(shared_data):
    cases = [
        case
        for case in load(shared_data, "ab_reference", "gbstats_cases.json")["cases"]
        if case["control"]["type"] in ("proportion", "mean") and case["two_sided_t_absolute"]["error_message"] is None
    ]
    assert len(cases) >= 5
    for case in cases:
        expected = case["two_sided_t_absolute"]
        found = statistics.mean_difference(gbstats_sample(case["treatment"]), gbstats_sample(case["control"]))
        assert found.difference == pytest.approx(expected["expected"], rel=1e-9)
        assert [found.interval.low, found.interval.high] == pytest.approx(expected["ci"], rel=1e-6)
        assert found.p == pytest.approx(expected["p_value"], rel=1e-6)


def test_sample_size_against_planning_tables(shared_data):
    for row in load(shared_data, "ab_reference", "planning_and_srm.json")["sample_size_per_arm"]:
        found = statistics.minimum_sample(row["baseline"], row["target"], alpha=row["alpha"], power=row["power"])
        assert found == pytest.approx(row["pooled_null"], rel=1e-9)


def test_sample_ratio_against_published_cases(shared_data):
    for row in load(shared_data, "ab_reference", "planning_and_srm.json")["srm"]:
        found = statistics.sample_ratio(row["observed"], row["ratio"])
        assert found.chi2 == pytest.approx(row["chi2"], rel=1e-9, abs=1e-12)
        assert found.p == pytest.approx(row["p"], rel=1e-9)
        assert found.is_alarm == (row["p"] < 0.001)


def test_a_small_holdout_needs_more_treated_than_its_own_size():
    equal = statistics.minimum_sample(0.05, 0.06)
    tenth = statistics.minimum_sample(0.05, 0.06, control_per_treated=1 / 9)
    assert tenth > equal
    assert tenth / 9 < equal
    with pytest.raises(ValueError):
        statistics.minimum_sample(0.05, 0.05)


def test_somebody_in_an_arm_of_weight_zero_is_an_alarm():
    assert statistics.sample_ratio([1, 99], [0, 100]).is_alarm
    assert not statistics.sample_ratio([0, 100], [0, 100]).is_alarm


counts = st.integers(1, 5_000).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))


@given(counts, counts)
def test_intervals_hold_their_difference_and_stay_in_range(treated, control):
    found = statistics.rate_difference(Rate(*treated), Rate(*control))
    assert -1 - 1e-12 <= found.newcombe.low <= found.difference + 1e-12
    assert found.difference - 1e-12 <= found.newcombe.high <= 1 + 1e-12
    assert 0 <= found.p <= 1


@given(counts, counts)
def test_the_sides_are_mirror_images(treated, control):
    one = statistics.rate_difference(Rate(*treated), Rate(*control))
    other = statistics.rate_difference(Rate(*control), Rate(*treated))
    assert one.difference == pytest.approx(-other.difference, abs=1e-12)
    assert one.newcombe.low == pytest.approx(-other.newcombe.high, abs=1e-12)


def test_nothing_to_compare():
    with pytest.raises(TooFewUnits):
        statistics.rate_difference(Rate(0, 0), Rate(10, 1))
    with pytest.raises(TooFewUnits):
        statistics.mean_difference(Mean(1, 5.0, 25.0), Mean(10, 1.0, 1.0))
    with pytest.raises(TooFewUnits):
        statistics.wilson(Rate(0, 0))


def test_equal_values_have_no_error():
    found = statistics.mean_difference(Mean(10, 0, 0), Mean(10, 0, 0))
    assert (found.difference, found.p) == (0, 1)
    assert math.isclose(found.interval.high, 0)

"""Verdicts in words, and the sums behind them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siyu.experiments import queries as experiments
from siyu.experiments.contracts import Rate, SampleRatio
from siyu.insights import measures, rules, wording
from siyu.insights.contracts import VerdictCode
from siyu.insights.rules import Evidence, Sums

FINE = SampleRatio(0.1, 0.7, is_alarm=False)
BROKEN = SampleRatio(40.0, 1e-9, is_alarm=True)


def evidence(treated=(1_000, 90), control=(1_000, 40), **changes) -> Evidence:
    values = {
        "is_launched": True, "is_over": True, "last_day": date(2026, 5, 21), "holdout_percent": 10,
        "buyer_count": treated[1] + control[1],
        "order_rate": experiments.compare_rates(Rate(*treated), Rate(*control)), "sample_ratio": FINE,
    }  # fmt: skip
    return Evidence(**{**values, **changes})


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (evidence(is_launched=False), VerdictCode.NOT_LAUNCHED),
        (evidence(holdout_percent=0), VerdictCode.NO_HOLDOUT),
        (evidence(sample_ratio=BROKEN), VerdictCode.RATIO_ALARM),
        (evidence(sample_ratio=BROKEN, is_over=False), VerdictCode.RATIO_ALARM),
        (evidence(order_rate=None), VerdictCode.TOO_FEW),
        (evidence(is_over=False), VerdictCode.NOT_YET),
        (evidence(buyer_count=9), VerdictCode.TOO_FEW),
        (evidence(), VerdictCode.POSITIVE),
        (evidence((1_000, 40), (1_000, 90)), VerdictCode.NEGATIVE),
        (evidence((1_000, 41), (1_000, 40)), VerdictCode.NO_DIFFERENCE),
    ],
)
def test_verdicts(given, code):
    found = rules.verdict(given)
    assert found.code is code
    assert found.message in wording.VERDICTS
    assert found.is_final is (code in (VerdictCode.POSITIVE, VerdictCode.NEGATIVE, VerdictCode.NO_DIFFERENCE))
    assert "%" not in (found.message % found.data if found.data else found.message)


def test_words_carry_the_interval_in_points():
    found = rules.verdict(evidence())
    assert found.data == {"low": "+2.86", "high": "+7.20"}
    assert rules.points(-0.00004) == "+0.00"
    assert rules.points(-0.0123) == "−1.23"


def test_every_verdict_is_marked_for_translation():
    assert set(wording.VERDICTS) == set(rules.MESSAGES.values())


orders = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 10**7), st.integers(0, 10**7)), max_size=50)


@given(orders, st.integers(0, 100))
def test_sums_give_the_same_as_all_customers_one_by_one(bought, idle_count):
    sums = Sums()
    for order_count, gmv_fen, refunds_fen in bought:
        sums.add(order_count, gmv_fen, refunds_fen)
    values = [float(gmv_fen - refunds_fen) for _, gmv_fen, refunds_fen in bought] + [0.0] * idle_count
    found = sums.net_sales_mean(len(values))
    assert found.total == pytest.approx(sum(values))
    if len(values) > 1:
        mean = sum(values) / len(values)
        naive = sum((value - mean) ** 2 for value in values) / (len(values) - 1)
        assert found.variance == pytest.approx(naive, rel=1e-6, abs=1e-3)
    assert sums.buyer_count == sum(order_count > 0 for order_count, _, _ in bought)


def test_cost_per_order_needs_an_order():
    assert rules.cost_per(1_001, 2.0) == 501
    assert rules.cost_per(1_000, 0.4) is None
    assert rules.cost_per(1_000, -3.0) is None
    assert rules.cost_per(1_000, None) is None


def test_measures_have_a_formula_and_a_definition_each():
    assert len({measure.key for measure in measures.MEASURES}) == len(measures.MEASURES)
    for measure in measures.MEASURES:
        assert measure.label
        assert measure.formula
        assert measure.definition.endswith(".")

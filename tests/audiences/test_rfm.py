"""RFM is exact: NumPy's quantiles bit for bit, every customer as a naive computation has it, any snapshot day."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.audiences import world
from tests.audiences.world import TODAY, UNTIL, Fact, World

from siyu.audiences import moments, rfm
from siyu.audiences.contracts import RfmFilter, RfmParams, Segment, SegmentBounds, Thresholds
from siyu.audiences.rfm import scoring
from siyu.audiences.rfm.reading import EVERYBODY, Among, segment_of
from siyu.commerce.events import MONEY_EVENTS, ORDER_PAID
from siyu.eventlog.contracts import START
from siyu.warehouse.client import Warehouse

LEVELS = [0.2, 0.4, 0.6, 0.8]
SOME = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


@given(st.lists(st.integers(-(10**14), 10**14) | st.integers(0, 9), min_size=1, max_size=200))
def test_quantiles_equal_numpy_bit_for_bit(values: list[int]) -> None:
    ordered = sorted(values)
    found = scoring.quantiles(len(values), dict(enumerate(ordered)))
    assert list(found) == np.quantile(np.array(values), LEVELS).tolist()
    assert list(found) == np.percentile(np.array(values), [20, 40, 60, 80]).tolist()


@given(st.lists(st.integers(-50, 50), min_size=1), st.integers(-60, 60))
def test_whole_cuts_score_as_the_exact_ones(values: list[int], value: int) -> None:
    cuts = scoring.quantiles(len(values), dict(enumerate(sorted(values))))
    assert scoring.score(value, scoring.whole(cuts)) == scoring.score(value, cuts)


@given(st.lists(st.integers(-1000, 1000), min_size=1), st.integers(-1000, 1000))
def test_whole_means_decide_as_the_exact_mean(values: list[int], value: int) -> None:
    total, count = sum(values), len(values)
    assert (value <= scoring.at_most_mean(total, count)) == (value * count <= total)
    assert (value >= scoring.at_least_mean(total, count)) == (value * count >= total)


def test_a_score_counts_the_cuts_strictly_below() -> None:
    assert [scoring.score(value, (1, 3, 6, 12)) for value in (1, 2, 3, 4, 6, 7, 12, 13)] == [1, 2, 2, 3, 3, 4, 4, 5]


def test_segments_are_named_by_high_and_low() -> None:
    names = {bits: segment_of(bits) for bits in range(8)}
    assert names == {
        0b111: Segment.IMPORTANT_VALUE,
        0b101: Segment.IMPORTANT_DEVELOP,
        0b011: Segment.IMPORTANT_KEEP,
        0b001: Segment.IMPORTANT_RETAIN,
        0b110: Segment.GENERAL_VALUE,
        0b100: Segment.GENERAL_DEVELOP,
        0b010: Segment.GENERAL_KEEP,
        0b000: Segment.GENERAL_RETAIN,
    }


# --- against the warehouse -------------------------------------------------------------------------------------------


def naive(small: World, day: date, window_days: int | None) -> dict[int, tuple[int, int, int]]:
    """Person → (recency, frequency, monetary), by the definitions."""
    found = {}
    for person in {small.root(fact.fragment) for fact in small.facts if fact.fragment}:
        facts = [
            fact
            for fact in small.facts_of(person)
            if world.day_of(fact.at) <= day
            and (window_days is None or (day - world.day_of(fact.at)).days <= window_days)
        ]
        paid = [fact for fact in facts if fact.name == ORDER_PAID]
        if paid:
            recency = (day - max(world.day_of(fact.at) for fact in paid)).days
            monetary = sum(fact.amount_fen for fact in facts if fact.name in MONEY_EVENTS)
            found[person] = (recency, len({fact.object_id for fact in paid}), monetary)
    return found


def naive_rows(measured: dict[int, tuple[int, int, int]]) -> list[tuple[int, ...]]:
    """(id, measures, scores, segment bits) with NumPy's own quantiles and means."""
    if not measured:
        return []
    table = np.array(list(measured.values()))
    cuts = np.quantile(table, LEVELS, axis=0)
    means = table.mean(axis=0)
    rows = []
    for person, (recency, frequency, monetary) in sorted(measured.items()):
        scores = [1 + int((cuts[:, place] < value).sum()) for place, value in enumerate((recency, frequency, monetary))]
        bits = 4 * (recency <= means[0]) + 2 * (frequency >= means[1]) + (monetary >= means[2])
        rows.append((person, recency, frequency, monetary, 6 - scores[0], scores[1], scores[2], int(bits)))
    return rows


@pytest.mark.warehouse
@pytest.mark.django_db
@SOME
@given(small=world.worlds(), back=st.integers(0, 70), window=st.none() | st.integers(1, 60))
def test_every_row_is_what_a_naive_computation_gives(put, small: World, back: int, window: int | None) -> None:
    day = TODAY - timedelta(days=back)
    params, moment = RfmParams(day, window), moments.moment_of_day(day, world.ZONE)
    warehouse = put(small)
    expected = naive_rows(naive(small, day, window))

    rows = [tuple(row) for block in rfm.customer_rows(warehouse, params, moment, RfmFilter()) for row in block]
    assert rows == expected

    grid = rfm.snapshot(warehouse, params, moment)
    assert grid.customer_count == len(expected)
    assert grid.monetary_fen == sum(row[3] for row in expected)
    for cell in grid.cells:
        in_cell = [row[3] for row in expected if (row[4], row[5]) == (cell.r_score, cell.f_score)]
        assert (cell.customer_count, cell.monetary_fen) == (len(in_cell), sum(in_cell))
    for part in grid.segments:
        in_part = [row[3] for row in expected if segment_of(row[7]) is part.segment]
        assert (part.customer_count, part.monetary_fen) == (len(in_part), sum(in_part))
        chosen = RfmFilter(segments=(part.segment,))
        members = {row[0] for row in expected if segment_of(row[7]) is part.segment}
        assert set(rfm.members(warehouse, params, moment, chosen)) == members
    scores = RfmFilter(r_scores=(4, 5), f_scores=(1, 2, 3), m_scores=(3, 4, 5))
    members = {row[0] for row in expected if row[4] >= 4 and row[5] <= 3 and row[6] >= 3}
    assert set(rfm.members(warehouse, params, moment, scores)) == members


@pytest.mark.warehouse
@pytest.mark.django_db
def test_thresholds_and_bounds_replace_quantiles_and_means(put) -> None:
    facts = [
        Fact(ORDER_PAID, UNTIL - timedelta(days=days, hours=1), person, 100 * person + number, fen)
        for person, days, orders, fen in ((1, 7, 1, 9_900), (2, 8, 3, 5_000), (3, 91, 13, 100))
        for number in range(orders)
    ]
    warehouse = put(World([], facts))
    params = RfmParams(
        TODAY,
        thresholds=Thresholds((7, 21, 45, 90), (1, 3, 6, 12), (9_899, 19_900, 29_900, 44_900)),
        bounds=SegmentBounds(recency_days=30, frequency=2, monetary_fen=10_000),
    )
    moment = moments.moment_of_day(TODAY, world.ZONE)
    rows = [tuple(row) for block in rfm.customer_rows(warehouse, params, moment, RfmFilter()) for row in block]
    assert rows == [
        (1, 7, 1, 9_900, 5, 1, 2, 0b100),
        (2, 8, 3, 15_000, 4, 2, 2, 0b111),
        (3, 91, 13, 1_300, 1, 5, 1, 0b010),
    ]
    page = rfm.customer_rows(warehouse, params, moment, RfmFilter(), after_id=1, limit=1)
    assert [row[0] for block in page for row in block] == [2]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that the warehouse is asked for rows, as they come."""
    found: list[str] = []
    plain = Warehouse.rows
    monkeypatch.setattr(Warehouse, "rows", lambda self, sql, *a, **k: found.append(sql) or plain(self, sql, *a, **k))
    return found


@pytest.mark.warehouse
@pytest.mark.django_db
def test_cut_points_are_remembered_until_something_comes(put, asked: list[str]) -> None:
    warehouse = put(World([], [Fact(ORDER_PAID, UNTIL - timedelta(days=n), n, n, 100 * n) for n in range(1, 6)]))
    moment = moments.moment_of_day(TODAY, world.ZONE)

    def rows(watermark: str) -> list[tuple[int, ...]]:
        blocks = rfm.customer_rows(warehouse, RfmParams(TODAY), moment, RfmFilter(), watermark=watermark)
        return [tuple(row) for block in blocks for row in block]

    assert rows("0.7") == rows("0.7") == rows("0.8")
    assert len(asked) == 2
    # Without a watermark, or at the start of the log, nothing says how long an answer holds.
    assert rows("") == rows("") == rows(str(START)) == rows(str(START))
    assert len(asked) == 6


@pytest.mark.warehouse
@pytest.mark.django_db
def test_the_picture_of_everybody_is_remembered_until_something_comes(put, asked: list[str]) -> None:
    warehouse = put(World([], [Fact(ORDER_PAID, UNTIL - timedelta(days=n), n, n, 100 * n) for n in range(1, 6)]))
    moment = moments.moment_of_day(TODAY, world.ZONE)

    def count(watermark: str, among: Among = EVERYBODY) -> int:
        return rfm.snapshot(warehouse, RfmParams(TODAY), moment, watermark=watermark, among=among).customer_count

    assert count("1.7") == count("1.7") == 5
    assert len(asked) == 2
    # One's own part of it is looked at anew: it changes without an order.
    assert count("1.7", ("fragment < 3", {})) == count("1.7", ("fragment < 3", {})) == 2
    assert len(asked) == 4
    assert count("1.8") == count(str(START)) == count("") == 5
    assert len(asked) == 10


@pytest.mark.warehouse
@pytest.mark.django_db
def test_a_brand_without_orders_has_an_empty_picture(put) -> None:
    warehouse = put(World([], []))
    moment = moments.moment_of_day(TODAY, world.ZONE)
    grid = rfm.snapshot(warehouse, RfmParams(TODAY), moment)
    assert (grid.customer_count, grid.cut_points, grid.means) == (0, None, None)
    assert len(grid.cells) == 25
    assert len(grid.segments) == 8
    assert not rfm.members(warehouse, RfmParams(TODAY), moment, RfmFilter())

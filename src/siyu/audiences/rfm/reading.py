"""RFM snapshots from the warehouse: one query for the cut points, one for what is shown.

Where a `watermark` is given, the cut points and the picture of everybody are remembered under it: pages ask for the
same ones again and again, and each of the two reads every order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pyroaring import BitMap

from siyu.audiences.contracts import (
    CutPoints,
    Moment,
    RfmCell,
    RfmFilter,
    RfmParams,
    RfmSegment,
    Segment,
    SegmentBounds,
)
from siyu.audiences.rfm import scoring, statements
from siyu.audiences.rfm.statements import Cuts
from siyu.eventlog.contracts import START
from siyu.warehouse.client import Warehouse
from siyu.warehouse.contracts import Lane

SCORES = range(1, 6)
# Pictures (day, window, way of scoring) that are remembered with their cut points, some kilobytes each.
REMEMBERED_MODELS = 128


@dataclass(frozen=True)
class Grid:
    """What a snapshot shows, without its freshness."""

    customer_count: int
    monetary_fen: int
    cut_points: CutPoints | None
    bounds: SegmentBounds | None
    means: tuple[float, float, float] | None
    cells: tuple[RfmCell, ...]
    segments: tuple[RfmSegment, ...]


@dataclass(frozen=True)
class _Model:
    """The whole population in a few numbers: enough to score anybody."""

    count: int
    sums: tuple[int, int, int]
    cut_points: CutPoints
    bounds: SegmentBounds

    @property
    def cuts(self) -> Cuts:
        points = self.cut_points
        return Cuts(
            scoring.whole(points.recency_days),
            scoring.whole(points.frequency),
            scoring.whole(points.monetary_fen),
            self.bounds,
        )


# A condition over rows with a column `fragment`, and its parameters: whom an answer is about.
Among = tuple[str, Mapping[str, Any]]
EVERYBODY: Among = ("1", {})


def snapshot(
    wh: Warehouse,
    params: RfmParams,
    moment: Moment,
    *,
    watermark: str = "",
    among: Among = EVERYBODY,
    lane: Lane = "short",
) -> Grid:
    """Cells and segments of those among who have a paid order before the moment's end, scored among everybody."""
    # Whom a viewer sees changes with more than what has come into the warehouse.
    if among != EVERYBODY or not _may_remember(watermark):
        return _grid(wh, params, moment, watermark, among=among, lane=lane)
    return _remembered_grid(wh.url, params, moment, watermark, lane)


@lru_cache(maxsize=REMEMBERED_MODELS)
def _remembered_grid(url: str, params: RfmParams, moment: Moment, watermark: str, lane: Lane) -> Grid:
    return _grid(Warehouse(url), params, moment, watermark, among=EVERYBODY, lane=lane)


def _grid(wh: Warehouse, params: RfmParams, moment: Moment, watermark: str, *, among: Among, lane: Lane) -> Grid:
    model = _model(wh, params, moment, lane, watermark)
    if model is None:
        return Grid(0, 0, None, None, None, _cells([]), _segments([], 0))
    where, values = among
    inner = statements.scored(statements.measures(params, moment, where), model.cuts)
    rows = wh.rows(f"SELECT r, f, bits, count(), sum(monetary) FROM ({inner}) GROUP BY r, f, bits", values, lane=lane)
    recency, frequency, monetary = (total / model.count for total in model.sums)
    count = sum(row[3] for row in rows)
    return Grid(
        customer_count=count,
        monetary_fen=sum(row[4] for row in rows),
        cut_points=model.cut_points,
        bounds=model.bounds,
        means=(recency, frequency, monetary),
        cells=_cells(rows),
        segments=_segments(rows, count),
    )


def members(
    wh: Warehouse, params: RfmParams, moment: Moment, chosen: RfmFilter, *, lane: Lane = "short"
) -> BitMap:
    """The customers in a part of a snapshot."""
    model = _model(wh, params, moment, lane, "")
    if model is None:
        return BitMap()
    inner = statements.scored(statements.measures(params, moment), model.cuts)
    where = statements.filtered(chosen)
    return wh.bitmap(f"SELECT groupBitmapState(id) FROM ({inner}) WHERE {where} HAVING count() > 0", lane=lane)


def customer_rows(
    wh: Warehouse,
    params: RfmParams,
    moment: Moment,
    chosen: RfmFilter,
    *,
    after_id: int = 0,
    limit: int | None = None,
    watermark: str = "",
    among: Among = EVERYBODY,
    lane: Lane = "short",
) -> Iterator[Sequence[Sequence[Any]]]:
    """Blocks of rows (id, recency, frequency, monetary, r, f, m, segment bits) by growing id."""
    model = _model(wh, params, moment, lane, watermark)
    if model is None:
        return
    whom, values = among
    inner = statements.scored(statements.measures(params, moment, whom), model.cuts)
    where = f"{statements.filtered(chosen)} AND id > {after_id:d}"
    tail = f"LIMIT {limit:d}" if limit is not None else ""
    yield from wh.blocks(f"SELECT * FROM ({inner}) WHERE {where} ORDER BY id {tail}", values, lane=lane)


def segment_of(bits: int) -> Segment:
    return scoring.SEGMENTS[statements.high_low(bits)]


def _model(wh: Warehouse, params: RfmParams, moment: Moment, lane: Lane, watermark: str) -> _Model | None:
    """Cut points and bounds; None where nobody has bought."""
    if _may_remember(watermark):
        return _remembered(wh.url, params, moment, lane, watermark)
    return _computed(wh.url, params, moment, lane)


def _may_remember(watermark: str) -> bool:
    """At the start of the log the warehouse is empty or being rebuilt: what it answers is soon wrong."""
    return watermark not in ("", str(START))


@lru_cache(maxsize=REMEMBERED_MODELS)
def _remembered(url: str, params: RfmParams, moment: Moment, lane: Lane, _watermark: str) -> _Model | None:
    return _computed(url, params, moment, lane)


def _computed(url: str, params: RfmParams, moment: Moment, lane: Lane) -> _Model | None:
    wh = Warehouse(url)
    inner = statements.measures(params, moment)
    ((count, *rest),) = wh.rows(statements.totals(inner, with_ranks=params.thresholds is None), lane=lane)
    if not count:
        return None
    sums = (int(rest[0]), int(rest[1]), int(rest[2]))
    bounds = params.bounds or SegmentBounds(
        recency_days=scoring.at_most_mean(sums[0], count),
        frequency=scoring.at_least_mean(sums[1], count),
        monetary_fen=scoring.at_least_mean(sums[2], count),
    )
    return _Model(count, sums, _cut_points(params, count, rest[3:]), bounds)


def _cut_points(params: RfmParams, count: int, ranked: Sequence[Sequence[tuple[int, int]]]) -> CutPoints:
    if params.thresholds is not None:
        given = params.thresholds
        return CutPoints(given.recency_days, given.frequency, given.monetary_fen)
    return CutPoints(*(scoring.quantiles(count, {rank: value for value, rank in pairs}) for pairs in ranked))


def _cells(rows: Sequence[Sequence[Any]]) -> tuple[RfmCell, ...]:
    sums = {(r, f): [0, 0] for r in SCORES for f in SCORES}
    for r, f, _bits, count, monetary_fen in rows:
        sums[r, f][0] += count
        sums[r, f][1] += monetary_fen
    return tuple(RfmCell(r, f, count, monetary_fen) for (r, f), (count, monetary_fen) in sums.items())


def _segments(rows: Sequence[Sequence[Any]], total: int) -> tuple[RfmSegment, ...]:
    sums = {segment: [0, 0] for segment in Segment}
    for _r, _f, bits, count, monetary_fen in rows:
        sums[segment_of(bits)][0] += count
        sums[segment_of(bits)][1] += monetary_fen
    return tuple(
        RfmSegment(segment, scoring.LABELS[segment], count, count / total if total else 0.0, monetary_fen)
        for segment, (count, monetary_fen) in sums.items()
    )

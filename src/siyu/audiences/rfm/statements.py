"""RFM in SQL: the measures of each customer, the order statistics behind the cut points, the scored rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from siyu.audiences import moments, sql
from siyu.audiences.contracts import Moment, RfmFilter, RfmParams, SegmentBounds
from siyu.audiences.rfm.scoring import SEGMENTS
from siyu.commerce.events import MONEY_EVENTS, ORDER_PAID

MEASURES = ("recency", "frequency", "monetary")
# Bits of a segment in SQL.
_R_HIGH, _F_HIGH, _M_HIGH = 4, 2, 1


@dataclass(frozen=True)
class Cuts:
    """Whole cut points (four each) and bounds of high: all that scoring a customer needs."""

    recency: tuple[int, ...]
    frequency: tuple[int, ...]
    monetary: tuple[int, ...]
    bounds: SegmentBounds


def measures(params: RfmParams, moment: Moment, among: str = "1") -> str:
    """One row per customer with a paid order: id, recency (days), frequency, monetary (fen).

    `among` is a condition over events that says whose customers; a scope keeps or drops a customer as a whole.
    """
    since = moments.days_before(moment, params.window_days) if params.window_days is not None else None
    days = f"toInt32(toDate(maxIf(ts, name = '{ORDER_PAID}'), '{moment.zone.key}'))"
    return (
        f"SELECT {sql.ROOT} AS id, {sql.day_number(moment.day)} - {days} AS recency, "
        f"arrayUniq(groupArrayIf(object_id, name = '{ORDER_PAID}')) AS frequency, sum(amount_fen) AS monetary "
        f"FROM events WHERE {sql.events_where(MONEY_EVENTS, since, moment.until)} AND {among} "
        "GROUP BY id HAVING frequency > 0"
    )


def totals(inner: str, *, with_ranks: bool) -> str:
    """Count and sums of the measures; `with_ranks` adds the (rank, value) pairs that quantiles may need."""
    ranks = ", ".join(_ranked(name) for name in MEASURES) if with_ranks else "[], [], []"
    return (
        f"SELECT toInt64(count()) AS n, sum(recency), sum(frequency), sum(monetary), {ranks} FROM ({inner})"
    )


def _ranked(name: str) -> str:
    """The values around the 20, 40, 60 and 80 % places, one more on each side, so that no rounding can miss one."""
    places = "arrayFlatten(arrayMap(q -> range(toUInt64(greatest(0, intDiv((n - 1) * q, 5) - 1)), "
    places += "toUInt64(least(n, intDiv((n - 1) * q, 5) + 3))), [1, 2, 3, 4]))"
    ordered = f"arraySort(groupArray(toInt64({name})))"
    return f"arrayMap(k -> ({ordered}[k + 1], k), if(n = 0, [], {places}))"


def scored(inner: str, cuts: Cuts) -> str:
    """One row per customer: the measures, r, f, m and the segment's bits."""
    bounds = cuts.bounds
    return (
        f"SELECT id, recency, frequency, monetary, "
        f"6 - ({_score('recency', cuts.recency)}) AS r, {_score('frequency', cuts.frequency)} AS f, "
        f"{_score('monetary', cuts.monetary)} AS m, "
        f"(recency <= {bounds.recency_days}) * {_R_HIGH} + (frequency >= {bounds.frequency}) * {_F_HIGH} + "
        f"(monetary >= {bounds.monetary_fen}) * {_M_HIGH} AS bits FROM ({inner})"
    )


def _score(name: str, cuts: Sequence[int]) -> str:
    return " + ".join(["1", *(f"({name} > {cut})" for cut in cuts)])


def filtered(chosen: RfmFilter) -> str:
    """The WHERE of a part of a snapshot."""
    conditions = ["1"]
    for name, scores in (("r", chosen.r_scores), ("f", chosen.f_scores), ("m", chosen.m_scores)):
        if scores is not None:
            conditions.append(f"{name} IN ({sql.numbers(scores)})")
    if chosen.segments is not None:
        bits = [number for number in range(8) if SEGMENTS[high_low(number)] in chosen.segments]
        conditions.append(f"bits IN ({sql.numbers(bits)})")
    return " AND ".join(conditions)


def high_low(bits: int) -> tuple[bool, bool, bool]:
    return bool(bits & _R_HIGH), bool(bits & _F_HIGH), bool(bits & _M_HIGH)

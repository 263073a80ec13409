"""RFM snapshots: the grid, the customers of a cell or segment, all rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Literal

from django.conf import settings

from siyu.audiences import rfm as rfm_model
from siyu.audiences import watermark
from siyu.audiences.contracts import RfmFilter, RfmParams, RfmRow, RfmSnapshot, SegmentBounds, Thresholds
from siyu.audiences.permissions import RFM_VIEW
from siyu.audiences.rfm.reading import segment_of
from siyu.audiences.rules import limits
from siyu.customers import queries as customers
from siyu.kernel import clock
from siyu.kernel.errors import InvalidInput
from siyu.kernel.paging import MAX_PAGE_ROWS, Page, decode_cursor, encode_cursor
from siyu.org.contracts import Viewer
from siyu.warehouse import client
from siyu.warehouse.contracts import Lane

EVERYBODY = RfmFilter()


def rfm(
    viewer: Viewer,
    as_of_day: date,
    window_days: int | None = None,
    method: Literal["quantile"] | Thresholds = "quantile",
    bounds: SegmentBounds | None = None,
) -> RfmSnapshot:
    """The snapshot of a day. `method` is "quantile" or the brand's own thresholds; `bounds` replace the means."""
    thresholds = method if isinstance(method, Thresholds) else None
    return rfm_snapshot(viewer, RfmParams(as_of_day, window_days, thresholds, bounds))


def rfm_snapshot(viewer: Viewer, params: RfmParams) -> RfmSnapshot:
    """The 5×5 grid, the eight segments and the cut points of everybody with a paid order, at the end of a day.

    Only events up to the end of that day count; `window_days` narrows them to those at most so many whole days before
    it. Scores are the whole brand's, so that a customer has the same one for everybody; cells, segments and totals
    count those within the viewer's scope. Ask `rfm_customers` and `rfm_rows` with the same params for the people
    behind the numbers.
    """
    viewer.require(RFM_VIEW)
    _check(params)
    pinned = watermark.pin(params.as_of_day)
    grid = rfm_model.snapshot(
        client.connect(), params, watermark.moment_of(pinned), watermark=pinned.position,
        among=customers.scope_clause(viewer),
    )
    return RfmSnapshot(
        params=params,
        customer_count=grid.customer_count,
        monetary_fen=grid.monetary_fen,
        cut_points=grid.cut_points,
        bounds=grid.bounds,
        means=grid.means,
        cells=grid.cells,
        segments=grid.segments,
        as_of=pinned,
        freshness=watermark.freshness(),
    )


def _check(params: RfmParams) -> None:
    if not limits.FIRST_YEAR <= params.as_of_day.year <= limits.LAST_YEAR:
        raise InvalidInput(reason="The day lies outside the calendar.")
    if params.window_days is not None and not 1 <= params.window_days <= limits.MAX_DAYS:
        raise InvalidInput(reason="The window must be a whole number of days from 1 to 36,500.")


def rfm_customers(
    viewer: Viewer,
    params: RfmParams,
    chosen: RfmFilter = EVERYBODY,
    *,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[RfmRow]:
    """The customers of a cell or segment (or all) by id, a page at a time."""
    size = min(limit, MAX_PAGE_ROWS)
    after_id = decode_cursor(cursor, int)[0] if cursor else 0
    rows = list(_rfm_rows(viewer, params, chosen, after_id=after_id, limit=size + 1))
    return Page(rows[:size], encode_cursor(rows[size - 1].customer_id) if len(rows) > size else None)


def rfm_rows(viewer: Viewer, params: RfmParams, chosen: RfmFilter = EVERYBODY) -> Iterator[RfmRow]:
    """Every customer of a snapshot by id, streamed: for exports."""
    return _rfm_rows(viewer, params, chosen, lane="long")


def _rfm_rows(
    viewer: Viewer,
    params: RfmParams,
    chosen: RfmFilter,
    *,
    after_id: int = 0,
    limit: int | None = None,
    lane: Lane = "short",
) -> Iterator[RfmRow]:
    viewer.require(RFM_VIEW)
    _check(params)
    pinned = watermark.pin(params.as_of_day)
    blocks = rfm_model.customer_rows(
        client.connect(), params, watermark.moment_of(pinned), chosen, after_id=after_id, limit=limit, lane=lane,
        watermark=pinned.position, among=customers.scope_clause(viewer),
    )
    for block in blocks:
        numbers = customers.member_numbers(viewer, [row[0] for row in block])
        for customer_id, recency, frequency, monetary, r, f, m, bits in block:
            yield RfmRow(
                customer_id=customer_id,
                member_no=numbers.get(customer_id, ""),
                recency_days=recency,
                frequency=frequency,
                monetary_fen=monetary,
                r_score=r,
                f_score=f,
                m_score=m,
                segment=segment_of(bits),
            )


def rfm_today() -> date:
    """The brand's calendar day of now: the default snapshot day."""
    return clock.local_day(clock.now(), settings.SIYU.tz)

"""RFM: the snapshot of a day, and the customers of a cell or segment."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest
from ninja import Query, Router

from siyu.api.authentication import needs, viewer
from siyu.api.schemas.paging import Cursor, Limit
from siyu.api.schemas.rfm import CellIn, Day, RfmCustomerPage, SnapshotOut, WindowDays
from siyu.audiences import queries
from siyu.audiences.contracts import RfmParams
from siyu.audiences.permissions import RFM_VIEW

router = Router()


def _params(as_of: date | None, window_days: int | None) -> RfmParams:
    return RfmParams(as_of or queries.rfm_today(), window_days)


@router.get("", response=SnapshotOut, auth=needs(RFM_VIEW))
def get_snapshot(request: HttpRequest, as_of: Day = None, window_days: WindowDays = None) -> Any:
    """Everybody with a paid order, scored by quantiles: the grid, the eight segments, the cut points."""
    return queries.rfm_snapshot(viewer(request), _params(as_of, window_days))


@router.get("/customers", response=RfmCustomerPage, auth=needs(RFM_VIEW))
def list_rfm_customers(
    request: HttpRequest,
    chosen: Query[CellIn],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """The customers of a cell or segment (of the whole snapshot without one), by id."""
    params = _params(chosen.as_of, chosen.window_days)
    return queries.rfm_customers(viewer(request), params, chosen.filter(), cursor=cursor, limit=limit)

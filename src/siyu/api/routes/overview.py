"""The overview: what happened in a period."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router

from siyu.api.authentication import needs, viewer
from siyu.api.schemas.overview import OverviewOut
from siyu.audiences.queries import rfm_today
from siyu.insights import queries
from siyu.insights.contracts import MAX_PERIOD_DAYS, Period
from siyu.insights.permissions import OVERVIEW_VIEW

router = Router()
LastDay = Annotated[date | None, Query(description="The period's last day; without, the brand's today.")]
DayCount = Annotated[int, Query(ge=1, le=MAX_PERIOD_DAYS, description="Length of the period.")]


@router.get("", response=OverviewOut, auth=needs(OVERVIEW_VIEW))
def get_overview(request: HttpRequest, last_day: LastDay = None, day_count: DayCount = 30) -> Any:
    """New customers, orders, sales and repurchase of a period, day by day, beside the period before."""
    return queries.overview(viewer(request), Period.ending(last_day or rfm_today(), day_count))

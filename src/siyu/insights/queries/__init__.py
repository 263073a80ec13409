"""Reads of `insights`; every one takes the viewer."""

from siyu.insights.queries.overviews import overview, sales_days
from siyu.insights.queries.plan_results import plan_result

__all__ = ["overview", "plan_result", "sales_days"]

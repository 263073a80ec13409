"""The overview: what happened in a period and in the one before, from the warehouse.

A handful of aggregates over the columns (name, time, customer, amount), some milliseconds each at any size that the
warehouse holds; the records would have to read every order. Freshness says how far the warehouse is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.conf import settings

from siyu.commerce.events import MONEY_EVENTS, ORDER_PAID, ORDER_REFUNDED
from siyu.customers import queries as customers
from siyu.insights.contracts import DayFigures, Figures, Freshness, Overview, Period
from siyu.insights.permissions import OVERVIEW_VIEW
from siyu.kernel.clock import day_end, day_start
from siyu.messaging import queries as messaging
from siyu.messaging.permissions import PLANS_VIEW
from siyu.org.contracts import Viewer
from siyu.warehouse import client
from siyu.warehouse import queries as warehouse

LATEST_PLANS = 5
# Answers that are kept while nothing has arrived, and for how long at most: of some viewers with a period each.
KEPT_ANSWERS = 128
KEPT_SECONDS = 30.0
_ROOT = "dictGetOrDefault('roots_dict', 'root', toUInt64(fragment), fragment)"
_TOTALS = f"""
SELECT is_now, countIf(customer > 0 AND orders >= 1), countIf(customer > 0 AND orders >= 2),
       sum(orders), sum(gmv), sum(net) FROM (
    SELECT ts >= {{since:DateTime64(3, 'UTC')}} AS is_now, {_ROOT} AS customer,
           uniqExactIf(object_id, name = {{paid:String}}) AS orders,
           sumIf(amount_fen, name != {{refunded:String}}) AS gmv, sum(amount_fen) AS net
    FROM events WHERE name IN {{names:Array(String)}} AND ts >= {{from:DateTime64(3, 'UTC')}}
         AND ts < {{until:DateTime64(3, 'UTC')}} AND %(scope)s
    GROUP BY is_now, customer)
GROUP BY is_now
"""
_DAYS = f"""
SELECT toDate(ts, {{zone:String}}) AS day,
       uniqExactIf({_ROOT}, name = {{paid:String}} AND fragment > 0), uniqExactIf(object_id, name = {{paid:String}}),
       sumIf(amount_fen, name != {{refunded:String}}), sum(amount_fen)
FROM events WHERE name IN {{names:Array(String)}} AND ts >= {{from:DateTime64(3, 'UTC')}}
     AND ts < {{until:DateTime64(3, 'UTC')}} AND %(scope)s
GROUP BY day
"""
_NEW = f"""
SELECT toDate(first_seen, {{zone:String}}) AS day, count()
FROM profiles FINAL WHERE first_seen >= {{from:DateTime64(3, 'UTC')}} AND first_seen < {{until:DateTime64(3, 'UTC')}}
     AND {_ROOT} = fragment AND %(scope)s
GROUP BY day
"""


def overview(viewer: Viewer, period: Period) -> Overview:
    """The figures of `period` and of the one before, with both series of days and the latest plans.

    Unavailable while the warehouse does not answer.
    """
    viewer.require(OVERVIEW_VIEW)
    before = period.previous
    ask = _asker(viewer, _params(before.first_day, period.first_day, period.last_day))
    new: dict[date, int] = dict(ask(_NEW))
    by_day = {row[0]: row[1:] for row in ask(_DAYS)}
    totals = {bool(row[0]): row[1:] for row in ask(_TOTALS)}
    return Overview(
        period=period,
        figures=_figures(period, new, totals.get(True)),
        previous=_figures(before, new, totals.get(False)),
        days=_series(period, new, by_day),
        previous_days=_series(before, new, by_day),
        plans=tuple(messaging.plans(viewer, limit=LATEST_PLANS).items) if _sees_plans(viewer) else (),
        freshness=_freshness(),
    )


def _sees_plans(viewer: Viewer) -> bool:
    """Plans reach the whole brand's customers: whoever sees only a part of them has no list of plans."""
    return viewer.all_customers and viewer.may(PLANS_VIEW)


def sales_days(viewer: Viewer) -> tuple[date, date] | None:
    """The first and last local day with an order, to begin with a period that holds something; None without orders."""
    viewer.require(OVERVIEW_VIEW)
    sql = (
        "SELECT count(), toDate(min(ts), {zone:String}), toDate(max(ts), {zone:String}) FROM events "
        "WHERE name = {paid:String} AND %(scope)s"
    )
    ((count, first, last),) = _asker(viewer, {"zone": settings.SIYU.zone, "paid": ORDER_PAID})(sql)
    return (first, last) if count else None


def _asker(viewer: Viewer, params: dict[str, Any]) -> Callable[[str], list[tuple[Any, ...]]]:
    """Asks the warehouse one of the statements above, about the customers within the viewer's scope."""
    scope, values = customers.scope_clause(viewer)
    every = tuple((name, _frozen(value)) for name, value in sorted({**params, **values}.items()))
    state = (warehouse.arrived(), time.monotonic() // KEPT_SECONDS)
    url = client.connect().url
    return lambda sql: _answer(url, sql.replace("%(scope)s", scope), every, state)


@lru_cache(maxsize=KEPT_ANSWERS)
def _answer(url: str, sql: str, params: tuple[tuple[str, Any], ...], state: Hashable) -> list[tuple[Any, ...]]:
    """The rows; of a `state` of the warehouse they are asked for once, by whoever looks first."""
    given = {name: list(value) if isinstance(value, tuple) else value for name, value in params}
    return client.Warehouse(url).rows(sql, given)


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _params(from_day: date, since_day: date, last_day: date) -> dict[str, Any]:
    zone = settings.SIYU.tz
    return {
        "zone": settings.SIYU.zone,
        "from": _naive(day_start(from_day, zone)),
        "since": _naive(day_start(since_day, zone)),
        "until": _naive(day_end(last_day, zone)),
        "paid": ORDER_PAID,
        "refunded": ORDER_REFUNDED,
        "names": list(MONEY_EVENTS),
    }


def _naive(moment: datetime) -> str:
    """An instant as the warehouse reads it into a UTC column."""
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def _figures(period: Period, new: dict[date, int], totals: tuple[Any, ...] | None) -> Figures:
    paying, returning, orders, gmv_fen, net_fen = totals or (0, 0, 0, 0, 0)
    return Figures(
        new_customer_count=sum(new.get(day, 0) for day in period.days),
        paying_customer_count=paying,
        returning_customer_count=returning,
        order_count=orders,
        gmv_fen=gmv_fen,
        net_sales_fen=net_fen,
    )


def _series(period: Period, new: dict[date, int], by_day: dict[date, tuple[Any, ...]]) -> tuple[DayFigures, ...]:
    return tuple(DayFigures(day, new.get(day, 0), *by_day.get(day, (0, 0, 0, 0))) for day in period.days)


def _freshness() -> Freshness:
    lag = warehouse.freshness()
    return Freshness(lag.fresh_as_of, lag.waiting_count, lag.error)

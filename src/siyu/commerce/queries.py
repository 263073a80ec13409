"""Reads of `commerce`. Each takes the viewer; orders of customers outside its scope do not exist for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain, islice
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Exists, OuterRef, Q

from siyu.commerce.contracts import CustomerTotals, LineView, OrderView, RefundView
from siyu.commerce.models import CustomerTotal, Order, OrderLine, Refund
from siyu.customers import queries as customers
from siyu.eventlog import records
from siyu.kernel.errors import NotFound
from siyu.kernel.ids import IdSet
from siyu.kernel.paging import MAX_KEY, MAX_PAGE_ROWS, Page, damaged, decode_cursor, encode_cursor
from siyu.org.contracts import Viewer

# How a list of customers may be sorted: its column → the stored total, each with an index.
SORTS = {"net_sales": "net_sales_fen", "orders": "order_count", "last_order": "last_paid_at"}
# Orders shown of one customer without paging further.
MAX_ORDERS = 200


def _visible(viewer: Viewer, fragment_ids: Sequence[int]) -> list[int]:
    """Those of `fragment_ids` whose customer exists for the viewer: a merged fragment goes by its root."""
    if viewer.scope.everything:
        return list(fragment_ids)
    roots = customers.roots_of(fragment_ids)
    allowed = customers.within(viewer, {roots.get(pk, pk) for pk in fragment_ids})
    return [pk for pk in fragment_ids if roots.get(pk, pk) in allowed]


def totals_of(viewer: Viewer, fragment_ids: Sequence[int]) -> dict[int, CustomerTotals]:
    """Totals by fragment id, for those of `fragment_ids` that ever bought or returned something."""
    return {
        row.fragment_id: CustomerTotals(
            fragment_id=row.fragment_id,
            order_count=row.order_count,
            gmv_fen=row.gmv_fen,
            refunds_fen=row.refunds_fen,
            first_paid_at=row.first_paid_at,
            last_paid_at=row.last_paid_at,
        )
        for row in CustomerTotal.objects.filter(fragment_id__in=_visible(viewer, fragment_ids))
    }


def ranked_customers(
    viewer: Viewer,
    *,
    sort: str,
    cursor: str | None = None,
    limit: int = 50,
    ascending: bool = False,
    among: IdSet | None = None,
) -> Page[int]:
    """Fragment ids of buyers by one of `SORTS`, largest or latest first; then those without orders, newest first.

    With `among`, a set, only those in it.
    """
    size = min(limit, MAX_PAGE_ROWS)
    last: tuple[str, int] | None = tuple(decode_cursor(cursor, str, int)) if cursor else None
    ranked: Iterable[tuple[int, str]] = ()
    if last is None or last[0]:
        ranked = _ranked(viewer, SORTS[sort], ascending=ascending, last=last, among=among, size=size)
    rest = _without_orders(viewer, SORTS[sort], last[1] if last and not last[0] else None, among, size)
    rows = list(islice(chain(ranked, rest), size + 1))
    more = encode_cursor(rows[size - 1][1], rows[size - 1][0]) if len(rows) > size else None
    return Page([fragment_id for fragment_id, _value in rows[:size]], more)


def _ranked(
    viewer: Viewer,
    column: str,
    *,
    ascending: bool,
    last: tuple[str, int] | None,
    among: IdSet | None,
    size: int,
) -> Iterator[tuple[int, str]]:
    """(fragment id, value) of buyers after one of them. Those outside `among` are passed over in growing strides."""
    found = CustomerTotal.objects.exclude(**{column: None})
    placed = customers.scope_subquery(viewer)
    if placed is not None:
        found = found.filter(fragment_id__in=placed)
    if among is not None and len(among) <= records.MAX_IN_VALUES:
        found, among = found.filter(fragment_id__in=list(among)), None
    # Both directions read the same index, which begins with the largest value and within it the smallest id.
    order = (column, "-fragment_id") if ascending else (f"-{column}", "fragment_id")
    ordered = found.order_by(*order).values_list("fragment_id", column)
    stride = size + 1
    while True:
        parts = [ordered] if last is None else [ordered.filter(part) for part in _after(column, ascending, *last)]
        rows: list[tuple[int, Any]] = []
        for part in parts:
            rows += part[: stride - len(rows)]
        yield from ((pk, str(value)) for pk, value in rows if among is None or pk in among)
        if len(rows) < stride:
            return
        last, stride = (str(rows[-1][1]), rows[-1][0]), min(stride * 4, records.MAX_IN_VALUES)


def _after(column: str, ascending: bool, text: str, fragment_id: int) -> tuple[Q, Q]:
    """The rest of those with the same value, then those beyond: in one condition the store would read from the first.

    A million customers may have one order each.
    """
    value = _sort_value(column, text)
    if ascending:
        return Q(**{column: value, "fragment_id__lt": fragment_id}), Q(**{f"{column}__gt": value})
    return Q(**{column: value, "fragment_id__gt": fragment_id}), Q(**{f"{column}__lt": value})


def _without_orders(
    viewer: Viewer, column: str, before_id: int | None, among: IdSet | None, size: int
) -> Iterator[tuple[int, str]]:
    """Customers who have no such total, newest first; a cursor with an empty value stands among them."""
    bought = CustomerTotal.objects.exclude(**{column: None}).filter(pk=OuterRef("pk"))
    found = customers.accessible(viewer).filter(~Exists(bought))
    if among is not None and len(among) <= records.MAX_IN_VALUES:
        found, among = found.filter(pk__in=list(among)), None
    stride = size + 1
    while True:
        below = found if before_id is None else found.filter(pk__lt=before_id)
        ids = list(below.order_by("-pk").values_list("pk", flat=True)[:stride])
        yield from ((pk, "") for pk in ids if among is None or pk in among)
        if len(ids) < stride:
            return
        before_id, stride = ids[-1], min(stride * 4, records.MAX_IN_VALUES)


def _sort_value(column: str, text: str) -> int | datetime:
    """A total as its cursor wrote it."""
    try:
        if column != "last_paid_at":
            return max(-MAX_KEY, min(int(text), MAX_KEY))
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise damaged() from error
    if moment.tzinfo is None:
        raise damaged()
    return moment


class CustomerHour(NamedTuple):
    """What one customer paid and got back in one UTC hour, written ``2026-05-14 08``."""

    fragment_id: int
    hour: str
    order_count: int
    gmv_fen: int
    refunds_fen: int


def sales_by_customer(viewer: Viewer, *, since: datetime, until: datetime) -> list[CustomerHour]:
    """Sales of known customers in [since, until), by customer and hour: the cost follows the orders of the period."""
    bounds = [records.db_moment(since), records.db_moment(until)]
    hour = "to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24')" if records.is_postgres() else "substr(at, 1, 13)"
    sql = (
        "SELECT fragment_id, {hour}, {orders}, {gmv}, {refunds} FROM {table} "
        "WHERE at >= %s AND at < %s AND fragment_id IS NOT NULL GROUP BY 1, 2"
    )
    sold = sql.format(hour=hour, orders="count(*)", gmv="sum(amount_fen)", refunds="0", table="commerce_order")
    returned = sql.format(hour=hour, orders="0", gmv="0", refunds="sum(amount_fen)", table="commerce_refund")
    with connection.cursor() as cursor:
        cursor.execute(f"{sold} UNION ALL {returned}", bounds * 2)
        found = [CustomerHour(row[0], row[1], *map(int, row[2:])) for row in cursor.fetchall()]
    visible = set(_visible(viewer, sorted({hour.fragment_id for hour in found})))
    return [hour for hour in found if hour.fragment_id in visible]


def orders_of(viewer: Viewer, fragment_ids: Sequence[int], limit: int = MAX_ORDERS) -> list[OrderView]:
    """A customer's orders, newest first."""
    visible = _visible(viewer, fragment_ids)
    return [_order(row) for row in Order.objects.filter(fragment_id__in=visible).order_by("-at", "-pk")[:limit]]


def refunds_of(viewer: Viewer, fragment_ids: Sequence[int], limit: int = MAX_ORDERS) -> list[RefundView]:
    """A customer's refunds, newest first."""
    found = Refund.objects.filter(fragment_id__in=_visible(viewer, fragment_ids)).order_by("-at", "-pk")[:limit]
    return [RefundView(r.pk, r.shop, r.number, r.at, r.amount_fen, r.line_count) for r in found]


def order(viewer: Viewer, order_id: int) -> tuple[OrderView, list[LineView]]:
    """One order with its lines; NotFound outside the viewer's scope. Orders of guests are the whole brand's."""
    row = Order.objects.filter(pk=order_id).first()
    if row is None or not (viewer.scope.everything or (row.fragment_id and _visible(viewer, [row.fragment_id]))):
        raise NotFound()
    lines = OrderLine.objects.filter(head_id=order_id).order_by("pk")
    return _order(row), [LineView(line.sku, line.title, line.quantity, line.amount_fen) for line in lines]


# Finds the shops one after another at the head of the index (shop, number), then the number in each of them.
_BY_NUMBER = """
WITH RECURSIVE shops(shop) AS (
  SELECT min(shop) FROM commerce_order
  UNION ALL SELECT (SELECT min(shop) FROM commerce_order WHERE shop > shops.shop) FROM shops WHERE shop IS NOT NULL
)
SELECT o.id FROM shops CROSS JOIN commerce_order o
WHERE o.shop = shops.shop AND o.number = %s ORDER BY o.id DESC LIMIT %s
"""


def orders_by_number(viewer: Viewer, number: str, limit: int) -> list[OrderView]:
    """The orders with this number in any shop, newest first, as far as their customers exist for the viewer."""
    with connection.cursor() as cursor:
        cursor.execute(_BY_NUMBER, [number, limit])
        found = [row[0] for row in cursor.fetchall()]
    return orders(viewer, found)


def orders(viewer: Viewer, order_ids: Sequence[int]) -> list[OrderView]:
    """Orders in the order of `order_ids`, without those that are gone or outside the viewer's scope."""
    rows = {row.pk: row for row in Order.objects.filter(pk__in=order_ids)}
    known = [row.fragment_id for row in rows.values() if row.fragment_id is not None]
    allowed = set(_visible(viewer, known))
    found = [rows[order_id] for order_id in order_ids if order_id in rows]
    return [_order(row) for row in found if viewer.scope.everything or row.fragment_id in allowed]


def _order(row: Order) -> OrderView:
    return OrderView(row.pk, row.shop, row.number, row.fragment_id, row.at, row.amount_fen, row.line_count)

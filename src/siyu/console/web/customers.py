"""Customers: the list and the profile with orders and timeline."""

from __future__ import annotations

import json
from itertools import groupby

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from siyu.commerce import queries as commerce
from siyu.commerce.contracts import CustomerTotals, OrderView, RefundView
from siyu.console.web import page, wording
from siyu.console.web.customer_lists import CUSTOMERS, NET_SALES, is_rule, name_of, page_of, rows_of, rule_of
from siyu.customers import queries as customers
from siyu.customers.contracts import CustomerView, IdentityKind
from siyu.customers.permissions import CUSTOMERS_VIEW
from siyu.eventlog.contracts import StoredEvent
from siyu.kernel.errors import SiyuError
from siyu.org.access import needs
from siyu.org.contracts import Viewer
from siyu.ui import formats, lists
from siyu.ui.contracts import Cell, Column, Crumb, Fact, ListQuery, Row, Tab, TimelineDay, TimelineItem

PAGE_ROWS = 50
ORDER_COLUMNS = (
    Column("number", _("Order number"), phone="main"),
    Column("shop", _("Shop")),
    Column("at", _("Paid")),
    Column("lines", _("Lines"), "end", phone="hidden"),
    Column("amount", _("Amount"), "end", phone="figure"),
)


@needs(CUSTOMERS_VIEW)
@require_GET
def customer_list(request: HttpRequest) -> HttpResponse:
    """All customers, newest first, or as searched, filtered and sorted."""
    viewer = page.viewer_of(request)
    listing = lists.open_listing(request, CUSTOMERS, viewer)
    everybody = customers.count(viewer)
    if not listing.problem:
        try:
            found, total = page_of(viewer, listing.query, listing.cursor, listing.page_rows)
            rows = rows_of(viewer, found.items, menus=True)
            total = total if listing.query.is_filtered else everybody
            listing.fill(rows=rows, total=total, next_cursor=found.next_cursor)
        except SiyuError as error:
            listing.fail(error)
    context = {"total": everybody, "to_audience_url": _to_audience(listing.query)}
    return lists.answer(request, listing, "console/customers.html", "console/customers_part.html", context)


def _to_audience(query: ListQuery) -> str:
    """The builder with these filters as its rule; empty where they are more, or nothing."""
    if not is_rule(query):
        return ""
    return page.address(reverse("audience-new"), rule=json.dumps(rule_of(query), ensure_ascii=False))


@needs(CUSTOMERS_VIEW)
@require_GET
def customer_page(request: HttpRequest, customer_id: int) -> HttpResponse:
    """One customer: facts at the left, timeline or orders at the right."""
    viewer = page.viewer_of(request)
    customer = customers.customer(viewer, customer_id)
    fragments = customers.fragments_of(customer.id)
    tab = "orders" if request.GET.get("tab") == "orders" else "timeline"
    totals = commerce.totals_of(viewer, fragments)
    path = reverse("customer", args=[customer.id])
    context = {
        "customer": customer,
        "task_url": page.address(reverse("task-new"), customer=customer.id),
        "name": name_of(customer),
        "crumbs": [Crumb(_("Customers"), reverse("customers"))],
        "facts": _facts(viewer, customer),
        "attributes": [Fact(wording.attribute(key), str(value)) for key, value in sorted(customer.attributes.items())],
        "consents": customers.consents(viewer, customer.id),
        "value_facts": _value(list(totals.values())),
        "tabs": [
            Tab(_("Timeline"), path, tab == "timeline"),
            Tab(_("Orders and refunds"), page.address(path, tab="orders"), tab == "orders"),
        ],
        "tab": tab,
    }
    context |= _orders(viewer, fragments) if tab == "orders" else _timeline(request, viewer, customer.id, path)
    return page.page_or_part(request, "console/customer.html", f"console/customer_{tab}.html", context)


def _facts(viewer: Viewer, customer: CustomerView) -> list[Fact]:
    known = [
        Fact(
            _("Phone") if i.kind is IdentityKind.PHONE else gettext("Member of %(shop)s") % {"shop": i.namespace},
            i.shown,
        )
        for i in customers.identities(viewer, customer.id)
    ]
    belongs = [(_("Home store"), customer.home), (_("Guide"), customer.guide)]
    return [
        *known,
        *(Fact(label, name) for label, name in belongs if name),
        Fact(_("First seen"), formats.moment(customer.first_seen_at)),
        Fact(_("Record"), str(customer.id)),
    ]


def _value(totals: list[CustomerTotals]) -> list[Fact]:
    orders = sum(row.order_count for row in totals)
    net_fen = sum(row.net_sales_fen for row in totals)
    last = [row.last_paid_at for row in totals if row.last_paid_at]
    return [
        Fact(_("Net sales"), formats.money(net_fen), definition=NET_SALES),
        Fact(_("Orders"), formats.number(orders)),
        Fact(_("Net sales per order"), formats.money(net_fen // orders if orders else None)),
        Fact(_("Refunded"), formats.money(sum(row.refunds_fen for row in totals))),
        Fact(_("Last order"), formats.day(max(last)) if last else formats.MISSING),
    ]


def _orders(viewer: Viewer, fragments: list[int]) -> dict[str, object]:
    orders = [_order_row(order) for order in commerce.orders_of(viewer, fragments)]
    refunds = [_refund_row(refund) for refund in commerce.refunds_of(viewer, fragments)]
    return {"order_columns": ORDER_COLUMNS, "orders": orders, "refunds": refunds}


def _order_row(order: OrderView) -> Row:
    url = reverse("order", args=[order.id])
    return Row(
        key=str(order.id),
        url=url,
        cells={
            "number": Cell(order.order_no, url=url),
            "shop": order.shop,
            "at": formats.moment(order.paid_at),
            "lines": formats.number(order.line_count),
            "amount": formats.money(order.amount_fen),
        },
    )


def _refund_row(refund: RefundView) -> Row:
    return Row(
        key=str(refund.id),
        cells={
            "number": refund.refund_no,
            "shop": refund.shop,
            "at": formats.moment(refund.refunded_at),
            "lines": formats.number(refund.line_count),
            "amount": formats.money(-refund.amount_fen),
        },
    )


def _timeline(request: HttpRequest, viewer: Viewer, customer_id: int, path: str) -> dict[str, object]:
    events = customers.timeline(viewer, customer_id, cursor=request.GET.get("cursor"), limit=PAGE_ROWS)
    days = [
        TimelineDay(formats.day(day), [_timeline_item(event) for event in happened])
        for day, happened in groupby(events.items, key=lambda event: timezone.localtime(event.occurred_at).date())
    ]
    more = page.address(path, cursor=events.next_cursor) if events.next_cursor else ""
    return {"days": days, "more_url": more}


def _timeline_item(event: StoredEvent) -> TimelineItem:
    told = wording.event(event)
    return TimelineItem(
        at=formats.clock_time(event.occurred_at),
        title=told.title,
        icon=told.icon,
        note=told.note,
        tone=told.tone,
        warned=told.warned,
        action_label=told.action_label,
        action_url=told.action_url,
    )


@needs(CUSTOMERS_VIEW)
@require_GET
def order_page(request: HttpRequest, order_id: int) -> HttpResponse:
    """One order with its lines."""
    viewer = page.viewer_of(request)
    order, lines = commerce.order(viewer, order_id)
    buyer = customers.customer(viewer, order.fragment_id) if order.fragment_id else None
    columns = (
        Column("title", _("Goods"), phone="main"),
        Column("sku", _("Article")),
        Column("quantity", _("Quantity"), "end"),
        Column("amount", _("Amount"), "end", phone="figure"),
    )
    rows = [
        Row(
            {
                "title": line.title,
                "sku": line.sku,
                "quantity": formats.number(line.quantity),
                "amount": formats.money(line.amount_fen),
            }
        )
        for line in lines
    ]
    total = Row({"title": gettext("Total"), "amount": formats.money(order.amount_fen)})
    context = {"order": order, "columns": columns, "rows": rows, "total": total}
    if buyer:
        context["crumbs"] = [
            Crumb(_("Customers"), reverse("customers")),
            Crumb(name_of(buyer), page.address(reverse("customer", args=[buyer.id]), tab="orders")),
        ]
    return page.page_or_part(request, "console/order.html", "console/order.html", context)

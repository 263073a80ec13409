"""What the search box finds: customers, orders, audiences, recall plans; and what can be begun from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from siyu.audiences import queries as audiences
from siyu.audiences.permissions import AUDIENCES_EDIT, AUDIENCES_VIEW
from siyu.commerce import queries as commerce
from siyu.commerce.contracts import OrderView
from siyu.console.web import page
from siyu.console.web.customer_lists import name_of
from siyu.customers import queries as customers
from siyu.customers.contracts import CustomerView
from siyu.customers.permissions import CUSTOMERS_VIEW
from siyu.ingest.permissions import IMPORTS_RUN
from siyu.kernel.errors import SiyuError
from siyu.kernel.paging import MAX_PAGE_ROWS
from siyu.messaging import queries as messaging
from siyu.messaging.permissions import PLANS_EDIT, PLANS_VIEW
from siyu.org.contracts import Viewer
from siyu.ui import formats
from siyu.ui.contracts import QuickAction, SearchHit, SearchKind
from siyu.ui.registries import ACTIONS, SEARCH_KINDS


def register() -> None:
    for kind in (
        SearchKind(
            "customers", _("Customers"), icon="user", order=10, search=_customers, named=_named_customers,
            more_url=lambda text: page.address(reverse("customers"), q=text), permission=CUSTOMERS_VIEW,
        ),
        SearchKind(
            "orders", _("Orders"), icon="receipt", order=20, search=_orders, named=_named_orders,
            permission=CUSTOMERS_VIEW,
        ),
        SearchKind(
            "audiences", _("Audiences"), icon="filter", order=30, search=_audiences, named=_named_audiences,
            permission=AUDIENCES_VIEW,
        ),
        SearchKind(
            "plans", _("Recall plans"), icon="message-2", order=40, search=_plans, named=_named_plans,
            permission=PLANS_VIEW,
        ),
    ):  # fmt: skip
        SEARCH_KINDS.add(kind.key, kind)
    for action in (
        QuickAction(
            "import-new", _("Import orders"), icon="file-import", url_name="import-new", permission=IMPORTS_RUN
        ),
        QuickAction(
            "audience-new", _("New audience"), icon="filter-plus", url_name="audience-new", permission=AUDIENCES_EDIT
        ),
        QuickAction("plan-new", _("New plan"), icon="message-plus", url_name="plan-new", permission=PLANS_EDIT),
    ):  # fmt: skip
        ACTIONS.add(action.key, action)


def _customers(viewer: Viewer, text: str, limit: int) -> list[SearchHit]:
    return [_customer_hit(view) for view in customers.search(viewer, text=text, limit=limit).items]


def _named_customers(viewer: Viewer, keys: Sequence[str]) -> list[SearchHit]:
    return [_customer_hit(view) for view in customers.customers(viewer, _ids(keys))]


def _customer_hit(view: CustomerView) -> SearchHit:
    note = " · ".join(filter(None, (view.phone_masked, view.member_no if view.display_name else "")))
    return SearchHit(str(view.id), name_of(view), reverse("customer", args=[view.id]), note)


def _orders(viewer: Viewer, text: str, limit: int) -> list[SearchHit]:
    return [_order_hit(view) for view in commerce.orders_by_number(viewer, text, limit)]


def _named_orders(viewer: Viewer, keys: Sequence[str]) -> list[SearchHit]:
    return [_order_hit(view) for view in commerce.orders(viewer, _ids(keys))]


def _order_hit(view: OrderView) -> SearchHit:
    note = f"{view.shop} · {formats.money(view.amount_fen)} · {formats.day(view.paid_at)}"
    return SearchHit(str(view.id), view.order_no, reverse("order", args=[view.id]), note)


def _audiences(viewer: Viewer, text: str, limit: int) -> list[SearchHit]:
    found = [view for view in audiences.audiences(viewer) if text.casefold() in view.name.casefold()]
    return [_hit(view, "audience") for view in found[:limit]]


def _named_audiences(viewer: Viewer, keys: Sequence[str]) -> list[SearchHit]:
    return _still_there(keys, lambda audience_id: audiences.audience(viewer, audience_id), "audience")


def _plans(viewer: Viewer, text: str, limit: int) -> list[SearchHit]:
    newest = messaging.plans(viewer, limit=MAX_PAGE_ROWS).items
    found = [view for view in newest if text.casefold() in view.name.casefold()]
    return [_hit(view, "plan") for view in found[:limit]]


def _named_plans(viewer: Viewer, keys: Sequence[str]) -> list[SearchHit]:
    return _still_there(keys, lambda plan_id: messaging.plan(viewer, plan_id), "plan")


def _still_there(keys: Sequence[str], get: Callable[[int], Any], url_name: str) -> list[SearchHit]:
    """The hits of things that are fetched one by one; at most the few that were opened lately."""
    hits = []
    for thing_id in _ids(keys):
        try:
            hits.append(_hit(get(thing_id), url_name))
        except SiyuError:
            continue
    return hits


def _hit(view: Any, url_name: str) -> SearchHit:
    return SearchHit(str(view.id), view.name, reverse(url_name, args=[view.id]))


def _ids(keys: Sequence[str]) -> list[int]:
    return [int(key) for key in keys if key.isdecimal() and len(key) < 19]

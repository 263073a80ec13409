"""The list of customers: its columns, its filters as an audience's rule, what can be done to many at once, its file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop, ngettext
from django.utils.translation import gettext_lazy as _

from siyu.audiences import queries as audiences
from siyu.commerce import queries as commerce
from siyu.commerce.contracts import CustomerTotals
from siyu.console.web import wording
from siyu.customers import queries as customers
from siyu.customers import services as customer_services
from siyu.customers.contracts import CustomerView, PlaceIn
from siyu.customers.permissions import CUSTOMERS_EXPORT, CUSTOMERS_PLACE, CUSTOMERS_VIEW
from siyu.kernel.errors import InvalidInput
from siyu.kernel.ids import IdSet
from siyu.kernel.money import decimal_from_fen
from siyu.kernel.paging import Page
from siyu.org import queries as org
from siyu.org.contracts import Viewer
from siyu.org.contracts.approvals import ApprovalKind
from siyu.org.registries import APPROVALS
from siyu.ui import formats
from siyu.ui.contracts import (
    BulkAction,
    Cell,
    Column,
    Effect,
    EffectPart,
    Filter,
    FilterField,
    FilterType,
    ListExport,
    ListKind,
    ListQuery,
    MenuItem,
    Op,
    Row,
)
from siyu.ui.registries import LISTS
from siyu.ui.services import exports

NET_SALES = _("Paid order amount minus refunds, all time")
COLUMNS = (
    Column("name", _("Customer"), phone="main", required=True),
    Column("phone", _("Phone")),
    Column("city", _("City"), phone="hidden"),
    Column("home", _("Store"), phone="hidden"),
    Column("guide", _("Looked after by"), phone="hidden", shown=False),
    Column("member_no", _("Member number"), phone="hidden", shown=False),
    Column("orders", _("Orders"), "end", sortable=True),
    Column("net_sales", _("Net sales"), "end", phone="figure", definition=NET_SALES, sortable=True),
    Column("refunds", _("Refunded"), "end", phone="hidden", shown=False),
    Column("first_order", _("First order"), "end", phone="hidden", shown=False),
    Column("last_order", _("Last order"), "end", sortable=True),
    Column("first_seen", _("First seen"), "end", phone="hidden", shown=False),
)
# What other pages show of customers.
SHOWN = tuple(column for column in COLUMNS if column.shown)
# What a rule that holds for everybody says: fewer than no orders has nobody.
EVERYBODY: Mapping[str, Any] = {"leaf": "order_count", "op": ">=", "value": 0}
# The filter by a place and all below it: no rule of an audience, but what the viewer sees meanwhile.
PLACE = "home"
_COMPARED = {Op.AT_LEAST: ">=", Op.AT_MOST: "<=", Op.EQUAL: "=", Op.BETWEEN: "between"}


# --- filters ---------------------------------------------------------------------------------------------------------


def segments(viewer: Viewer) -> list[tuple[str, Any]]:
    return [(segment.value, label) for segment, label in wording.SEGMENTS.items()]


def place_names(viewer: Viewer) -> list[tuple[str, Any]]:
    """The uppermost places within the scope: what the filter suggests, of perhaps thousands that it takes."""
    return [(node.name, node.code) for node in org.find_nodes(viewer)]


def _check_place(viewer: Viewer, text: str) -> None:
    if not org.nodes_called(viewer, text):
        raise InvalidInput(reason="No place that you may see has the name or code “%(text)s”.", text=text)


FIELDS = (
    FilterField(
        PLACE, _("Store"), icon="building-store", type=FilterType.TEXT, choices=place_names, ops=(Op.IS,),
        check=_check_place,
    ),
    FilterField("city", _("City"), icon="map-pin", type=FilterType.TEXT),
    FilterField("orders", _("Orders"), icon="shopping-bag", type=FilterType.NUMBER),
    FilterField("net_sales", _("Net sales"), icon="coin-yuan", type=FilterType.MONEY),
    FilterField("last_order", _("Last order"), icon="clock", type=FilterType.AGE, unit=_("days")),
    FilterField(
        "first_order", _("First order"), icon="flag", type=FilterType.AGE, unit=_("days"),
        ops=(Op.WITHIN, Op.OLDER, Op.AGES),
    ),
    FilterField(
        "first_seen", _("First seen"), icon="eye", type=FilterType.AGE, unit=_("days"),
        ops=(Op.WITHIN, Op.OLDER, Op.AGES),
    ),
    FilterField("segment", _("Segment"), icon="grid-dots", type=FilterType.CHOICE, choices=segments),
)  # fmt: skip


def rule_of(query: ListQuery) -> dict[str, Any]:
    """The filters of a list as the rule of an audience, without the place."""
    return {"all": [leaf for one in _ruling(query) for leaf in _leaves(one)] or [dict(EVERYBODY)]}


def is_rule(query: ListQuery) -> bool:
    """Whether the rule says all that the list asks: a search and a place are no part of it."""
    return bool(query.filters) and not query.text and len(_ruling(query)) == len(query.filters)


def _ruling(query: ListQuery) -> list[Filter]:
    return [one for one in query.filters if one.key != PLACE]


def _at_place(viewer: Viewer, query: ListQuery) -> Viewer:
    """The viewer as far as a list shows them: with a place in its filters, only whoever belongs there or below."""
    chosen = [one.values[0] for one in query.filters if one.key == PLACE]
    if not chosen:
        return viewer
    return viewer.narrowed(*(node.path for text in chosen for node in org.nodes_called(viewer, text)))


def _leaves(one: Filter) -> Iterator[dict[str, Any]]:
    match one.key:
        case "city":
            yield {"leaf": "attribute", "name": "city", "op": one.op.value, "value": one.values[0]}
        case "orders":
            yield {"leaf": "order_count", "op": _COMPARED[one.op], "value": _one_or_both(one.values)}
        case "net_sales":
            amounts = tuple(str(decimal_from_fen(fen)) for fen in one.values)
            yield {"leaf": "net_sales", "op": _COMPARED[one.op], "value": _one_or_both(amounts)}
        case "segment":
            yield {"leaf": "rfm", "segment": list(one.values)}
        case age:
            yield from _ages(age, one)


def _one_or_both(values: Sequence[Any]) -> Any:
    return list(values) if len(values) > 1 else values[0]


def _ages(leaf: str, one: Filter) -> Iterator[dict[str, Any]]:
    """A span of days back from today; its nearer end counts, too."""
    if one.op is Op.NEVER:
        yield {"leaf": leaf, "never": True}
    elif one.op is Op.OLDER:
        yield {"leaf": leaf, "older_than_days": one.values[0]}
    else:
        nearest, farthest = one.values if one.op is Op.AGES else (0, one.values[0])
        yield {"leaf": leaf, "within_days": farthest}
        if nearest:
            yield {"leaf": leaf, "older_than_days": nearest - 1}


# --- rows ------------------------------------------------------------------------------------------------------------


def page_of(viewer: Viewer, query: ListQuery, cursor: str | None, limit: int) -> tuple[Page[CustomerView], int | None]:
    """One page of the customers that a query holds, in its order, and how many filters leave (None: nobody counts)."""
    viewer = _at_place(viewer, query)
    among: IdSet | None = audiences.customer_ids(viewer, rule_of(query)) if _ruling(query) else None
    if query.text and query.sort:
        among = set(customers.matching_ids(viewer, query.text, among))
    if query.sort:
        ranked = commerce.ranked_customers(
            viewer, sort=query.sort, cursor=cursor, limit=limit, ascending=query.ascending, among=among
        )
        found = Page(customers.customers(viewer, ranked.items), ranked.next_cursor)
    else:
        found = customers.search(viewer, text=query.text, cursor=cursor, limit=limit, among=among)
    return found, _total(viewer, query, among)


def _total(viewer: Viewer, query: ListQuery, among: IdSet | None) -> int | None:
    if query.text and not query.sort:
        return None
    if among is not None:
        return len(among)
    return customers.count(viewer) if query.filters else None


def ids_of(viewer: Viewer, query: ListQuery) -> IdSet:
    """Everybody that a query holds."""
    viewer = _at_place(viewer, query)
    if not query.text:
        return audiences.customer_ids(viewer, rule_of(query))
    among = audiences.customer_ids(viewer, rule_of(query)) if _ruling(query) else None
    return customers.matching_ids(viewer, query.text, among)


def rows_of(viewer: Viewer, found: Sequence[CustomerView], *, menus: bool = False) -> list[Row]:
    """Table rows of customers, with their totals, and on their own page with menus."""
    totals = commerce.totals_of(viewer, [customer.id for customer in found])
    return [_row(customer, totals.get(customer.id), menus) for customer in found]


def _row(customer: CustomerView, totals: CustomerTotals | None, has_menu: bool) -> Row:
    url = reverse("customer", args=[customer.id])
    name = name_of(customer)
    cells = {
        "name": Cell(name, url=url, note=customer.member_no if customer.display_name else ""),
        "phone": customer.phone_masked,
        "city": customer.attributes.get("city", ""),
        "home": customer.home,
        "guide": customer.guide,
        "member_no": customer.member_no,
        "orders": formats.number(totals.order_count if totals else 0),
        "net_sales": formats.money(totals.net_sales_fen if totals else 0),
        "refunds": formats.money(totals.refunds_fen if totals else 0),
        "first_order": formats.day(totals.first_paid_at) if totals else formats.MISSING,
        "last_order": formats.day(totals.last_paid_at) if totals else formats.MISSING,
        "first_seen": formats.day(customer.first_seen_at),
    }
    menu = (
        MenuItem(_("Open"), url, icon="user"),
        MenuItem(_("Orders and refunds"), f"{url}?tab=orders", icon="receipt"),
    )
    return Row(key=str(customer.id), url=url, name=name, cells=cells, menu=menu if has_menu else ())


def name_of(customer: CustomerView) -> str:
    """What a list calls a customer: the name, else the member number, else the number of the record."""
    return customer.display_name or customer.member_no or gettext("Customer %(id)s") % {"id": customer.id}


# --- the file --------------------------------------------------------------------------------------------------------


def _file_rows(viewer: Viewer, ids: Sequence[int], columns: Sequence[str]) -> Iterator[list[Any]]:
    """Values as spreadsheets want them: amounts and counts as numbers, phones masked as on the screen."""
    found = customers.customers(viewer, ids)
    totals = commerce.totals_of(viewer, [customer.id for customer in found])
    for customer in found:
        values = _file_values(customer, totals.get(customer.id))
        yield [values[key] for key in columns]


def _file_values(customer: CustomerView, totals: CustomerTotals | None) -> dict[str, Any]:
    return {
        "name": name_of(customer),
        "phone": customer.phone_masked,
        "city": customer.attributes.get("city", ""),
        "home": customer.home,
        "guide": customer.guide,
        "member_no": customer.member_no,
        "orders": totals.order_count if totals else 0,
        "net_sales": decimal_from_fen(totals.net_sales_fen if totals else 0),
        "refunds": decimal_from_fen(totals.refunds_fen if totals else 0),
        "first_order": formats.iso_day(totals.first_paid_at if totals else None),
        "last_order": formats.iso_day(totals.last_paid_at if totals else None),
        "first_seen": formats.iso_day(customer.first_seen_at),
    }


# --- many at once ----------------------------------------------------------------------------------------------------


class PlaceForm(forms.Form):
    """Which store customers shall belong to, of those that the viewer may see."""

    place = forms.ChoiceField(label=_("Store"))

    def __init__(self, viewer: Viewer, data: Any = None) -> None:
        super().__init__(data)
        places = [(str(node.id), node.name) for node in org.nodes(viewer) if node.is_active]
        self.fields["place"].choices = [("", gettext("Choose a store")), *places]  # type: ignore[attr-defined]


def _placeable(viewer: Viewer, ids: IdSet) -> dict[int, PlaceIn]:
    """Where those of `ids` belong whom the viewer may move: with a guide, only one whom the viewer sees."""
    places = customers.places(viewer, ids)
    guides = {place.staff_id for place in places.values() if place.staff_id is not None}
    seen = set(org.accessible_staff(viewer).filter(pk__in=guides).values_list("pk", flat=True))
    return {pk: place for pk, place in places.items() if place.staff_id is None or place.staff_id in seen}


def _preview_place(viewer: Viewer, ids: IdSet, values: Mapping[str, Any]) -> Effect:
    node_id = int(values["place"])
    places = _placeable(viewer, ids)
    already = sum(place.node_id == node_id for place in places.values())
    homeless = sum(place.node_id is None for place in places.values())
    moved = len(places) - already - homeless
    confirm = ngettext("Confirm, for %(count)s customer", "Confirm, for %(count)s customers", moved + homeless)
    parts = (
        EffectPart(homeless, _("get their first store"), "good"),
        EffectPart(moved, _("move from another store"), "warn"),
        EffectPart(already, _("are there already")),
        EffectPart(len(ids) - len(places), _("are outside your scope"), "bad" if len(ids) > len(places) else "muted"),
    )
    return Effect(moved + homeless, parts, confirm % {"count": formats.number(moved + homeless)})


def _apply_place(viewer: Viewer, ids: Sequence[int], values: Mapping[str, Any]) -> int:
    """Whoever looks after a customer goes on doing so."""
    node_id = int(values["place"])
    wanted = {pk: PlaceIn(node_id, place.staff_id) for pk, place in _placeable(viewer, ids).items()}
    return customer_services.place_customers(viewer=viewer, places=wanted, source="console")


EXPORT_APPROVAL = "customers.export"
CUSTOMERS = ListKind(
    key="customers",
    label=_("Customers"),
    url_name="customers",
    columns=COLUMNS,
    permission=CUSTOMERS_VIEW,
    search_label=_("Name, member number, phone or its last four digits"),
    fields=FIELDS,
    ids=ids_of,
    count=lambda viewer, query: len(ids_of(viewer, query)),
    export=ListExport({column.key: column.label for column in COLUMNS}, _file_rows, CUSTOMERS_EXPORT, EXPORT_APPROVAL),
    bulk=(
        BulkAction(
            "place", _("Belongs to a store"), icon="building-store", preview=_preview_place, apply=_apply_place,
            permission=CUSTOMERS_PLACE, form=PlaceForm,
        ),
    ),
)  # fmt: skip


def register() -> None:
    LISTS.add(CUSTOMERS.key, CUSTOMERS)
    approval = ApprovalKind(
        EXPORT_APPROVAL, gettext_noop("Export of customers"), "", exports.selection_version, exports.start_approved,
        has_cost=False,
    )  # fmt: skip
    APPROVALS.add(approval.key, approval)

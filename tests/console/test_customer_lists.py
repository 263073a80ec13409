"""The list of customers: filters mean what the builder means, every order is complete, bulk changes obey scope."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tests.console.conftest import MOMENT
from tests.support.organisation import Chain, person
from tests.support.plans import effort

from siyu.audiences import queries as audiences
from siyu.audit.models import Entry
from siyu.console.web import customer_lists
from siyu.console.web.customer_lists import EXPORT_APPROVAL
from siyu.customers import queries as customers
from siyu.customers import services as customer_services
from siyu.customers.contracts import IdentityKey, IdentityKind, PersonIn, PlaceIn
from siyu.eventlog import jobs, records
from siyu.eventlog import queries as log
from siyu.kernel import clock
from siyu.kernel.errors import InvalidInput
from siyu.kernel.settings import load
from siyu.org import queries as org
from siyu.org import services as org_services
from siyu.org.contracts import SYSTEM, NodeKind, Viewer
from siyu.org.models import Staff
from siyu.org.queries import approvals, notices
from siyu.org.services import approvals as services
from siyu.ui.contracts import Filter, ListQuery, Op

Buyers = Callable[[int], list[int]]
pytestmark = pytest.mark.django_db(transaction=True)
PART = {"Accept-Language": "en", "HX-Request": "true"}


def newcomers(count: int) -> list[int]:
    """Customers who have not ordered yet."""
    people = [
        PersonIn((IdentityKey(IdentityKind.MEMBER, "main", f"N{number}"),), MOMENT, f"新人{number}", {"city": "杭州"})
        for number in range(count)
    ]
    with records.transaction():
        return customer_services.ensure_people(people, source="tests", trace_id="b" * 32)


def walked(viewer: Viewer, query: ListQuery, limit: int) -> list[int]:
    """The ids of all pages."""
    found: list[int] = []
    cursor: str | None = None
    while True:
        page, _total = customer_lists.page_of(viewer, query, cursor, limit)
        found += [view.id for view in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return found


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
def test_every_order_shows_everybody_once(buyers: Buyers, limit: int) -> None:
    bought, waiting = buyers(5), newcomers(3)
    newest = sorted([*bought, *waiting], reverse=True)
    assert walked(SYSTEM, ListQuery(), limit) == newest
    for sort in ("net_sales", "orders"):
        assert walked(SYSTEM, ListQuery(sort=sort), limit) == [*bought[::-1], *waiting[::-1]]
        assert walked(SYSTEM, ListQuery(sort=sort, ascending=True), limit) == [*bought, *waiting[::-1]]
    assert sorted(walked(SYSTEM, ListQuery(sort="last_order"), limit)) == sorted(newest)
    assert walked(SYSTEM, ListQuery(text="新人", sort="orders"), limit) == waiting[::-1]


FILTERS = [
    ((Filter("city", Op.IS, ("杭州",)),), [5, 6, 7]),
    ((Filter("city", Op.CONTAINS, ("海",)),), [0, 1, 2, 3, 4]),
    ((Filter("orders", Op.AT_LEAST, (3,)),), [2, 3, 4]),
    ((Filter("orders", Op.EQUAL, (0,)),), [5, 6, 7]),
    ((Filter("orders", Op.BETWEEN, (2, 3)),), [1, 2]),
    ((Filter("net_sales", Op.AT_MOST, (900,)),), [0, 5, 6, 7]),
    ((Filter("net_sales", Op.BETWEEN, (900, 4_000)),), [0, 1]),
    ((Filter("last_order", Op.NEVER),), [5, 6, 7]),
    ((Filter("last_order", Op.AGES, (9, 11)),), [0, 1, 2, 3, 4]),
    ((Filter("last_order", Op.AGES, (0, 9)),), []),
    ((Filter("first_order", Op.OLDER, (60,)),), [2, 3, 4]),
    ((Filter("first_seen", Op.WITHIN, (11,)),), [0, 1, 2, 3, 4, 5, 6, 7]),
    ((Filter("city", Op.STARTS, ("上",)), Filter("orders", Op.AT_MOST, (2,))), [0, 1]),
]


def test_filters_hold_for_whom_they_say(buyers: Buyers, shipped: Callable[[], None]) -> None:
    people = [*buyers(5), *newcomers(3)]
    shipped()
    with clock.frozen(MOMENT + timedelta(days=10)):
        for chosen, places in FILTERS:
            query = ListQuery(filters=chosen)
            wanted = [people[place] for place in places]
            assert sorted(customer_lists.ids_of(SYSTEM, query)) == wanted, chosen
            assert sorted(walked(SYSTEM, query, 2)) == wanted, chosen
            assert sorted(walked(SYSTEM, ListQuery(filters=chosen, sort="net_sales"), 2)) == wanted, chosen
            # What the list shows is what the builder would count.
            assert audiences.count(SYSTEM, customer_lists.rule_of(query)).count == len(wanted)


def test_search_and_filters_go_together(buyers: Buyers, shipped: Callable[[], None]) -> None:
    people = buyers(5)
    shipped()
    query = ListQuery(text="林晓", filters=(Filter("orders", Op.AT_LEAST, (3,)),))
    assert walked(SYSTEM, query, 2) == people[:1:-1]
    assert sorted(customer_lists.ids_of(SYSTEM, query)) == people[2:]
    assert walked(SYSTEM, ListQuery(text="林晓1", filters=query.filters), 2) == []


@dataclass(frozen=True)
class Homes:
    """Five buyers: the second and third of the eastern store, the fourth of the region, the fifth of the west."""

    chain: Chain
    people: list[int]

    @property
    def east(self) -> list[int]:
        return self.people[1:4]


@pytest.fixture
def homes(owner: Staff, buyers: Buyers, shipped: Callable[[], None]) -> Homes:
    chain, people = Chain.make(), buyers(5)
    nodes = (chain.east_store, chain.east_store, chain.east, chain.west_store)
    places = dict(zip(people[1:], map(PlaceIn, nodes), strict=True))
    customer_services.place_customers(viewer=SYSTEM, places=places)
    shipped()
    return Homes(chain, people)


def of_place(name: str, *more: Filter, **other: Any) -> ListQuery:
    return ListQuery(filters=(Filter("home", Op.IS, (name,)), *more), **other)


@pytest.mark.parametrize("limit", [1, 2, 50])
def test_a_place_goes_together_with_search_order_and_other_filters(homes: Homes, limit: int) -> None:
    east, orders = homes.east, Filter("orders", Op.AT_LEAST, (3,))
    assert walked(SYSTEM, of_place("华东"), limit) == east[::-1]
    assert walked(SYSTEM, of_place("E1"), limit) == east[1::-1]
    assert walked(SYSTEM, of_place("华东", sort="orders", ascending=True), limit) == east
    assert walked(SYSTEM, of_place("华东", text="林晓"), limit) == east[::-1]
    assert walked(SYSTEM, of_place("华东", text="林晓", sort="orders"), limit) == east[::-1]
    assert walked(SYSTEM, of_place("武侯店", text="林晓1"), limit) == []
    assert walked(SYSTEM, of_place("徐汇店", orders), limit) == [east[1]]
    texts = of_place("华东", text="林晓"), of_place("华东", orders, text="林晓2")
    for query in (of_place("华东"), of_place("华东", orders), of_place("E1", sort="orders"), *texts):
        assert sorted(customer_lists.ids_of(SYSTEM, query)) == sorted(walked(SYSTEM, query, limit)), query
    assert walked(SYSTEM, of_place(org.root().name), limit) == homes.people[:0:-1], "without who belongs nowhere"


def test_a_place_s_total_is_counted(homes: Homes) -> None:
    for query, total in (
        (of_place("华东"), 3),
        (of_place("华东", sort="orders"), 3),
        (of_place("华东", Filter("orders", Op.AT_LEAST, (3,))), 2),
        (of_place("华东", text="林晓", sort="orders"), 3),
        (of_place("华东", text="林晓"), None),
        (ListQuery(), None),
    ):
        assert customer_lists.page_of(SYSTEM, query, None, 2)[1] == total, query


def test_places_of_one_name_are_asked_for_together(homes: Homes) -> None:
    twin = org_services.create_node(
        viewer=SYSTEM, parent_id=homes.chain.west, kind=NodeKind.STORE, code="W2", name="徐汇店"
    )
    customer_services.place_customers(viewer=SYSTEM, places={homes.people[0]: PlaceIn(twin)})
    assert walked(SYSTEM, of_place("徐汇店"), 50) == homes.people[2::-1]


def test_a_place_never_widens_the_scope(homes: Homes) -> None:
    manager, guide = person("store_manager", homes.chain.east_store), person("guide", homes.chain.east_store)
    for place in ("华东", "武侯店", "华", "", org.root().name):
        assert walked(manager, of_place(place), 50) == []
        assert list(customer_lists.ids_of(manager, of_place(place))) == []
    assert walked(manager, of_place("徐汇店"), 50) == homes.east[1::-1]
    assert walked(guide, of_place("徐汇店"), 50) == []
    assert [name for name, _code in customer_lists.place_names(manager)] == ["徐汇店"]
    assert customer_lists.place_names(guide) == []


@pytest.mark.parametrize(
    ("language", "chip", "problem"),
    [
        ("en", "Store: 徐汇店", "No place that you may see has the name or code “武侯店”."),
        ("zh-hans", "门店：徐汇店", "您可查看的范围内没有名称或编码为“武侯店”的节点。"),
    ],
)
def test_the_page_offers_places_and_says_which_it_does_not_know(
    homes: Homes, language: str, chip: str, problem: str
) -> None:
    page, headers = Client(), PART | {"Accept-Language": language}
    page.force_login(Staff.objects.get(pk=person("store_manager", homes.chain.east).staff_id))
    offered = page.get(reverse("customers"), headers=headers).content.decode()
    assert '<option value="徐汇店">E1</option>' in offered
    assert "武侯店" not in offered
    shown = page.get(reverse("customers"), {"f": "home:is:徐汇店"}, headers=headers)
    html = shown.content.decode()
    assert chip in html
    assert "林晓1" in html
    assert "林晓3" not in html
    assert shown.context["to_audience_url"] == ""
    for asked in ({"f": "home:is:武侯店"}, {"add": "home", "op": "is", "value": "武侯店"}):
        html = page.get(reverse("customers"), asked, headers=headers).content.decode()
        assert problem in html
        assert "林晓4" not in html


def test_a_place_is_kept_in_a_saved_filter_and_in_the_file(browser: Client, homes: Homes) -> None:
    saved = {"name": "East", "f": "home:is:华东", "column": ["name"]}
    opened = browser.post(reverse("ui-list-save", args=["customers"]), saved)["Location"]
    html = browser.get(opened, headers=PART).content.decode()
    assert "1–3 of 3" in html
    assert "林晓4" not in html
    counts = browser.get(reverse("ui-list-counts", args=["customers"])).context["counts"]
    assert [count for _id, count in counts] == ["5", "3"]
    asked = EXPORT | {"column": ["name", "home"], "f": "home:is:华东"}
    answer = browser.post(reverse("ui-list-export", args=["customers"]), asked, headers=ENGLISH)
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows == [["Customer", "Store"], ["林晓1", "徐汇店"], ["林晓2", "徐汇店"], ["林晓3", "华东"]]
    asked["f"] = "home:is:华南"
    assert browser.post(reverse("ui-list-export", args=["customers"]), asked, headers=ENGLISH).status_code == 422


@pytest.mark.parametrize("sort", ["", "orders"])
def test_a_place_costs_the_same_among_a_few_and_among_many(owner: Any, buyers: Buyers, sort: str) -> None:
    chain = Chain.make()
    customer_services.place_customers(viewer=SYSTEM, places=dict.fromkeys(buyers(3), PlaceIn(chain.east_store)))

    def shown() -> None:
        customer_lists.page_of(SYSTEM, of_place("徐汇店", sort=sort), None, 2)

    newcomers(30)
    few = effort(shown)
    newcomers(400)
    assert effort(shown) < few * 1.5


@pytest.mark.parametrize("asked", ["home:is:华东", "home:is:徐汇店"])
def test_a_place_asks_as_often_for_one_row_as_for_three(browser: Client, buyers: Buyers, asked: str) -> None:
    chain = Chain.make()

    def cost(people: list[int]) -> int:
        customer_services.place_customers(viewer=SYSTEM, places=dict.fromkeys(people, PlaceIn(chain.east_store)))
        with CaptureQueriesContext(connection) as captured:
            shown = browser.get(reverse("customers"), {"f": asked}, headers=PART)
        assert len(shown.context["listing"].rows) == len(people)
        return len(captured)

    people = buyers(3)
    browser.get(reverse("customers"))
    assert cost(people[:1]) == cost(people)


def test_filters_become_an_audience(browser: Client, buyers: Buyers, shipped: Callable[[], None]) -> None:
    buyers(3)
    shipped()
    html = browser.get(reverse("customers"), {"f": "orders:ge:2"}, headers=PART)
    rule = {"all": [{"leaf": "order_count", "op": ">=", "value": 2}]}
    builder = browser.get(html.context["to_audience_url"])
    assert json.loads(builder.context["document"]) == rule
    assert builder.context["total"] == 2
    assert browser.get(reverse("audience-new"), {"rule": "[1"}).context["document"] == '{"all": []}'


def test_the_page_counts_what_filters_leave(browser: Client, buyers: Buyers, shipped: Callable[[], None]) -> None:
    buyers(3)
    shipped()
    html = browser.get(reverse("customers"), {"f": "orders:ge:2", "sort": "orders"}, headers=PART).content.decode()
    assert "1–2 of 2" in html
    assert html.index("林晓2") < html.index("林晓1")
    assert "1–3 of 3" in browser.get(reverse("customers"), headers=PART).content.decode()


def test_without_a_warehouse_a_filter_says_so_and_the_list_stands(
    browser: Client, buyers: Buyers, monkeypatch: pytest.MonkeyPatch
) -> None:
    buyers(1)
    monkeypatch.setattr(load(), "warehouse_url", "http://127.0.0.1:9/nowhere")
    html = browser.get(reverse("customers"), {"f": "city:is:北京"}, headers=PART)
    assert html.status_code == 200
    assert "This list cannot be shown" in html.content.decode()
    assert "林晓0" not in html.content.decode()
    assert "林晓0" in browser.get(reverse("customers"), headers=PART).content.decode()


@pytest.fixture
def store(db: None) -> int:
    """A store to place customers at."""
    return Chain.make().east_store


def test_customers_are_placed_after_a_preview(browser: Client, buyers: Buyers, store: int) -> None:
    first, second, third = buyers(3)
    customer_services.place_customers(viewer=SYSTEM, places={first: PlaceIn(store)})
    customer_services.place_customers(viewer=SYSTEM, places={second: PlaceIn(org.root().id)})
    rows = {"row": [first, second, third, 999_999]}
    preview = reverse("ui-bulk-preview", args=["customers", "place"])
    selection = browser.post(preview, rows).context["selection"]
    chosen = {"selection": selection, "filled": "1", "place": store, "path": reverse("customers")}
    effect = browser.post(preview, chosen).context["effect"]
    assert effect.count == 2
    assert [part.count for part in effect.parts] == [1, 1, 1, 1]
    browser.post(reverse("ui-bulk-apply", args=["customers", "place"]), chosen)
    assert {place.node_id for place in customers.places(SYSTEM, [first, second, third]).values()} == {store}
    assert browser.post(preview, chosen).context["effect"].count == 0
    refused = browser.post(preview, chosen | {"place": 999}).context
    assert refused["effect"] is None


def test_a_manager_moves_only_whom_they_may(owner: Any, buyers: Buyers) -> None:
    chain = Chain.make()
    manager, stranger = person("store_manager", chain.east), person("guide", chain.west_store)
    mine, looked_after, elsewhere = buyers(3)
    places = {
        mine: PlaceIn(chain.east_store),
        looked_after: PlaceIn(chain.east_store, stranger.staff_id),
        elsewhere: PlaceIn(chain.west_store),
    }
    customer_services.place_customers(viewer=SYSTEM, places=places)
    action = customer_lists.CUSTOMERS.action("place")
    assert action is not None
    values = {"place": str(chain.east)}
    effect = action.preview(manager, list(places), values)
    assert (effect.count, effect.parts[3].count) == (1, 2)
    assert action.apply(manager, list(places), values) == 1
    after = customers.places(SYSTEM, list(places))
    assert after == places | {mine: PlaceIn(chain.east)}
    form = action.form(manager, None) if action.form else None
    assert form is not None
    assert str(chain.west_store) not in dict(form.fields["place"].choices)


def test_the_file_has_the_chosen_columns_and_masked_phones(browser: Client, buyers: Buyers, shipped: Any) -> None:
    buyers(3)
    shipped()
    asked = {"format": "csv", "column": ["name", "phone", "net_sales", "last_order"], "f": "orders:ge:2"}
    answer = browser.post(reverse("ui-list-export", args=["customers"]), asked, headers={"Accept-Language": "en"})
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows == [
        ["Customer", "Phone", "Net sales", "Last order"],
        ["林晓1", "138****0001", "39.00", "2026-05-01"],
        ["林晓2", "138****0002", "89.00", "2026-05-01"],
    ]


EXPORT = {"format": "csv", "column": ["name", "orders"]}
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def threshold(owner: Any) -> Viewer:
    """Exports of three people and more need somebody else to agree."""
    boss = org.viewer_of(owner, via="session", origin="10.0.0.7")
    services.set_rule(viewer=boss, kind=EXPORT_APPROVAL, people_from=3, cost_fen_from=None, version=0)
    return boss


def operator_browser() -> tuple[Client, Viewer]:
    viewer = person("operator", org.root().id)
    page = Client()
    page.force_login(Staff.objects.get(pk=viewer.staff_id))
    return page, viewer


def asked_for(page: Client, reason: str = "For the mailing") -> int:
    """Asks for the export as the page does, and returns the request."""
    form = page.post(reverse("ui-list-export", args=["customers"]), EXPORT, headers=ENGLISH)
    posted = EXPORT | {"selection": form.context["selection"], "reason": reason}
    answer = page.post(reverse("ui-export-ask", args=["customers"]), posted, headers=ENGLISH)
    return int(answer["Location"].rstrip("/").rpartition("/")[2])


def test_a_large_export_runs_once_and_only_after_somebody_else_agreed(
    threshold: Viewer, shipped: Callable[[], None], tmp_path: Path, settings: Any
) -> None:
    settings.SIYU = settings.SIYU.model_copy(update={"home": tmp_path})
    newcomers(4)
    shipped()
    page, viewer = operator_browser()
    form = page.post(reverse("ui-list-export", args=["customers"]), EXPORT, headers=ENGLISH)
    assert "An export of 4 rows needs somebody else to agree." in form.content.decode()
    assert not log.jobs(kind="ui.export")
    approval_id = asked_for(page)
    seen = approvals.approval(threshold, approval_id)
    assert (seen.title, seen.people_count, seen.may_decide) == ("Export: Customers", 4, True)
    newcomers(6)
    shipped()
    services.decide(viewer=threshold, approval_id=approval_id, approve=True)
    assert not log.jobs(kind="ui.export")
    services.perform_approved()
    services.perform_approved()
    (job,) = log.jobs(kind="ui.export")
    assert job.created_by == viewer.staff_id
    assert jobs.run_next()
    file = page.get(reverse("ui-export-file", args=[job.id]))
    lines = b"".join(file.streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) == 5, "those that were asked for, and none that came later"
    kinds = [notice.kind for notice in notices.notices(viewer).items]
    assert {"approval.settled", "job.done"} <= set(kinds)
    entry = Entry.objects.get(action="list.exported")
    assert (entry.staff_id, entry.via, entry.object_id) == (viewer.staff_id, "approval", "customers")
    assert json.loads(entry.after_json)["count"] == 4


def test_a_declined_export_never_runs(threshold: Viewer, shipped: Callable[[], None]) -> None:
    newcomers(3)
    shipped()
    page, _viewer = operator_browser()
    services.decide(viewer=threshold, approval_id=asked_for(page), approve=False)
    services.perform_approved()
    assert not log.jobs(kind="ui.export")


def test_a_right_that_was_taken_meanwhile_ends_the_request(threshold: Viewer, shipped: Callable[[], None]) -> None:
    newcomers(3)
    shipped()
    page, viewer = operator_browser()
    approval_id = asked_for(page)
    services.decide(viewer=threshold, approval_id=approval_id, approve=True)
    org_services.set_memberships(viewer=threshold, staff_id=viewer.staff_id or 0, memberships=[])
    services.perform_approved()
    assert approvals.approval(threshold, approval_id).state.value == "failed"
    assert not log.jobs(kind="ui.export")


def test_a_request_needs_a_reason_and_rows_of_one_s_own(threshold: Viewer, shipped: Callable[[], None]) -> None:
    newcomers(3)
    shipped()
    page, _viewer = operator_browser()
    form = page.post(reverse("ui-list-export", args=["customers"]), EXPORT, headers=ENGLISH)
    posted = EXPORT | {"selection": form.context["selection"], "reason": " "}
    address = reverse("ui-export-ask", args=["customers"])
    refused = page.post(address, posted, headers=ENGLISH)
    assert refused.status_code == 422
    assert "Give a reason" in refused.content.decode()
    other = Client()
    other.force_login(Staff.objects.get(email="alice@example.com"))
    assert other.post(address, posted | {"reason": "Mine"}).status_code == 404


def test_a_small_export_needs_nobody_and_is_written_down(threshold: Viewer, shipped: Callable[[], None]) -> None:
    newcomers(2)
    shipped()
    page, viewer = operator_browser()
    answer = page.post(reverse("ui-list-export", args=["customers"]), EXPORT)
    assert "attachment" in answer["Content-Disposition"]
    entry = Entry.objects.get(action="list.exported")
    assert (entry.staff_id, entry.via, json.loads(entry.after_json)["count"]) == (viewer.staff_id, "session", 2)


def test_a_cost_is_no_threshold_of_an_export(threshold: Viewer) -> None:
    with pytest.raises(InvalidInput):
        services.set_rule(viewer=threshold, kind=EXPORT_APPROVAL, people_from=None, cost_fen_from=1, version=1)

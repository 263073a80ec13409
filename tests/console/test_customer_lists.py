"""The list of customers: filters mean what the builder means, every order is complete, bulk changes obey scope."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from tests.console.conftest import MOMENT
from tests.support.organisation import Chain, person

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
from siyu.org.contracts import SYSTEM, Viewer
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

"""One data scope everywhere: lists, profiles, orders, search, audiences, RFM, overview and API show the same people."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from tests.support.organisation import Chain, person

from siyu.api import limits
from siyu.audiences import evaluation
from siyu.audiences import queries as audiences
from siyu.audiences import services as audience_services
from siyu.commerce import queries as commerce
from siyu.commerce.models import Order
from siyu.customers import queries as customers
from siyu.customers import services
from siyu.customers.contracts import PlaceIn
from siyu.customers.models import Placement, Root
from siyu.eventlog import records
from siyu.eventlog.models import Event
from siyu.insights import queries as insights
from siyu.insights.contracts import Period
from siyu.kernel.clock import local_day
from siyu.kernel.errors import NotFound
from siyu.org import services as org
from siyu.org.contracts import SYSTEM, Viewer
from siyu.org.models import Staff

pytestmark = pytest.mark.django_db(transaction=True)
ANY_ORDER = {"all": [{"leaf": "order_count", "op": ">=", "value": 1}]}


@dataclass(frozen=True)
class World:
    """Four buyers: two of the eastern store (the first in a guide's care), one of the western, one of nobody."""

    chain: Chain
    people: list[int]
    manager: Viewer
    guide: Viewer

    @property
    def east(self) -> set[int]:
        return set(self.people[:2])


@pytest.fixture
def world(owner: Staff, buyers: Callable[[int], list[int]], shipped: Callable[[], None]) -> World:
    chain = Chain.make()
    manager, guide = person("store_manager", chain.east), person("guide", chain.east_store)
    people = buyers(4)
    services.place_customers(
        viewer=SYSTEM,
        places={
            people[0]: PlaceIn(chain.east_store, guide.staff_id),
            people[1]: PlaceIn(chain.east_store),
            people[2]: PlaceIn(chain.west_store),
        },
    )
    shipped()
    return World(chain, people, manager, guide)


def test_records_and_warehouse_show_the_same_customers(world: World) -> None:
    for viewer, expected in (
        (world.manager, world.east),
        (world.guide, {world.people[0]}),
        (SYSTEM, set(world.people)),
        (SYSTEM.narrowed(world.chain.path(world.chain.west)), {world.people[2]}),
        (world.manager.narrowed(world.chain.path(world.chain.west)), set()),
    ):
        assert {view.id for view in customers.search(viewer).items} == expected
        assert customers.count(viewer) == len(expected)
        assert set(commerce.ranked_customers(viewer, sort="net_sales").items) == expected
        assert set(commerce.totals_of(viewer, world.people)) == expected
        assert set(customers.member_numbers(viewer, world.people)) == expected
        assert customers.having_phone(viewer, world.people) == expected
        assert set(customers.phones(viewer, world.people)) == expected
        counted = audiences.count(viewer, ANY_ORDER)
        assert (counted.count, counted.universe_count) == (len(expected), len(expected))
        assert set(audiences.customer_ids(viewer, ANY_ORDER)) == expected


def test_the_model_counts_the_scope_and_scores_among_all(world: World) -> None:
    whole, part = audiences.rfm(SYSTEM, _today()), audiences.rfm(world.manager, _today())
    assert (whole.customer_count, part.customer_count) == (4, 2)
    assert sum(cell.customer_count for cell in part.cells) == 2
    assert whole.cut_points == part.cut_points
    scores = {row.customer_id: row.r_score for row in audiences.rfm_rows(SYSTEM, whole.params)}
    mine = {row.customer_id: row.r_score for row in audiences.rfm_rows(world.manager, part.params)}
    assert mine == {pk: scores[pk] for pk in world.east}


def _today() -> date:
    return local_day(max(order.at for order in Order.objects.all()), settings.SIYU.tz)


def test_the_overview_adds_the_scope_up(world: World) -> None:
    period = Period.ending(_today(), 365)
    mine = insights.overview(world.manager, period).figures
    totals = commerce.totals_of(SYSTEM, sorted(world.east))
    assert mine.order_count == sum(total.order_count for total in totals.values())
    assert mine.net_sales_fen == sum(total.net_sales_fen for total in totals.values())
    assert insights.overview(SYSTEM, period).figures.order_count > mine.order_count


def test_saved_audiences_are_counted_within_the_scope(world: World) -> None:
    audience_id = audience_services.create_audience(viewer=SYSTEM, name="Buyers", rule=ANY_ORDER)
    evaluation.rebuild(audience_id)
    assert audiences.audience(SYSTEM, audience_id).member_count == 4
    assert audiences.audience(world.manager, audience_id).member_count == 2
    assert set(audiences.member_page(world.manager, audience_id).items) == world.east


def test_what_lies_outside_does_not_exist(world: World) -> None:
    browser = _signed_in(world.manager)
    inside, outside = world.people[0], world.people[2]
    assert browser.get(reverse("customer", args=[inside])).status_code == 200
    assert browser.get(reverse("customer", args=[outside])).status_code == 404
    theirs = {order.fragment_id: order.pk for order in Order.objects.all()}
    assert browser.get(reverse("order", args=[theirs[inside]])).status_code == 200
    assert browser.get(reverse("order", args=[theirs[outside]])).status_code == 404
    shown = browser.get(reverse("customers"), {"q": "0002"}).content.decode()
    assert reverse("customer", args=[outside]) not in shown


def test_the_api_obeys_the_same_scope(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "window", limits.Window())
    token = org.create_token(staff_id=world.manager.staff_id or 0, label="t")
    caller = Client(headers={"authorization": f"Bearer {token}"})
    found = caller.get("/api/v1/customers").json()["items"]
    assert {row["id"] for row in found} == world.east
    for path in (f"customers/{world.people[2]}", f"customers/{world.people[2]}/timeline",
                 f"customers/{world.people[3]}/orders"):  # fmt: skip
        assert caller.get(f"/api/v1/{path}").status_code == 404
    body = json.dumps({"rule": ANY_ORDER})
    counted = caller.post("/api/v1/audiences/count", body, content_type="application/json").json()
    assert counted["count"] == 2


def _signed_in(viewer: Viewer) -> Client:
    client = Client()
    client.force_login(Staff.objects.get(pk=viewer.staff_id), backend="django.contrib.auth.backends.ModelBackend")
    return client


# --- placing ---------------------------------------------------------------------------------------------------------


def test_a_moved_customer_changes_hands_at_once_and_the_log_says_so(world: World) -> None:
    moved = services.place_customers(viewer=SYSTEM, places={world.people[0]: PlaceIn(world.chain.west_store)})
    assert (moved, Placement.objects.get(pk=world.people[0]).version) == (1, 2)
    with pytest.raises(NotFound):
        customers.customer(world.manager, world.people[0])
    bodies = Event.objects.filter(name="customers.placed", fragment_id=world.people[0]).values_list("body", flat=True)
    assert [json.loads(body)["node_id"] for body in bodies] == [world.chain.east_store, world.chain.west_store]
    assert services.place_customers(viewer=SYSTEM, places={world.people[0]: PlaceIn(world.chain.west_store)}) == 0


def test_nobody_places_customers_that_they_do_not_see(world: World) -> None:
    places = dict.fromkeys(world.people, PlaceIn(world.chain.east_store))
    assert services.place_customers(viewer=world.manager, places=places) == 1  # the guide's loses the guide
    assert Placement.objects.get(pk=world.people[2]).node_id == world.chain.west_store


def test_a_merged_record_goes_by_its_root(world: World) -> None:
    inside, outside = world.people[1], world.people[2]
    with records.transaction():
        Root.objects.create(fragment_id=outside, root_id=inside)
    assert customers.customer(world.manager, outside).id == inside
    assert commerce.orders_of(world.manager, [outside])
    assert {view.id for view in customers.search(world.manager).items} == world.east

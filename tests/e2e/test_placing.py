"""Placing customers at a store from their list: the preview says what will be, exactly the chosen ones move."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import Installation

pytestmark = pytest.mark.e2e
Open = Callable[..., Page]
# By customer: the store and who looks after them.
Places = dict[str, list[int | None]]
STORE, STORE_CODE = "Placing shop", "placing-shop"
CHOSEN = 3
MADE = "import json; from siyu.org import queries, services; from siyu.org.contracts import SYSTEM, NodeKind\n"
PLACES = """
import json
from siyu.customers import queries
from siyu.customers.models import Profile
from siyu.org.contracts import SYSTEM
found = queries.places(SYSTEM, list(Profile.objects.values_list("pk", flat=True)))
print(json.dumps({str(pk): [place.node_id, place.staff_id] for pk, place in found.items()}))
"""


@pytest.fixture
def store(installation: Installation) -> Iterator[int]:
    """A store of its own, removed again."""
    made = (
        f"{MADE}made = services.create_node(viewer=SYSTEM, parent_id=queries.root().id, kind=NodeKind.STORE, "
        f"name={STORE!r}, code={STORE_CODE!r}, city='')\nprint(json.dumps(made))"
    )
    node_id: int = installation.python(made)
    yield node_id
    installation.python(f"{MADE}services.delete_node(viewer=SYSTEM, node_id={node_id})\nprint(json.dumps(None))")


def _preview(page: Page, customers: Collection[str], code: str, node_id: int) -> list[str]:
    """Ticks these rows of the store with that code and chooses another one; what the preview says of them."""
    page.goto(f"/customers/?f=home:is:{code}")
    for customer in customers:
        page.check(f"input[name=row][value='{customer}']")
    expect(page.locator("[data-listing-target=count]")).to_have_text(str(len(customers)))
    page.get_by_role("button", name="Belongs to a store").click()
    with page.expect_response("**/bulk/**"):
        page.select_option(".s-effect select[name=place]", str(node_id))
    expect(page.locator(".s-effect li")).to_have_count(4)
    return page.locator(".s-effect li").all_inner_texts()


def _confirm(page: Page) -> None:
    page.get_by_role("button", name=f"Confirm, for {CHOSEN} customers", exact=True).click()
    expect(page.get_by_text(f"Belongs to a store: {CHOSEN} changed")).to_be_visible()


def _chosen(page: Page, before: Places, code: str, home: int) -> list[str]:
    """Some customers of the store with that code, as the list filtered by it shows them, not the first."""
    page.goto(f"/customers/?f=home:is:{code}")
    shown = [box.input_value() for box in page.locator("input[name=row]").all()]
    assert {before[customer][0] for customer in shown} == {home}
    return shown[-CHOSEN:]


def test_exactly_the_chosen_customers_move_and_go_back(
    open_page: Open, installation: Installation, store: int
) -> None:
    page = open_page(language="en")
    before: Places = installation.python(PLACES)
    ((home, _),) = Counter(place for place, _ in before.values() if place is not None).most_common(1)
    code: str = installation.python(f"{MADE}print(json.dumps(queries.node(SYSTEM, {home}).code))")
    chosen = _chosen(page, before, code, home)
    assert len(chosen) == CHOSEN
    assert _preview(page, chosen, code, store) == [
        "0 get their first store", f"{CHOSEN} move from another store", "0 are there already",
        "0 are outside your scope",
    ]  # fmt: skip
    assert installation.python(PLACES) == before, "a preview moves nobody"
    _confirm(page)
    assert installation.python(PLACES) == before | {pk: [store, before[pk][1]] for pk in chosen}
    _preview(page, chosen, STORE_CODE, home)
    _confirm(page)
    assert installation.python(PLACES) == before

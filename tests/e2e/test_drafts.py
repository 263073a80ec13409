"""What is typed into a form survives a closed page, a lost connection and an ended session; two editors see both."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import Installation, sign_in, until

pytestmark = pytest.mark.e2e
Open = Callable[..., Page]
DRAFTS = "Object.keys(localStorage).filter((key) => key.startsWith('siyu:draft:'))"
MADE = "from siyu.org import queries, services; from siyu.org.contracts import SYSTEM, NodeKind; import json\n"


@pytest.fixture
def place(installation: Installation) -> Iterator[int]:
    """A place of its own, removed again."""
    made = (
        f"{MADE}made = services.create_node(viewer=SYSTEM, parent_id=queries.root().id, kind=NodeKind.STORE, "
        "name='Draft shop', code='draft-shop', city='')\nprint(json.dumps(made))"
    )
    node_id: int = installation.python(made)
    yield node_id
    installation.python(f"{MADE}services.delete_node(viewer=SYSTEM, node_id={node_id})\nprint(json.dumps(None))")


def _typed(page: Page, place: int, city: str) -> None:
    """Types into the place's form, until it is kept."""
    page.goto(f"/organisation/{place}/edit/")
    page.fill("[name=city]", city)
    until(page, f"{DRAFTS}.some((key) => localStorage[key].includes({city!r}))")


def _offer(page: Page) -> str:
    offer = page.locator("[data-draft-part=offer]")
    expect(offer).to_be_visible()
    return offer.inner_text()


def test_what_was_typed_is_offered_restored_and_forgotten_once_saved(open_page: Open, place: int) -> None:
    page = open_page(language="en")
    _typed(page, place, "Suzhou")
    page.goto("/")
    page.goto(f"/organisation/{place}/edit/")
    assert re.search(r"typed here at \d\d:\d\d was not saved", _offer(page))
    assert page.input_value("[name=city]") == ""
    page.get_by_role("button", name="Restore it").click()
    assert page.input_value("[name=city]") == "Suzhou"
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url(f"**/organisation/{place}/")
    until(page, f"{DRAFTS}.length === 0")
    page.goto(f"/organisation/{place}/edit/")
    assert page.input_value("[name=city]") == "Suzhou"
    expect(page.locator("[data-draft-part=offer]")).to_be_hidden()


def test_a_draft_is_discarded_runs_out_and_goes_with_its_writer(open_page: Open, place: int) -> None:
    page = open_page(language="en")
    _typed(page, place, "Wuxi")
    page.reload()
    _offer(page)
    page.get_by_role("button", name="Discard").click()
    assert page.evaluate(DRAFTS) == []
    _typed(page, place, "Ningbo")
    page.evaluate(f"""{DRAFTS}.forEach((key) => {{
      const draft = JSON.parse(localStorage[key]);
      localStorage[key] = JSON.stringify({{ ...draft, at: Date.now() - 8 * 86400000 }});
    }})""")
    page.reload()
    assert page.evaluate(DRAFTS) == []
    _typed(page, place, "Taizhou")
    page.locator(".s-person").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in/**")
    assert page.evaluate(DRAFTS) == []


def test_without_a_connection_nothing_is_lost(open_page: Open, place: int, complaints: list[str]) -> None:
    page = open_page(language="en")
    _typed(page, place, "Kunshan")
    page.context.set_offline(True)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("[data-draft-part=lost]")).to_contain_text("Nothing was sent")
    assert page.input_value("[name=city]") == "Kunshan"
    page.context.set_offline(False)
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url(f"**/organisation/{place}/")
    assert page.evaluate(DRAFTS) == []
    assert [text for text in complaints if "ERR_INTERNET_DISCONNECTED" not in text] == []
    complaints.clear()


def test_an_ended_session_leads_back_to_what_was_typed(
    open_page: Open, installation: Installation, place: int
) -> None:
    page = open_page(language="en")
    page.goto("/audiences/new/")
    page.fill("#rule [name=name]", "Kept audience")
    with page.expect_response("**/audiences/edit/"):
        page.select_option("#rule .s-rule-add", "order_count")
    page.wait_for_selector(".s-leaf, [name^='field:all.0']")
    until(page, f"{DRAFTS}.some((key) => localStorage[key].includes('order_count'))")
    page.context.clear_cookies(name=re.compile("siyu_session"))
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/sign-in/**")
    sign_in(page, installation)
    page.wait_for_url("**/audiences/new/")
    _offer(page)
    with page.expect_response("**/audiences/edit/"):
        page.get_by_role("button", name="Restore it").click()
    expect(page.locator("[name^='field:all.0']").first).to_be_visible()
    assert page.input_value("#rule [name=name]") == "Kept audience"
    assert "order_count" in page.input_value("[name=document]")
    page.evaluate("localStorage.clear()")


def test_secrets_are_never_kept(open_page: Open, place: int) -> None:
    page = open_page(language="en")
    page.goto(f"/organisation/{place}/edit/")
    page.evaluate("""() => {
      const form = document.querySelector("#place");
      for (const type of ["password", "file", "hidden"]) {
        form.append(Object.assign(document.createElement("input"), { type, name: `secret_${type}` }));
      }
      const code = { name: "secret_code", autocomplete: "one-time-code" };
      form.append(Object.assign(document.createElement("input"), code));
    }""")
    page.fill("[name=secret_password]", "hush")
    page.fill("[name=secret_code]", "123456")
    page.fill("[name=city]", "Jiaxing")
    until(page, f"{DRAFTS}.some((key) => localStorage[key].includes('Jiaxing'))")
    (kept,) = page.evaluate(f"{DRAFTS}.map((key) => localStorage[key])")
    assert "secret" not in kept
    assert "csrf" not in kept
    page.evaluate("localStorage.clear()")


def test_two_editors_see_both_and_choose(open_page: Open, place: int, complaints: list[str]) -> None:
    first, second = open_page(language="en"), open_page(language="en")
    for page, city in ((first, "Hangzhou"), (second, "Shaoxing")):
        page.goto(f"/organisation/{place}/edit/")
        page.fill("[name=city]", city)
    for page in (first, second):
        page.get_by_role("button", name="Save", exact=True).click()
        page.wait_for_load_state()
    conflict = second.locator(".s-conflict")
    expect(conflict.locator("tbody tr")).to_have_count(1)
    assert conflict.locator("tbody td").all_inner_texts() == ["Shaoxing", "Hangzhou"]
    conflict.get_by_role("button", name="Keep mine").click()
    second.wait_for_url(f"**/organisation/{place}/")
    second.goto(f"/organisation/{place}/edit/")
    assert second.input_value("[name=city]") == "Shaoxing"
    assert [text for text in complaints if "409 (Conflict)" not in text] == []
    complaints.clear()


GIVEN = """import json
from datetime import timedelta
from siyu.kernel import clock
from siyu.org import queries
from siyu.org.models import Staff
from siyu.org.services.tasks import create_task
viewer = queries.viewer_of(Staff.objects.get(email={email!r}))
due_at = clock.now() + timedelta(days=1)
print(json.dumps(create_task(viewer=viewer, kind="follow_up", title="Handed on twice", due_at=due_at)))
"""


def _hand_on(page: Page, task_id: int, place: int) -> str:
    """Opens the drawer and chooses one of the people; who that is."""
    page.goto(f"/work/{task_id}/")
    page.click("[data-opens=hand-on]")
    box = page.locator("#hand-on-form input[name=people]").nth(place)
    box.check()
    return box.input_value()


def test_a_task_that_two_hand_on_keeps_what_the_later_one_chose(
    open_page: Open, installation: Installation, complaints: list[str]
) -> None:
    task_id = installation.python(GIVEN.format(email=installation.email))
    first, second = open_page(language="en"), open_page(language="en")
    chosen = _hand_on(second, task_id, 2)
    until(second, f"{DRAFTS}.some((key) => key.endsWith('#hand-on-form'))")
    second.reload()
    second.click("[data-opens=hand-on]")
    drawer = second.locator("#hand-on")
    expect(drawer.locator("[data-draft-part=offer]")).to_be_visible()
    drawer.get_by_role("button", name="Restore it").click()
    expect(drawer.locator("input[name=people]:checked")).to_have_value(chosen)
    _hand_on(first, task_id, 1)
    first.click("#hand-on .s-form-foot button")
    first.wait_for_url(f"**/work/{task_id}/")
    second.click("#hand-on .s-form-foot button")
    conflict = drawer.locator(".s-conflict")
    expect(conflict.locator("tbody tr")).to_have_count(1)
    conflict.get_by_role("button", name="Keep mine").click()
    second.wait_for_url(f"**/work/{task_id}/")
    asked = "from siyu.org.models import TaskAssignee; import json\nprint(json.dumps(list(map(str, "
    asked += f"TaskAssignee.objects.filter(task={task_id}).values_list('staff_id', flat=True)))))"
    assert installation.python(asked) == [chosen]
    assert second.evaluate(DRAFTS) == []
    assert [text for text in complaints if "409 (Conflict)" not in text] == []
    complaints.clear()

"""A list in Chromium: chips, columns by keys and by drag, saved filters, chosen rows with their preview."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings
from pytest_django.live_server_helper import LiveServer
from tests.ui.test_browser import DESKTOP, DRAWN_TIMEOUT_MS, PHONE, frontend, is_complaint

from siyu.org import queries as org
from siyu.org.models import Staff
from siyu.ui import registries

__all__ = ["frontend"]
pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
LIST = "#list-sample-people"


class SignedInStaff:
    """The one member of staff there is, signed in, under the project's Content-Security-Policy."""

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> Any:
        request.user = Staff.objects.get()
        response = self.get_response(request)
        response["Content-Security-Policy"] = django_settings.CONTENT_SECURITY_POLICY
        return response


@pytest.fixture
def complaints() -> list[str]:
    """What pages write to the browser's console; a test that provokes some takes them out."""
    return []


@pytest.fixture
def open_list(
    browser: Any, owner: Any, own_urls: None, empty_registries: None, settings: Any, complaints: list[str]
) -> Iterator[Callable[..., Any]]:
    """Opens the style guide at its list; at the end no page may have complained on its console."""
    registries.VIEWER.add("tests", lambda request: org.viewer_of(request.user))
    kept = [name for name in settings.MIDDLEWARE if not name.startswith("django.contrib.auth")]
    settings.MIDDLEWARE = [*kept, "tests.ui.test_list_browser.SignedInStaff"]
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    server = LiveServer("127.0.0.1")
    contexts = []

    def opened(query: str = "", size: tuple[int, int] = DESKTOP, language: str = "en") -> Any:
        context = browser.new_context(viewport={"width": size[0], "height": size[1]}, has_touch=size == PHONE)
        contexts.append(context)
        context.add_cookies([{"name": "django_language", "value": language, "url": server.url}])
        page = context.new_page()
        page.set_default_timeout(DRAWN_TIMEOUT_MS)
        page.on("console", lambda message: complaints.append(message.text) if is_complaint(message) else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{server.url}/styleguide/{query}")
        page.wait_for_function("window.siyu !== undefined && document.readyState === 'complete'")
        return page

    yield opened
    for context in contexts:
        context.close()
    server.stop()
    assert complaints == []


def heads(page: Any) -> list[str]:
    found: list[str] = page.locator(f"{LIST} thead th.s-align-start, {LIST} thead th.s-align-end").all_inner_texts()
    return [text.strip() for text in found]


def test_a_filter_is_added_changed_and_removed_in_place(open_list: Callable[..., Any]) -> None:
    page = open_list()
    page.evaluate("window.same = true")
    page.locator(f"{LIST} .s-add-filter > summary").click()
    part = page.locator(f"{LIST} .s-pop-part", has_text="Spend")
    part.locator("summary").click()
    assert part.locator("input[name=value]").nth(1).is_hidden()
    part.locator("select").select_option("between")
    part.locator("input[name=value]").nth(0).fill("3,900")
    part.locator("input[name=value]").nth(1).fill("4000")
    part.get_by_role("button", name="Apply").click()
    chip = page.locator(f"{LIST} .s-chip", has_text="Spend ¥3,900.00–¥4,000.00")
    chip.wait_for()
    assert "f=spend%3Abetween%3A3900.00%7C4000.00" in page.url
    assert page.locator(f"{LIST} .s-row-link").count() == 4
    chip.locator("summary").click()
    chip.locator("select").select_option("ge")
    chip.get_by_role("button", name="Apply").click()
    page.locator(f"{LIST} .s-chip", has_text="Spend ≥ ¥3,900.00").wait_for()
    page.locator(f"{LIST} .s-chip-remove").click()
    chip.wait_for(state="detached")
    page.locator(f"{LIST} .s-chip").wait_for(state="detached")
    assert page.evaluate("window.same")


def test_a_wrong_value_is_said_in_its_form(open_list: Callable[..., Any]) -> None:
    page = open_list()
    page.locator(f"{LIST} .s-add-filter > summary").click()
    part = page.locator(f"{LIST} .s-pop-part", has_text="Last order")
    part.locator("summary").click()
    part.locator("input[name=value]").first.fill("soon")
    part.get_by_role("button", name="Apply").click()
    page.locator(f"{LIST} .s-pop-part .s-error", has_text="whole number").wait_for(state="visible")
    assert page.locator(f"{LIST} .s-pop-part[open] input[name=value]").first.input_value() == "soon"


def test_columns_are_ordered_by_keys_and_by_drag_and_kept(open_list: Callable[..., Any]) -> None:
    page = open_list()
    assert heads(page) == ["Customer", "Phone", "Level", "Spend", "Orders"]
    page.locator(LIST).evaluate("list => window.scrollTo(0, list.offsetTop)")
    page.locator(f"{LIST} .s-columns summary").click()
    grips = page.locator(f"{LIST} .s-grip")
    grips.nth(4).focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    assert page.locator(f"{LIST} [data-columns-target=said]").inner_text() == "Orders: place 3 of 6"
    first, last = grips.nth(1).bounding_box(), grips.nth(5).bounding_box()
    page.mouse.move(first["x"] + 5, first["y"] + 5)
    page.mouse.down()
    page.mouse.move(last["x"] + 5, last["y"] + 20, steps=8)
    page.mouse.up()
    page.locator(f"{LIST} .s-column-list label", has_text="Level").click()
    page.locator(f"{LIST} .s-columns").get_by_role("button", name="Apply").click()
    page.locator(f"{LIST} details[open]").wait_for(state="detached")
    assert heads(page) == ["Customer", "Orders", "Spend", "Phone"]
    page.reload()
    assert heads(page) == ["Customer", "Orders", "Spend", "Phone"]
    page.locator(f"{LIST} .s-columns summary").click()
    page.locator(f"{LIST} [data-picker-target=search]").last.fill("leve")
    assert page.locator(f"{LIST} .s-column-list li:visible").count() == 1
    page.get_by_role("button", name="Reset").click()
    page.locator(f"{LIST} thead th", has_text="Level").wait_for()


def test_filters_are_saved_as_a_tab_with_its_count(open_list: Callable[..., Any]) -> None:
    page = open_list("?f=level:in:gold")
    page.locator(f"{LIST} .s-save-view").click()
    page.keyboard.type("Gold customers")
    page.keyboard.press("Enter")
    page.locator(f"{LIST} .s-tabs a[aria-current]", has_text="Gold customers").wait_for()
    page.locator(f"{LIST} .s-tabs a[aria-current] .s-tab-count", has_text="46").wait_for()
    assert page.url.endswith("?view=" + page.url.rpartition("=")[2])


def test_chosen_rows_show_what_would_happen_before_it_does(open_list: Callable[..., Any]) -> None:
    page = open_list("?rows=10")
    bulk = page.locator(f"{LIST} .s-bulk")
    assert bulk.is_hidden()
    page.locator(LIST).get_by_label("Select all on this page").check()
    bulk.locator(".s-bulk-said", has_text="10").wait_for(state="visible")
    bulk.get_by_role("button", name="Choose all 137 that match").click()
    assert bulk.locator("[data-listing-target=allSaid]").inner_text() == "Chosen, everything that matches: 137"
    bulk.get_by_role("button", name="Tag").click()
    bulk.get_by_label("Tag").select_option("lychee")
    bulk.locator(".s-effect li", has_text="110 new").wait_for()
    bulk.get_by_role("button", name="Only this page").click()
    assert bulk.locator(".s-effect").count() == 0
    bulk.get_by_role("button", name="Tag").click()
    bulk.get_by_label("Tag").select_option("lychee")
    bulk.get_by_role("button", name="Confirm, tag 8").click()
    page.locator(".s-toast", has_text="Tag: 8 changed").wait_for()
    page.locator(f"{LIST} .s-bulk").wait_for(state="hidden")


def test_a_lost_connection_leaves_the_list_and_says_so(
    open_list: Callable[..., Any], complaints: list[str]
) -> None:
    page = open_list()
    page.route("**/styleguide/?**", lambda route: route.abort())
    page.locator(f"{LIST} [data-sort=spend]").click()
    page.locator(f"{LIST} .s-listing-failed").wait_for(state="visible")
    assert page.locator(f"{LIST} .s-row-link").count() == 50
    page.unroute("**/styleguide/?**")
    page.locator(f"{LIST} .s-listing-failed a").click()
    page.locator(f"{LIST} .s-listing-failed").wait_for(state="hidden")
    assert {text for text in complaints if "net::ERR_FAILED" not in text} == set()
    complaints.clear()


def test_the_head_stays_in_sight(open_list: Callable[..., Any]) -> None:
    page = open_list("?rows=50")
    page.locator(f"{LIST} .s-row-link").nth(40).scroll_into_view_if_needed()
    top = page.locator(f"{LIST} thead th").nth(1).bounding_box()["y"]
    assert 0 <= top <= 60


def test_a_narrow_screen_has_everything_but_columns(open_list: Callable[..., Any]) -> None:
    page = open_list("?rows=10", PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE[0]
    page.locator(f"{LIST} .s-phone-only summary").tap()
    page.locator(f"{LIST} .s-phone-only a", has_text="Spend").tap()
    page.wait_for_url("**sort=spend**")
    page.locator(f"{LIST} tbody .s-box").first.tap()
    page.locator(f"{LIST} .s-bulk").wait_for(state="visible")
    page.locator(f"{LIST} .s-add-filter > summary").tap()
    page.locator(f"{LIST} .s-pop-part").first.wait_for(state="visible")
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE[0]

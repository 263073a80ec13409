"""The style guide in Chromium under the strict Content-Security-Policy: nothing violates it, and keys work."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from pytest_django.live_server_helper import LiveServer

from siyu.org.contracts import SYSTEM
from siyu.org.models import Staff
from siyu.ui import registries, vendor
from siyu.ui.contracts import NavItem, Search, SearchHit, SearchKind

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("own_urls")]

DESKTOP, PHONE = (1440, 900), (390, 844)
# What a first console page may weigh, compressed and without charts.
FIRST_PAGE_MAX_BYTES = 250 * 1024
# Until scripts have run and charts are drawn; a machine under load gets this long, a quick one waits shorter.
DRAWN_TIMEOUT_MS = 15_000


class SignedIn:
    """A visitor who is signed in, without a database behind it, and the project's Content-Security-Policy."""

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> Any:
        request.user = Staff(name="周予安", email="zhou@example.com")
        response = self.get_response(request)
        response["Content-Security-Policy"] = django_settings.CONTENT_SECURITY_POLICY
        return response


@pytest.fixture(scope="module", autouse=True)
def frontend() -> None:
    try:
        vendor.ensure_frontend()
    except vendor.FrontendMissing as error:
        pytest.skip(f"the browser packages cannot be fetched: {error}")


@pytest.fixture
def navigation(empty_registries: None) -> None:
    for order, key in enumerate(("overview", "people", "segments")):
        item = NavItem(key, key.title(), icon="home", url_name=key, order=order, shortcut=key[0])
        registries.NAV.add(key, item)
    registries.SEARCH.add("console", Search("Search", "people"))
    registries.VIEWER.add("tests", lambda request: SYSTEM)


@pytest.fixture
def site(settings: Any, own_urls: None, navigation: None) -> Iterator[str]:
    """The address of a server with these tests' settings; the shared one would have loaded the others already."""
    kept = [name for name in settings.MIDDLEWARE if not name.startswith("django.contrib.auth")]
    settings.MIDDLEWARE = [*kept, "tests.ui.test_browser.SignedIn"]
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    server = LiveServer("127.0.0.1")
    yield server.url
    server.stop()


def is_complaint(message: Any) -> bool:
    # htmx complains about its own question when the page is left meanwhile; wrong answers are reported besides.
    return message.type in ("error", "warning") and not message.text.startswith("htmx:")


@pytest.fixture
def complaints() -> list[str]:
    """What pages write to the browser's console; a test that provokes some takes them out."""
    return []


@pytest.fixture
def open_page(browser: Any, site: str, complaints: list[str]) -> Iterator[Callable[..., Any]]:
    """Opens an address signed in; at the end no page may have complained on its console."""
    contexts = []

    def opened(
        path: str, size: tuple[int, int] = DESKTOP, *, theme: str = "light", language: str = "zh-hans"
    ) -> Any:
        context = browser.new_context(viewport={"width": size[0], "height": size[1]}, has_touch=size == PHONE)
        contexts.append(context)
        values = {"siyu_theme": theme, "django_language": language}
        context.add_cookies([{"name": name, "value": value, "url": site} for name, value in values.items()])
        page = context.new_page()
        page.set_default_timeout(DRAWN_TIMEOUT_MS)
        page.on("console", lambda message: complaints.append(message.text) if is_complaint(message) else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(site + path)
        page.wait_for_function("window.siyu !== undefined && document.readyState === 'complete'")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize(("theme", "language"), [("light", "zh-hans"), ("dark", "en")])
def test_the_style_guide_is_clean(
    open_page: Callable[..., Any], size: tuple[int, int], theme: str, language: str
) -> None:
    page = open_page("/styleguide/", size, theme=theme, language=language)
    page.locator("#sample-lines").scroll_into_view_if_needed()
    page.wait_for_selector("#sample-lines canvas")
    assert page.evaluate("document.documentElement.scrollWidth") == size[0]
    assert page.evaluate("document.documentElement.dataset.bsTheme") == theme


def test_the_first_page_is_light(open_page: Callable[..., Any], site: str) -> None:
    page = open_page("/overview/")
    addresses = page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)")
    bodies = [page.request.get(address).body() for address in {site + "/overview/", *addresses}]
    assert not [address for address in addresses if "echarts" in address]
    assert sum(len(gzip.compress(body, 9)) for body in bodies) <= FIRST_PAGE_MAX_BYTES
    assert {urlsplit(address).netloc for address in addresses} == {urlsplit(site).netloc}


def test_a_definition_opens_by_focus_and_closes_by_escape(open_page: Callable[..., Any]) -> None:
    page = open_page("/styleguide/")
    mark = page.locator(".s-stat .s-definition-mark").first
    tip = page.locator(".s-stat .s-tip").first
    mark.focus()
    tip.wait_for(state="visible")
    number, box = page.locator(".s-stat-value").first.bounding_box(), tip.bounding_box()
    assert box["y"] + box["height"] <= number["y"] or box["y"] >= number["y"] + number["height"]
    page.keyboard.press("Escape")
    tip.wait_for(state="hidden")


def test_a_definition_opens_by_tap(open_page: Callable[..., Any]) -> None:
    page = open_page("/styleguide/", PHONE)
    page.locator(".s-stat .s-definition-mark").first.tap()
    page.locator(".s-stat .s-tip").first.wait_for(state="visible")


def test_the_menu_is_a_drawer_on_a_phone(open_page: Callable[..., Any]) -> None:
    page = open_page("/overview/", PHONE)
    panel = page.locator("#side")
    assert not panel.is_visible()
    page.locator(".s-burger").tap()
    panel.wait_for(state="visible")
    for _ in range(8):
        page.keyboard.press("Tab")
        focused = "document.activeElement === document.body || document.activeElement.closest('#side') !== null"
        assert page.evaluate(focused)
    page.keyboard.press("Escape")
    panel.wait_for(state="hidden")
    assert page.evaluate("document.activeElement.className").endswith("s-burger")


def found(viewer: Any, text: str, limit: int) -> list[SearchHit]:
    return [SearchHit(str(n), f"{text} {n}", f"/people/?hit={n}") for n in range(3)]


@pytest.fixture
def search_kind(navigation: None) -> None:
    registries.SEARCH_KINDS.add("people", SearchKind("people", "People", icon="user", order=1, search=found))


@pytest.mark.usefixtures("search_kind")
def test_the_search_box_is_walked_by_keys(open_page: Callable[..., Any]) -> None:
    page = open_page("/overview/")
    page.keyboard.press("/")
    page.keyboard.type("Ann")
    page.locator("[role=option]", has_text="Ann 2").wait_for(state="visible")
    field = page.locator("[role=combobox]")
    assert field.get_attribute("aria-expanded") == "true"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert page.locator("[aria-selected=true]").inner_text() == "Ann 1"
    assert field.get_attribute("aria-activedescendant") == "found-people-2"
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    assert field.get_attribute("aria-activedescendant") is None
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_url("**/people/?hit=2")


@pytest.mark.usefixtures("search_kind")
def test_enter_after_typing_goes_to_all_results(open_page: Callable[..., Any]) -> None:
    page = open_page("/overview/")
    page.keyboard.press("/")
    page.keyboard.type("Ann")
    page.locator("[role=option]").first.wait_for(state="visible")
    page.keyboard.press("Escape")
    page.locator("[role=option]").first.wait_for(state="hidden")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=Ann")
    page.get_by_role("link", name="Ann 2").wait_for()


@pytest.mark.usefixtures("search_kind")
def test_results_close_when_focus_leaves(open_page: Callable[..., Any]) -> None:
    page = open_page("/overview/", PHONE)
    page.locator("[role=combobox]").tap()
    page.keyboard.type("Ann")
    page.locator("[role=option]").first.wait_for(state="visible")
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE[0]
    page.locator("main").focus()
    page.locator("[role=option]").first.wait_for(state="hidden")


def test_a_drawer_loads_keeps_focus_and_gives_it_back(open_page: Callable[..., Any]) -> None:
    page = open_page("/styleguide/", language="en")
    opener = page.get_by_role("button", name="Open a drawer")
    opener.focus()
    page.keyboard.press("Enter")
    page.locator("#drawer h2", has_text="Wait").wait_for(state="visible")
    for _ in range(6):
        page.keyboard.press("Tab")
        inside = "document.activeElement === document.body || document.activeElement.closest('#drawer') !== null"
        assert page.evaluate(inside)
    page.keyboard.press("Escape")
    page.locator("#drawer").wait_for(state="hidden")
    assert opener.evaluate("element => element === document.activeElement")


def test_a_drawer_that_cannot_load_says_so_and_tries_again(
    open_page: Callable[..., Any], complaints: list[str]
) -> None:
    page = open_page("/styleguide/", language="en")
    broken = True

    def answer(route: Any) -> None:
        route.abort() if broken else route.continue_()

    page.route("**/styleguide/drawer/", answer)
    page.get_by_role("button", name="Open a drawer").click()
    page.locator("#drawer h2", has_text="could not be loaded").wait_for(state="visible")
    broken = False
    page.get_by_role("button", name="Try again").click()
    page.locator("#drawer h2", has_text="Wait").wait_for(state="visible")
    assert {text for text in complaints if "net::ERR_FAILED" not in text} == set()
    complaints.clear()


def test_the_keys_are_shown_by_a_key(open_page: Callable[..., Any]) -> None:
    page = open_page("/overview/", language="en")
    page.keyboard.press("?")
    page.locator("#keys", has_text="Search everything").wait_for(state="visible")
    assert page.locator("#keys dt", has_text="g").count() == 3
    page.keyboard.press("Escape")
    page.locator("#keys").wait_for(state="hidden")


def test_the_scope_is_chosen_by_keys(open_page: Callable[..., Any]) -> None:
    page = open_page("/styleguide/", language="zh-hans")
    switch = page.locator("main .s-scope-switch")
    switch.locator("summary").focus()
    page.keyboard.press("Enter")
    switch.get_by_role("button", name="徐汇天钥桥店").wait_for(state="visible")
    assert page.evaluate("document.activeElement.type") == "search"
    page.keyboard.type("静安")
    switch.get_by_role("button", name="徐汇天钥桥店").wait_for(state="hidden")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.value") == "sh-2"
    page.keyboard.press("Escape")
    switch.get_by_role("button", name="静安大宁店").wait_for(state="hidden")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


def test_keys_go_to_search_and_to_areas(open_page: Callable[..., Any]) -> None:
    page = open_page("/overview/")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "q"
    page.keyboard.type("gp")
    assert page.evaluate("document.activeElement.value") == "gp"
    page.locator("main").focus()
    page.keyboard.press("g")
    page.keyboard.press("p")
    page.wait_for_url("**/people/")


def test_a_dialog_keeps_focus_and_gives_it_back(open_page: Callable[..., Any]) -> None:
    page = open_page("/styleguide/")
    opener = page.locator("[data-opens=sample-confirm]").first
    opener.click()
    dialog = page.locator("#sample-confirm")
    dialog.wait_for(state="visible")
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    assert opener.evaluate("element => element === document.activeElement")


def test_the_theme_is_kept_over_a_reload(open_page: Callable[..., Any]) -> None:
    page = open_page("/overview/")
    page.locator(".s-top [data-controller~=theme] summary").click()
    page.locator(".s-top [data-theme-name-param=dark]").click()
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark"
    page.reload()
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark"


def test_the_language_is_switched_in_place(open_page: Callable[..., Any]) -> None:
    page = open_page("/people/", language="zh-hans")
    page.locator(".s-top .s-language").click()
    page.locator(".s-top button[name=language][value=en]").click()
    page.wait_for_selector("html[lang=en]")
    assert urlsplit(page.url).path == "/people/"


def test_a_chart_has_its_numbers_as_table_and_file(open_page: Callable[..., Any]) -> None:
    page = open_page("/styleguide/", language="en")
    card = page.locator("#sample-bars")
    card.get_by_role("button", name="Table", exact=True).click()
    card.locator("table").wait_for(state="visible")
    with page.expect_download() as saved:
        card.get_by_role("button", name="Download CSV").click()
    lines = saved.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert saved.value.suggested_filename == "sample-bars.csv"
    assert lines[:2] == ["Day,New customers", "5/1,1980"]


def test_a_chart_saves_no_formulas(open_page: Callable[..., Any]) -> None:
    page = open_page("/styleguide/", language="en")
    card = page.locator("#sample-bars")
    card.locator("tbody tr").first.evaluate("(row) => { row.cells[0].textContent = '=cmd|x!A0, \"y\"'; }")
    card.locator("tbody tr").nth(1).evaluate("(row) => { row.cells[1].textContent = '-1,980.5%'; }")
    with page.expect_download() as saved:
        card.get_by_role("button", name="Download CSV").click()
    lines = saved.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert lines[1].startswith('"\'=cmd|x!A0, ""y""",')
    assert lines[2].endswith(',"-1,980.5%"')


def test_the_drawing_library_comes_when_a_chart_is_near(open_page: Callable[..., Any]) -> None:
    page = open_page("/styleguide/", PHONE)
    fetched = "performance.getEntriesByType('resource').filter((entry) => entry.name.includes('echarts')).length"
    assert page.evaluate(fetched) == 0
    page.locator("#sample-bars").scroll_into_view_if_needed()
    page.wait_for_selector("#sample-bars canvas")
    page.locator("#sample-stacked").scroll_into_view_if_needed()
    page.wait_for_selector("#sample-stacked canvas")
    assert page.evaluate(fetched) == 1


def test_a_chart_without_its_library_shows_its_numbers(open_page: Callable[..., Any], site: str) -> None:
    page = open_page("/people/")
    page.route("**/echarts*", lambda route: route.fulfill(status=200, body="window.broken = true;"))
    page.goto(site + "/styleguide/")
    page.locator("#sample-lines").scroll_into_view_if_needed()
    page.locator("#sample-lines .s-chart-failed").wait_for(state="visible")
    page.locator("#sample-lines table").wait_for(state="visible")


def test_a_chart_is_saved_as_a_picture(open_page: Callable[..., Any]) -> None:
    page = open_page("/styleguide/", language="en")
    with page.expect_download() as saved:
        page.locator("#sample-stacked").get_by_role("button", name="Download picture").click()
    assert saved.value.path().read_bytes().startswith(b"\x89PNG")


def test_a_running_job_is_followed_to_its_end(open_page: Callable[..., Any]) -> None:
    page = open_page("/styleguide/", language="en")
    page.locator(".s-progress", has_text="3 seconds left").wait_for()
    page.locator(".s-progress-done", has_text="48,000 / 48,000").wait_for()


def test_a_toast_comes_from_the_server(open_page: Callable[..., Any]) -> None:
    page = open_page("/styleguide/", language="en")
    page.get_by_role("button", name="Try a toast").click()
    page.locator(".s-toast", has_text="this is a sample").wait_for()


def test_a_file_is_named_when_it_is_chosen(open_page: Callable[..., Any]) -> None:
    page = open_page("/styleguide/")
    page.set_input_files(
        "input[name=file]", {"name": "订单.csv", "mimeType": "text/csv", "buffer": b"a,b\n" * 1000}
    )
    assert page.locator("[data-filedrop-target=name]").first.inner_text() == "订单.csv · 4 KB"


def test_the_frame_stays_while_a_long_page_scrolls(open_page: Callable[..., Any]) -> None:
    page = open_page("/styleguide/")
    page.evaluate("window.scrollTo(0, 3000)")
    tops = "['.s-side', '.s-top'].map((part) => document.querySelector(part).getBoundingClientRect().top)"
    assert page.evaluate(tops) == [0, 0]


def test_a_file_above_the_limit_is_refused_before_it_is_sent(open_page: Callable[..., Any]) -> None:
    page = open_page("/styleguide/", language="en")
    chooser = page.locator("input[name=file_limited]")
    chooser.set_input_files({"name": "large.csv", "mimeType": "text/csv", "buffer": b"x" * (2**20 + 1)})
    drop = page.locator(".s-drop", has=chooser)
    assert "larger than 1 MiB" in drop.locator(".s-error:visible").inner_text()
    assert chooser.evaluate("(input) => input.files.length") == 0
    chooser.set_input_files({"name": "small.csv", "mimeType": "text/csv", "buffer": b"x" * 2**20})
    assert drop.locator(".s-error:visible").count() == 0
    assert chooser.evaluate("(input) => input.files.length") == 1

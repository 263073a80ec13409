"""The shell: only areas with a page, in order, with the right one current."""

from __future__ import annotations

import pytest
from django.test import RequestFactory
from django.utils import translation

from siyu.ui import registries
from siyu.ui.context import Shell
from siyu.ui.contracts import NavItem, Search, Tool

pytestmark = pytest.mark.usefixtures("own_urls", "empty_registries")


def shell_at(path: str, **cookies: str) -> Shell:
    request = RequestFactory().get(path)
    request.COOKIES.update(cookies)
    return Shell(request)


def add(key: str, url_name: str, order: int, *children: NavItem) -> None:
    registries.NAV.add(key, NavItem(key, key, icon="home", url_name=url_name, order=order, children=children))


def test_an_area_without_a_page_is_not_shown_and_the_rest_is_in_order() -> None:
    add("people", "people", 30)
    add("loyalty", "not-built-yet", 20)
    add("overview", "overview", 10)
    assert [link.item.key for link in shell_at("/").nav] == ["overview", "people"]


def test_the_longest_address_decides_what_is_current() -> None:
    add("people", "people", 30, NavItem("segments", "segments", icon="home", url_name="segments", order=1))
    add("overview", "overview", 10)
    [overview, people] = shell_at("/people/segments/4/").nav
    assert (overview.current, people.current, people.children[0].current) == (False, True, True)


def test_a_view_may_name_the_current_area() -> None:
    add("people", "people", 30)
    add("overview", "overview", 10)
    shell = shell_at("/overview/")
    shell._request.nav_key = "people"
    assert [link.item.key for link in shell.nav if link.current] == ["people"]


def test_nothing_is_current_on_a_page_of_no_area() -> None:
    add("people", "people", 30)
    assert [link.current for link in shell_at("/elsewhere/").nav] == [False]


def test_search_and_tools_show_only_with_a_page() -> None:
    assert shell_at("/").search is None
    registries.SEARCH.add("console", Search("Find", "people"))
    registries.TOOLS.add(
        "jobs", Tool("jobs", "Jobs", icon="home", url_name="people", order=1, count=lambda request: 3)
    )
    registries.TOOLS.add("help", Tool("help", "Help", icon="help", url_name="not-built-yet", order=2))
    shell = shell_at("/")
    assert shell.search == {"label": "Find", "url": "/people/", "box_url": ""}
    assert [(link.item.key, link.count) for link in shell.tools] == [("jobs", 3)]


@pytest.mark.parametrize(
    ("cookie", "theme"), [("dark", "dark"), ("light", "light"), ("", ""), ('"><script>', "")]
)
def test_only_known_themes_are_taken_from_the_cookie(cookie: str, theme: str) -> None:
    assert shell_at("/", siyu_theme=cookie).theme == theme


def test_the_language_is_named_in_itself() -> None:
    with translation.override("zh-hans"):
        assert (shell_at("/").language_name, shell_at("/").html_lang) == ("简体中文", "zh-Hans")
    with translation.override("en"):
        assert [language["name"] for language in shell_at("/").languages if language["current"]] == [
            "English"
        ]

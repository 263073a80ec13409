"""The search box: every kind is asked, one that cannot answer does not silence the others, opened hits come back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from django.test import RequestFactory
from django.utils import translation

from siyu.kernel.errors import Unavailable
from siyu.org import queries as org
from siyu.org.contracts import STRANGER, Viewer
from siyu.ui import queries, registries, searching, services
from siyu.ui.context import Shell
from siyu.ui.contracts import NavItem, QuickAction, Search, SearchHit, SearchKind

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_urls", "empty_registries", "english")]
PEOPLE = {"1": "Ann", "2": "Anna", "3": "Annabel", "4": "Bob"}


def hit(key: str) -> SearchHit:
    return SearchHit(key, PEOPLE[key], f"/people/{key}/")


def people(viewer: Viewer, text: str, limit: int) -> list[SearchHit]:
    return [hit(key) for key, name in PEOPLE.items() if name.startswith(text)][:limit]


def named(viewer: Viewer, keys: Sequence[str]) -> list[SearchHit]:
    return [hit(key) for key in keys if key in PEOPLE]


def broken(viewer: Viewer, text: str, limit: int) -> list[SearchHit]:
    raise Unavailable(what="The warehouse")


def add(key: str = "people", order: int = 10, **more: Any) -> None:
    given = {"search": people, "named": named, "more_url": lambda text: f"/people/?q={text}"} | more
    registries.SEARCH_KINDS.add(key, SearchKind(key, key.title(), icon="user", order=order, **given))


@pytest.fixture
def alice(owner: Any) -> Viewer:
    return org.viewer_of(owner)


def test_each_kind_shows_its_best_and_the_way_to_the_rest(alice: Viewer) -> None:
    add()
    [group] = searching.find(alice, " Ann ", 2)
    assert [found.label for found in group.hits] == ["Ann", "Anna"]
    assert group.more_url == "/people/?q=Ann"
    [all_of_them] = searching.find(alice, "Annab", 2)
    assert all_of_them.more_url == ""


def test_kinds_come_in_their_order_and_empty_ones_not_at_all(alice: Viewer) -> None:
    add("later", order=20)
    add("first", order=10)
    add("nothing", order=5, search=lambda viewer, text, limit: [])
    assert [group.key for group in searching.find(alice, "Bob", 5)] == ["first", "later"]


def test_a_kind_that_cannot_answer_says_so_beside_the_others(alice: Viewer) -> None:
    add("broken", order=1, search=broken)
    add()
    first, second = searching.find(alice, "Bob", 5)
    assert "The warehouse does not answer" in first.problem
    assert [found.label for found in second.hits] == ["Bob"]


@pytest.mark.parametrize("text", ["", "   ", "\x00", "\t\n"])
def test_a_text_without_letters_asks_nobody(alice: Viewer, text: str) -> None:
    add("broken", search=lambda viewer, text, limit: pytest.fail("asked"))
    assert searching.find(alice, text, 5) == []


def test_control_characters_and_length_never_reach_a_kind(alice: Viewer) -> None:
    heard: list[str] = []
    add(search=lambda viewer, text, limit: heard.append(text) or [])
    searching.find(alice, "a\x00b\x1b " + "x" * 500, 5)
    assert heard == ["ab " + "x" * 97]


def test_what_was_opened_comes_back_newest_first_without_what_is_gone(alice: Viewer) -> None:
    add()
    for key in ("1", "99", "4", "1"):
        services.remember_recent(viewer=alice, kind="people", key=key)
    assert queries.recent(alice) == [("people", "1"), ("people", "4"), ("people", "99")]
    [group] = searching.recent(alice)
    assert [found.label for found in group.hits] == ["Ann", "Bob"]


def test_only_a_few_are_remembered_and_only_of_kinds_that_can_be_named(alice: Viewer) -> None:
    add()
    add("pages", named=None)
    services.remember_recent(viewer=alice, kind="pages", key="1")
    services.remember_recent(viewer=alice, kind="unknown", key="1")
    for key in range(20):
        services.remember_recent(viewer=alice, kind="people", key=str(key))
    assert queries.recent(alice) == [("people", str(key)) for key in range(19, 11, -1)]


def test_strangers_and_colleagues_see_nothing_of_it(alice: Viewer) -> None:
    add()
    services.remember_recent(viewer=alice, kind="people", key="1")
    services.remember_recent(viewer=STRANGER, kind="people", key="2")
    assert queries.recent(STRANGER) == []
    assert queries.recent(Viewer(alice.staff_id + 1, "Bob", True)) == []
    assert len(queries.recent(alice)) == 1


def test_pages_and_actions_are_found_in_any_language(alice: Viewer) -> None:
    people_item = NavItem("people", translation.gettext_lazy("Customers"), icon="users", url_name="people", order=1)
    registries.NAV.add("people", people_item)
    registries.NAV.add("later", NavItem("later", "Customers later", icon="users", url_name="not-built", order=2))
    registries.ACTIONS.add("go", QuickAction("go", "Go to segments", icon="home", url_name="segments"))
    for text in ("custom", "客户"):
        assert [found.url for found in searching.pages(alice, text, 5)] == ["/people/"]
    assert [found.label for found in searching.pages(alice, "SEGM", 5)] == ["Go to segments"]


def test_the_field_answers_while_typing_only_with_kinds() -> None:
    shell = Shell(RequestFactory().get("/"))
    registries.SEARCH.add("console", Search("Find", "people"))
    assert shell.search == {"label": "Find", "url": "/people/", "box_url": ""}
    add()
    assert Shell(RequestFactory().get("/")).search == {"label": "Find", "url": "/search/", "box_url": "/search/"}

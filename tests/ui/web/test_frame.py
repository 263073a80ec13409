"""What the frame loads: closed to strangers, quiet without providers, and in step with them."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from siyu.kernel.errors import NotAllowed
from siyu.ui import registries
from siyu.ui.contracts import Bell, HelpPage, Notice, ScopeNode, ScopeSwitch, SearchHit, SearchKind
from siyu.ui.web import urls

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_urls", "empty_registries")]
FRAGMENT = {"HX-Request": "true", "Accept-Language": "en"}


@pytest.fixture
def signed_in(owner: object) -> Client:
    client = Client()
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_the_search_box_gets_a_part_and_enter_a_page(signed_in: Client) -> None:
    def search(viewer: Any, text: str, limit: int) -> list[SearchHit]:
        return [SearchHit(str(n), f"{text} {n}", f"/people/{n}/", note="note") for n in range(limit)]

    def named(viewer: Any, keys: list[str]) -> list[SearchHit]:
        return [SearchHit(key, f"Person {key}", f"/people/{key}/") for key in keys]

    kind = SearchKind("people", "People", icon="user", order=1, search=search, named=named)
    registries.SEARCH_KINDS.add("people", kind)
    box = signed_in.get(reverse("ui-search"), {"q": "Ann"}, headers=FRAGMENT).content.decode()
    assert box.count('role="option"') == 5
    assert "<html" not in box
    page = signed_in.get(reverse("ui-search"), {"q": "Ann"}, headers={"Accept-Language": "en"}).content.decode()
    assert page.count('class="s-found"') == 20
    assert "Results for “Ann”" in page
    assert signed_in.post(reverse("ui-search-opened"), {"kind": "people", "key": "7"}).status_code == 204
    assert "Person 7" in signed_in.get(reverse("ui-search"), headers=FRAGMENT).content.decode()


def test_a_search_for_markup_shows_it_as_text(signed_in: Client) -> None:
    html = signed_in.get(reverse("ui-search"), {"q": "<script>alert(1)</script>"}).content.decode()
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_without_providers_bell_and_scope_do_not_exist(signed_in: Client) -> None:
    for name in ("ui-bell", "ui-bell-count", "ui-scope"):
        assert signed_in.get(reverse(name)).status_code == 404
    assert signed_in.post(reverse("ui-bell-read")).status_code == 404
    html = signed_in.get("/overview/").content.decode()
    assert reverse("ui-bell") not in html
    assert "s-scope-switch" not in html


def test_the_bell_counts_lists_and_marks_as_read(signed_in: Client) -> None:
    unread = {"1", "2"}

    def read(request: Any, keys: list[str]) -> None:
        unread.difference_update(keys or set(unread))

    def notices(request: Any) -> list[Notice]:
        return [Notice(key, f"Notice {key}", "/people/", unread=key in unread) for key in ("1", "2", "3")]

    registries.BELL.add("bell", Bell(lambda request: len(unread), notices, read, all_url_name="people"))
    assert '<b class="s-count">' in signed_in.get("/overview/").content.decode()
    drawer = signed_in.get(reverse("ui-bell"), headers=FRAGMENT).content.decode()
    assert drawer.count("s-unread") == 2
    assert 'href="/people/"' in drawer
    after_one = signed_in.post(reverse("ui-bell-read"), {"key": "1"}, headers=FRAGMENT)
    assert after_one.content.decode().count("s-unread") == 1
    assert after_one["HX-Trigger"] == "siyu:bell"
    signed_in.post(reverse("ui-bell-read"), headers=FRAGMENT)
    assert signed_in.get(reverse("ui-bell-count")).content.decode().strip() == ""


def test_an_empty_bell_says_what_will_be_there(signed_in: Client) -> None:
    registries.BELL.add("bell", Bell(lambda request: 0, lambda request: [], lambda request, keys: None))
    assert "Nothing new" in signed_in.get(reverse("ui-bell"), headers=FRAGMENT).content.decode()


@pytest.fixture
def chosen() -> list[str]:
    """A scope switch with one store; what was chosen."""
    made: list[str] = []

    def choose(request: Any, key: str) -> None:
        if key != "store":
            raise NotAllowed
        made.append(key)

    def tree(request: Any, text: str) -> list[ScopeNode]:
        return [ScopeNode("store", "徐汇店", "12")] if text in "徐汇店" else []

    registries.SCOPE.add("scope", ScopeSwitch(lambda request: ScopeNode("east", "华东"), tree, choose))
    return made


def test_the_scope_is_shown_searched_and_chosen(signed_in: Client, chosen: list[str]) -> None:
    assert "华东" in signed_in.get("/overview/").content.decode()
    tree = signed_in.get(reverse("ui-scope"), {"q": "徐汇", "next": "/people/"}, headers=FRAGMENT).content.decode()
    assert 'value="store"' in tree
    assert 'value="/people/"' in tree
    assert "“北京”" in signed_in.get(reverse("ui-scope"), {"q": "北京"}, headers=FRAGMENT).content.decode()
    assert signed_in.post(reverse("ui-scope"), {"scope": "store", "next": "/people/"})["Location"] == "/people/"
    assert chosen == ["store"]


@pytest.mark.parametrize("address", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)"])
def test_a_choice_never_leads_elsewhere(signed_in: Client, chosen: list[str], address: str) -> None:
    assert signed_in.post(reverse("ui-scope"), {"scope": "store", "next": address})["Location"] == "/"


def test_a_foreign_scope_is_refused(signed_in: Client, chosen: list[str]) -> None:
    with pytest.raises(NotAllowed):  # the console's middleware makes a page of it
        signed_in.post(reverse("ui-scope"), {"scope": "other"})
    assert chosen == []


def test_help_tells_about_its_page_and_of_others_where_to_read(signed_in: Client) -> None:
    links = (("Guide", "docs/x.md"),)
    page = HelpPage("About people", steps=("First",), definitions=lambda: [("R", "Recency")], links=links)
    registries.HELP.add("people", page)
    html = signed_in.get(reverse("ui-help"), {"page": "people"}, headers=FRAGMENT).content.decode()
    for shown in ("About people", "First", "Recency", "https://github.com/siyu-project/siyu/blob/main/docs/x.md"):
        assert shown in html
    assert "?page=people" in signed_in.get("/people/").content.decode()
    other = signed_in.get(reverse("ui-help"), {"page": "<b>"}, headers=FRAGMENT).content.decode()
    assert "start-here.md" in other


def test_every_address_of_the_design_system_is_closed_to_strangers(settings: Any) -> None:
    settings.ROOT_URLCONF = "siyu.config.urls"
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "siyu.console.middleware.SignInRequired"]
    for pattern in urls.urlpatterns:
        values = {name: 1 if "Int" in type(kind).__name__ else "x" for name, kind in pattern.pattern.converters.items()}
        for method in ("get", "post"):
            answer = getattr(Client(), method)(reverse(pattern.name, kwargs=values))
            assert answer.status_code == 302, pattern.name
            assert answer["Location"].startswith("/sign-in/")

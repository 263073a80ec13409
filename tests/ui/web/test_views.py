"""The style guide: staff only, every component on it, nothing hard-coded, the error pages beside it."""

from __future__ import annotations

import pytest
from django.template.loader import render_to_string
from django.test import Client, RequestFactory

from siyu.ui import components
from siyu.ui.catalogue import DECLARED
from siyu.ui.context import Shell
from siyu.ui.translations import pseudo_locale, unwrapped_text
from siyu.ui.web.samples import people

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_urls")]

# Data on the style guide that is nobody's to translate: codes, names of people and files, a rule in its text form.
SAMPLE_DATA = (
    *people.NAMES,
    "CSV",
    "Excel",
    "A customer whose display name is so long that it must wrap somewhere",
    "pp",
    *(f"{axis}{step}" for axis in "RF" for step in range(1, 6)),
)


@pytest.fixture
def signed_in(owner: object) -> Client:
    client = Client()
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_a_stranger_is_sent_to_sign_in() -> None:
    answer = Client().get("/styleguide/")
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in/?next=/styleguide/")


def test_every_component_has_an_example(signed_in: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: set[str] = set()
    values_of = components.values_of

    def noting(component: components.Component, given: dict[str, object]) -> dict[str, object]:
        drawn.add(component.name)
        return values_of(component, given)

    monkeypatch.setattr(components, "values_of", noting)
    assert signed_in.get("/styleguide/").status_code == 200
    assert {component.name for component in DECLARED} - drawn == set()


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_page_speaks_its_language(signed_in: Client, language: str) -> None:
    html = signed_in.get("/styleguide/", headers={"Accept-Language": language}).content.decode()
    assert ("退出登录" in html or "RFM 分层" in html) is (language == "zh-hans")


def test_nothing_on_it_is_hard_coded(signed_in: Client) -> None:
    with pseudo_locale() as language:
        html = signed_in.get("/styleguide/", headers={"Accept-Language": language}).content.decode()
    assert unwrapped_text(html, allowed=SAMPLE_DATA) == []


def test_the_sample_job_polls_until_it_has_ended(signed_in: Client) -> None:
    assert "/styleguide/progress/4/" in signed_in.get("/styleguide/progress/3/").content.decode()
    ended = signed_in.get("/styleguide/progress/8/").content.decode()
    assert "hx-get" not in ended


def test_sample_forms_change_nothing_and_say_so(signed_in: Client) -> None:
    assert signed_in.get("/styleguide/nothing/").status_code == 405
    assert signed_in.post("/styleguide/nothing/").status_code == 302
    answer = signed_in.post("/styleguide/nothing/", headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert "siyu:toast" in answer["HX-Trigger"]


@pytest.mark.parametrize("name", ["400.html", "403.html", "403_csrf.html", "404.html", "500.html"])
def test_error_pages_render_without_any_context(name: str) -> None:
    html = render_to_string(name)
    assert "<h1>" in html
    assert 'lang="zh-Hans"' in html


@pytest.mark.parametrize("name", ["404.html", "ui/sign_in.html", "ui/locked_out.html", "ui/shell.html"])
def test_frames_are_translated(name: str) -> None:
    request = RequestFactory().get("/")
    with pseudo_locale():
        html = render_to_string(name, {"shell": Shell(request), "request": request})
    assert unwrapped_text(html) == []

"""Every address of the console: closed to strangers, safe against the usual tricks."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client
from django.urls import get_resolver, reverse
from tests.support.pages import addresses

from siyu.org.models import Staff

pytestmark = pytest.mark.django_db
PUBLIC = {"sign-in", "sign-in-code", "join", "set_language", "welcome"}


@pytest.mark.parametrize(("name", "path"), addresses())
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_stranger_is_sent_to_the_sign_in_page(client: Client, name: str, path: str, method: str) -> None:
    response = getattr(client, method)(path)
    if name in PUBLIC:
        assert response.status_code in (200, 302, 404, 405, 410)
        return
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("sign-in"))


def test_every_address_has_a_name_and_only_the_known_ones_are_public() -> None:
    public = {name for name, path in addresses() if getattr(get_resolver().resolve(path).func, "public", False)}
    assert public == PUBLIC


def test_a_fragment_asked_by_a_stranger_sends_the_whole_page_away(client: Client) -> None:
    response = client.get(reverse("customers"), headers={"HX-Request": "true"})
    assert response.status_code == 204
    assert response["HX-Redirect"].endswith(reverse("sign-in"))


def test_someone_who_left_is_a_stranger_at_once(browser: Client, owner: Staff) -> None:
    assert browser.get(reverse("jobs")).status_code == 200
    Staff.objects.filter(pk=owner.pk).update(is_active=False)
    assert browser.get(reverse("jobs")).status_code == 302


def test_each_answer_carries_the_strict_policy_and_a_trace_id(browser: Client) -> None:
    response = browser.get(reverse("jobs"))
    assert response["Content-Security-Policy"] == settings.CONTENT_SECURITY_POLICY
    assert "unsafe" not in response["Content-Security-Policy"]
    assert response["X-Frame-Options"] == "DENY"
    assert len(response["X-Trace-Id"]) == 32
    given = "ab" * 16
    assert browser.get(reverse("jobs"), headers={"X-Trace-Id": given})["X-Trace-Id"] == given
    assert browser.get(reverse("jobs"), headers={"X-Trace-Id": "<script>"})["X-Trace-Id"] != "<script>"


def test_posts_need_the_forms_token(owner: Staff) -> None:
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    assert careful.post(reverse("sign-out")).status_code == 403


@pytest.mark.parametrize("next_url", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_no_form_leads_to_another_site(client: Client, owner: Staff, next_url: str) -> None:
    response = client.post(reverse("set_language"), {"language": "en", "next": next_url})
    assert response["Location"] == "/"
    signed_in = client.post(
        f"{reverse('sign-in')}?next={next_url}",
        {"username": "alice@example.com", "password": "correct horse battery", "next": next_url},
    )
    assert signed_in["Location"] == reverse(settings.LOGIN_REDIRECT_URL)


def test_five_wrong_passwords_lock_the_account_for_a_while(client: Client, owner: Staff) -> None:
    wrong = {"username": "alice@example.com", "password": "wrong"}
    for _ in range(settings.AXES_FAILURE_LIMIT):
        client.post(reverse("sign-in"), wrong)
    right = client.post(reverse("sign-in"), wrong | {"password": "correct horse battery"})
    assert right.status_code == 429


def test_the_chosen_language_stays_with_browser_and_person(browser: Client, owner: Staff) -> None:
    browser.post(reverse("set_language"), {"language": "en", "next": reverse("jobs")})
    assert 'lang="en"' in browser.get(reverse("jobs")).content.decode()
    owner.refresh_from_db()
    assert owner.language == "en"
    browser.post(reverse("set_language"), {"language": "zh-hans"})
    assert 'lang="zh-Hans"' in browser.get(reverse("jobs")).content.decode()

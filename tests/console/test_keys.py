"""API keys in the console: made, shown once, renewed, revoked."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from siyu.customers.permissions import CUSTOMERS_VIEW
from siyu.org import queries, services
from siyu.org.api_keys import KeyState
from siyu.org.contracts import SYSTEM
from siyu.org.models import Staff

pytestmark = pytest.mark.django_db
FORM = {
    "name": "Till", "place": "", "days": "30", "networks": "203.0.113.0/24\n", "rate_per_minute": "60",
    "permissions": [CUSTOMERS_VIEW],
}  # fmt: skip


def secret_in(text: str) -> str:
    found = re.search(r"siyu_key_[\w-]{20,}", text)
    assert found is not None
    return found[0]


def test_a_key_is_made_and_shown_once(browser: Client) -> None:
    answer = browser.post(reverse("key-new"), FORM)
    secret = secret_in(answer.content.decode())
    assert "no-store" in answer["Cache-Control"]
    (key,) = queries.keys(SYSTEM)
    assert (key.name, key.networks, key.rate_per_minute) == ("Till", ("203.0.113.0/24",), 60)
    for name, args in (("keys", []), ("key", [key.id])):
        page = browser.get(reverse(name, args=args)).content.decode()
        assert "Till" in page
        assert secret not in page


def test_the_form_keeps_what_was_typed_and_says_what_is_wrong(browser: Client) -> None:
    answer = browser.post(reverse("key-new"), FORM | {"networks": "somewhere"}, headers={"accept-language": "en"})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "“somewhere” is no address" in text
    assert 'value="Till"' in text
    assert f'value="{CUSTOMERS_VIEW}" checked' in text
    assert browser.post(reverse("key-new"), FORM | {"place": "nowhere"}).status_code == 422
    assert browser.post(reverse("key-new"), FORM | {"permissions": []}).status_code == 422
    assert queries.keys(SYSTEM) == []


def test_renewing_and_revoking(browser: Client) -> None:
    browser.post(reverse("key-new"), FORM)
    (key,) = queries.keys(SYSTEM)
    renewed = secret_in(browser.post(reverse("key-rotate", args=[key.id]), {"overlap_hours": "1"}).content.decode())
    assert queries.key_viewer(renewed, origin="203.0.113.4") is not None
    assert browser.post(reverse("key-rotate", args=[key.id]), {"overlap_hours": "9999"}).status_code == 302
    browser.post(reverse("key-revoke", args=[key.id]))
    assert queries.key(SYSTEM, key.id).state is KeyState.REVOKED
    page = browser.get(reverse("key", args=[key.id]), headers={"accept-language": "en"}).content.decode()
    assert "API key revoked" in page
    assert 'id="rotate"' not in page
    assert browser.post(reverse("key-rotate", args=[key.id])).status_code == 302


def test_an_operator_is_refused(client: Client, db: None) -> None:
    staff_id = services.create_staff(email="o@example.com", name="O", password="correct horse battery", role="operator")
    client.force_login(Staff.objects.get(pk=staff_id), backend="django.contrib.auth.backends.ModelBackend")
    for name in ("keys", "key-new"):
        assert client.get(reverse(name)).status_code == 403
    assert client.post(reverse("key-new"), FORM).status_code == 403

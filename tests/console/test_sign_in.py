"""Signing in with two steps, the brand's rules, sessions: as a browser sees them, and as an attacker would."""

from __future__ import annotations

from datetime import timedelta

import pyotp
import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from tests.support.sign_in import ADDRESS, PASSWORD, enrol, present_code, sign_in

from siyu.kernel import clock
from siyu.org import queries, services, signing_in
from siyu.org.contracts import SYSTEM
from siyu.org.models import Staff, StaffSession

pytestmark = pytest.mark.django_db
NEW_PASSWORD = "staple battery horse"


def require_for_owners(minutes: int = 480, hours: int = 168) -> None:
    version = signing_in.sign_in_rules().version
    services.save_sign_in_rules(
        viewer=SYSTEM, version=version, roles=["owner"], idle_minutes=minutes, absolute_hours=hours
    )


def is_signed_in(client: Client) -> bool:
    return client.get(reverse("account")).status_code == 200


def test_without_a_second_step_the_password_is_enough(client: Client, owner: Staff) -> None:
    assert sign_in(client)["Location"] == reverse("overview")
    assert is_signed_in(client)


def test_with_a_second_step_the_password_alone_opens_nothing(client: Client, owner: Staff) -> None:
    secret, _codes = enrol(owner)
    answer = sign_in(client)
    assert answer["Location"] == reverse("sign-in-code")
    assert not is_signed_in(client)
    assert client.get(reverse("sign-in-code")).status_code == 200
    wrong = client.post(reverse("sign-in-code"), {"code": "000000"})
    assert wrong.status_code == 422
    assert not is_signed_in(client)
    right = client.post(reverse("sign-in-code"), {"code": present_code(secret)})
    assert right["Location"] == reverse("overview")
    assert is_signed_in(client)


def test_a_code_works_once_on_whichever_browser(owner: Staff) -> None:
    secret, _codes = enrol(owner)
    first, second = Client(), Client()
    code = present_code(secret)
    for browser in (first, second):
        sign_in(browser)
        browser.post(reverse("sign-in-code"), {"code": code})
    assert is_signed_in(first)
    assert not is_signed_in(second)


def test_a_recovery_code_works_once(owner: Staff) -> None:
    _secret, codes = enrol(owner)
    first, second = Client(), Client()
    for browser in (first, second):
        sign_in(browser)
        browser.post(reverse("sign-in-code"), {"code": codes[0].upper()})
    assert is_signed_in(first)
    assert not is_signed_in(second)


def test_wrong_codes_lock_like_wrong_passwords(client: Client, owner: Staff) -> None:
    secret, _codes = enrol(owner)
    sign_in(client)
    for _ in range(settings.AXES_FAILURE_LIMIT):
        client.post(reverse("sign-in-code"), {"code": "000000"})
    assert client.post(reverse("sign-in-code"), {"code": present_code(secret)}).status_code == 429
    assert not is_signed_in(client)
    # Another address, which has the password too, gets no further attempts at the same phone.
    elsewhere = Client(REMOTE_ADDR="10.9.8.7")
    assert sign_in(elsewhere)["Location"] == reverse("sign-in-code")
    assert elsewhere.post(reverse("sign-in-code"), {"code": present_code(secret)}).status_code == 422
    assert not is_signed_in(elsewhere)


def test_the_way_to_the_code_ends_after_ten_minutes_and_with_a_new_password(client: Client, owner: Staff) -> None:
    secret, _codes = enrol(owner)
    sign_in(client)
    with clock.frozen(clock.now() + timedelta(minutes=11)):
        assert client.post(reverse("sign-in-code"), {"code": present_code(secret)})["Location"] == reverse("sign-in")
    sign_in(client)
    services.set_password(staff_id=owner.pk, password=NEW_PASSWORD)
    assert client.post(reverse("sign-in-code"), {"code": present_code(secret)})["Location"] == reverse("sign-in")


def test_signing_in_changes_the_session_key_at_each_step(client: Client, owner: Staff) -> None:
    secret, _codes = enrol(owner)
    client.get(reverse("sign-in"))
    client.cookies[settings.SESSION_COOKIE_NAME] = "fixedfixedfixedfixedfixedfixed12"
    sign_in(client)
    before = client.cookies[settings.SESSION_COOKIE_NAME].value
    client.post(reverse("sign-in-code"), {"code": present_code(secret)})
    after = client.cookies[settings.SESSION_COOKIE_NAME].value
    assert len({"fixedfixedfixedfixedfixedfixed12", before, after}) == 3


@pytest.mark.parametrize("next_url", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_the_code_page_leads_to_no_other_site(client: Client, owner: Staff, next_url: str) -> None:
    secret, _codes = enrol(owner)
    client.post(
        f"{reverse('sign-in')}?next={next_url}", {"username": ADDRESS, "password": PASSWORD, "next": next_url}
    )
    answer = client.post(f"{reverse('sign-in-code')}?next={next_url}", {"code": present_code(secret)})
    assert answer["Location"] == reverse("overview")


def test_a_role_that_needs_a_second_step_gets_nowhere_without(browser: Client, owner: Staff) -> None:
    require_for_owners()
    for name in ("jobs", "account", "access"):
        assert browser.get(reverse(name))["Location"] == reverse("second-step")
    fragment = browser.get(reverse("jobs"), headers={"HX-Request": "true"})
    assert fragment["HX-Redirect"] == reverse("second-step")
    assert browser.get("/api/v1/me").status_code == 403
    page = browser.get(reverse("second-step"))
    assert page.status_code == 200
    assert b"data:image/svg+xml" in page.content
    secret = services.second_step.begin(viewer=queries.viewer_of(owner)).secret
    shown = browser.post(reverse("second-step"), {"code": pyotp.TOTP(secret).at(clock.now())})
    assert shown.status_code == 200
    assert shown["Cache-Control"] == "no-store"
    assert browser.get(reverse("jobs")).status_code == 200
    off = browser.post(reverse("second-step-off"), {"password": PASSWORD})
    assert off.status_code == 422


def test_a_second_step_is_turned_off_with_the_password_only(browser: Client, owner: Staff) -> None:
    enrol(owner)
    browser.force_login(Staff.objects.get(), backend="django.contrib.auth.backends.ModelBackend")
    assert browser.get(reverse("second-step")).status_code == 200
    assert browser.post(reverse("second-step-off"), {"password": "wrong"}).status_code == 422
    assert signing_in.second_step(queries.viewer_of(owner)).since is not None
    browser.post(reverse("second-step-off"), {"password": PASSWORD})
    assert signing_in.second_step(queries.viewer_of(owner)).since is None


def test_new_recovery_codes_replace_the_old_ones(browser: Client, owner: Staff) -> None:
    _secret, codes = enrol(owner)
    browser.force_login(Staff.objects.get(), backend="django.contrib.auth.backends.ModelBackend")
    assert browser.post(reverse("second-step-codes"), {"password": PASSWORD}).status_code == 200
    assert not services.second_step.verify(staff_id=owner.pk, code=codes[0])


def test_sessions_end_when_idle_and_in_any_case(browser: Client) -> None:
    moment = clock.now()
    assert is_signed_in(browser)
    with clock.frozen(moment + timedelta(hours=7)):
        assert is_signed_in(browser)
    with clock.frozen(moment + timedelta(hours=7 + 9)):
        assert not is_signed_in(browser)


def test_a_session_that_is_used_ends_after_its_life(browser: Client) -> None:
    moment = clock.now()
    for hours in range(0, 168, 6):
        with clock.frozen(moment + timedelta(hours=hours)):
            assert is_signed_in(browser), hours
    with clock.frozen(moment + timedelta(hours=169)):
        assert not is_signed_in(browser)


def test_shorter_limits_hold_for_open_sessions(browser: Client) -> None:
    assert is_signed_in(browser)
    services.save_sign_in_rules(viewer=SYSTEM, version=0, roles=[], idle_minutes=5, absolute_hours=1)
    with clock.frozen(clock.now() + timedelta(minutes=6)):
        assert not is_signed_in(browser)


def test_one_sees_where_one_is_signed_in_and_ends_one_or_all(owner: Staff) -> None:
    here, there = Client(headers={"User-Agent": "Mozilla Firefox/140.0 (Windows NT 10.0)"}), Client()
    for browser in (here, there):
        sign_in(browser)
        browser.get(reverse("account"))
    listed = signing_in.sessions(queries.viewer_of(owner), owner.pk)
    assert len(listed) == 2
    text = here.get(reverse("account")).content.decode()
    assert "Firefox · Windows" in text
    cookies = {str(browser.cookies[settings.SESSION_COOKIE_NAME].value) for browser in (here, there)}
    assert not any(cookie in text for cookie in cookies)
    key = next(s.key for s in listed if s.agent == "")
    here.post(reverse("account-session-end", args=[key]))
    assert not is_signed_in(there)
    assert is_signed_in(here)
    sign_in(there)
    here.post(reverse("account-sessions-end"))
    assert not is_signed_in(there)
    assert is_signed_in(here)


def test_a_new_password_ends_the_other_sessions(browser: Client, owner: Staff) -> None:
    there = Client()
    sign_in(there)
    wrong = browser.post(reverse("account-password"), {"present": "wrong", "fresh": NEW_PASSWORD})
    assert wrong.status_code == 422
    assert is_signed_in(there)
    browser.post(reverse("account-password"), {"present": PASSWORD, "fresh": NEW_PASSWORD})
    assert is_signed_in(browser)
    assert not is_signed_in(there)
    assert StaffSession.objects.filter(staff=owner).count() == 1
    assert sign_in(Client(), password=PASSWORD).status_code == 200
    assert sign_in(Client(), password=NEW_PASSWORD).status_code == 302


def test_a_session_that_was_ended_does_not_come_back_by_its_own_work(browser: Client, owner: Staff) -> None:
    assert is_signed_in(browser)
    StaffSession.objects.all().delete()
    browser.post(reverse("set_language"), {"language": "en"})
    assert not is_signed_in(browser)


def test_a_token_is_shown_once_and_ends_by_its_owner(browser: Client, owner: Staff) -> None:
    shown = browser.post(reverse("account-token-new"), {"label": "till", "days": "5"}).content.decode()
    assert "siyu_" in shown
    assert "siyu_" not in browser.get(reverse("account")).content.decode().replace("siyu_theme", "")
    (token,) = signing_in.tokens(queries.viewer_of(owner))
    assert token.label == "till"
    browser.post(reverse("account-token-end", args=[token.id]))
    assert signing_in.tokens(queries.viewer_of(owner)) == []
    assert browser.post(reverse("account-token-end", args=[token.id])).status_code == 404


def test_the_name_is_ones_own_to_change(browser: Client, owner: Staff) -> None:
    browser.post(reverse("account"), {"name": "<script>alert(1)</script>"})
    assert "<script>alert(1)" not in browser.get(reverse("account")).content.decode()
    assert browser.post(reverse("account"), {"name": " "}).status_code == 422


def test_the_rules_page_keeps_what_it_says(browser: Client) -> None:
    page = reverse("settings-sign-in")
    assert browser.get(page).status_code == 200
    body = {"idle_minutes": "30", "absolute_hours": "12", "roles": ["guide"], "version": "0"}
    assert browser.post(page, body).status_code == 302
    rules = signing_in.sign_in_rules()
    assert (rules.roles, rules.idle_minutes, rules.absolute_hours) == ({"guide"}, 30, 12)
    assert browser.post(page, body).status_code == 409, "somebody else has changed them"
    assert browser.post(page, body | {"version": "1", "idle_minutes": "1"}).status_code == 422

"""Every operation × everybody who might call it. An operation that is added is tested here without another line."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from tests.api.conftest import Caller

from siyu.api.application import api as application
from siyu.kernel import clock
from siyu.org import services as org
from siyu.org.models import Staff

pytestmark = pytest.mark.django_db
METHODS = ("get", "post", "put", "patch", "delete")


def _operations() -> list[tuple[str, str]]:
    """(method, address) of every operation, with ids that exist nowhere."""
    import siyu.api.urls  # noqa: F401  binds the routers

    paths = application.get_openapi_schema(path_prefix="/api/")["paths"]
    return [
        (method, _with_ids(path))
        for path, operations in paths.items()
        for method in METHODS
        if method in operations
    ]


def _with_ids(path: str) -> str:
    return "/".join("999999" if part.startswith("{") else part for part in path.split("/"))


OPERATIONS = _operations()


def _send(client: Client, method: str, path: str) -> Any:
    body = {"data": "{}", "content_type": "application/json"} if method != "get" else {}
    return getattr(client, method)(path, **body)


@pytest.fixture
def expired(owner: Staff) -> Caller:
    with clock.frozen(clock.now() - timedelta(days=3)):
        return Caller(org.create_token(staff_id=owner.pk, label="old", days=1))


@pytest.fixture
def revoked(owner: Staff) -> Caller:
    caller = Caller(org.create_token(staff_id=owner.pk, label="lost"))
    org.revoke_tokens(staff_id=owner.pk)
    return caller


@pytest.fixture
def ex_employee(db: None) -> Caller:
    staff_id = org.create_staff(email="bob@example.com", name="Bob", password="correct horse battery")
    caller = Caller(org.create_token(staff_id=staff_id, label="bob"))
    Staff.objects.filter(pk=staff_id).update(is_active=False)
    return caller


@pytest.fixture
def wrong_token(db: None) -> Caller:
    return Caller("siyu_not-a-token")


def test_there_are_operations() -> None:
    assert len(OPERATIONS) > 10


@pytest.mark.parametrize("who", ["stranger", "wrong_token", "expired", "revoked", "ex_employee"])
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_nobody_but_staff_gets_in(request: pytest.FixtureRequest, who: str, method: str, path: str) -> None:
    answer = _send(request.getfixturevalue(who), method, path)
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["WWW-Authenticate"] == 'Bearer realm="siyu"'
    assert json.loads(answer.content)["code"] == "not_signed_in"


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_the_owner_gets_in(api: Caller, method: str, path: str) -> None:
    answer = _send(api, method, path)
    assert answer.status_code not in (401, 403, 405, 500)
    assert int(answer["RateLimit-Remaining"]) == 599


@pytest.mark.parametrize(("method", "path"), [pair for pair in OPERATIONS if pair[0] != "get"])
def test_a_session_changes_nothing_without_its_csrf_token(owner: Staff, method: str, path: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    answer = _send(client, method, path)
    assert (answer.status_code, json.loads(answer.content)["code"]) == (403, "csrf")


def test_a_session_reads_and_with_its_token_changes(owner: Staff) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/api/v1/me").json()["via"] == "session"
    csrf = client.get(reverse("api:openapi-view")).content.decode().partition('data-csrf-token="')[2].partition('"')[0]
    answer = client.delete("/api/v1/me/tokens", headers={"x-csrftoken": csrf})
    assert answer.json() == {"revoked_count": 0}


def test_a_wrong_token_is_refused_beside_a_good_session(owner: Staff) -> None:
    client = Client()
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/api/v1/me", headers={"authorization": "Bearer siyu_wrong"}).status_code == 401


def test_a_session_of_an_ex_employee_ends(owner: Staff) -> None:
    client = Client()
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    Staff.objects.filter(pk=owner.pk).update(is_active=False)
    assert client.get("/api/v1/me").status_code == 401


@pytest.mark.parametrize("path", ["/api/docs", "/api/v1/openapi.json"])
def test_the_documentation_is_for_staff(stranger: Caller, api: Caller, path: str) -> None:
    assert stranger.get(path).status_code == 401
    assert api.get(path).status_code == 200

"""Every page × every system role: who gets in follows from the permissions, and from nothing else."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import get_resolver
from tests.support.pages import addresses

from siyu.org import queries, services
from siyu.org.access import SIGNED_IN
from siyu.org.models import Staff
from siyu.org.roles import OWNER, SYSTEM_ROLES, permissions_of

pytestmark = pytest.mark.django_db
REFUSED = 403


def _permissions(path: str) -> tuple[str, ...]:
    func = get_resolver().resolve(path).func
    return () if getattr(func, "public", False) else func.permissions


@pytest.fixture
def cast(db: None) -> dict[str, Client]:
    """A signed-in browser for every system role at the company, and for somebody without any."""
    found = {}
    for key in (*SYSTEM_ROLES, ""):
        staff_id = services.create_staff(
            email=f"{key or 'nobody'}@example.com", name=key or "Nobody", password="correct horse battery", role=key
        )
        client = Client(raise_request_exception=False)
        client.force_login(Staff.objects.get(pk=staff_id), backend="django.contrib.auth.backends.ModelBackend")
        found[key] = client
    return found


def test_every_page_says_what_it_needs() -> None:
    silent = [name for name, path in addresses() if not getattr(get_resolver().resolve(path).func, "public", False)
              and not getattr(get_resolver().resolve(path).func, "permissions", ())]  # fmt: skip
    assert silent == []


def test_every_page_against_every_role(cast: dict[str, Client]) -> None:
    wrong = []
    for key, client in cast.items():
        held = permissions_of(key) if key else frozenset[str]()
        for name, path in addresses():
            needed = _permissions(path)
            if not needed or name == "sign-out":
                continue
            expected = key == OWNER or SIGNED_IN in needed or bool(held & set(needed))
            for method in ("get", "post"):
                # The part without its frame: who may not see the page may not see that either.
                got_in = getattr(client, method)(path, headers={"HX-Request": "true"}).status_code != REFUSED
                if got_in != expected:
                    wrong.append((key, method, name))
    assert wrong == []


def test_a_role_that_changes_counts_in_the_open_session(cast: dict[str, Client]) -> None:
    guide = Staff.objects.get(email="guide@example.com")
    assert cast["guide"].get("/staff/").status_code == REFUSED
    services.ensure_owner(staff_id=guide.pk)
    assert cast["guide"].get("/staff/").status_code == 200
    assert queries.viewer_of(guide).may("staff.manage")


def test_a_view_that_says_nothing_is_closed_even_to_the_owner(
    cast: dict[str, Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    from siyu.console.web import jobs

    monkeypatch.delattr(jobs.job_list, "permissions")
    assert cast[OWNER].get("/jobs/").status_code == REFUSED

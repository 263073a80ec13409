"""How staff get in, by API: the same bounds as the page, each step in the audit log."""

from __future__ import annotations

import pytest
from django.test import Client
from tests.api.conftest import Caller
from tests.support.organisation import PASSWORD, Chain, person
from tests.support.sign_in import enrol, sign_in

from siyu.audit.models import Entry
from siyu.org import queries, services
from siyu.org.contracts import SYSTEM, MembershipIn
from siyu.org.models import Staff, StaffSession

pytestmark = pytest.mark.django_db
CHOSEN = "staple battery horse"


@pytest.fixture
def chain(db: None) -> Chain:
    return Chain.make()


@pytest.fixture
def guide(chain: Chain) -> Staff:
    """Somebody of a shop in the east."""
    return Staff.objects.get(pk=person("guide", chain.east_store, "guide@example.com").staff_id)


@pytest.fixture
def program(chain: Chain) -> Caller:
    """A key of the east that manages staff there and may do what guides may."""
    guide_may = queries.role(SYSTEM, queries.role_id("guide")).permissions
    made = services.create_key(
        viewer=SYSTEM, name="HR", permissions={"staff.view", "staff.manage", *guide_may}, node_id=chain.east
    )
    return Caller(made.secret)


def signed_in(email: str) -> Client:
    browser = Client()
    sign_in(browser, email=email, password=PASSWORD)
    return browser


def actions() -> list[str]:
    return list(Entry.objects.filter(via__in=["key", "token"]).order_by("pk").values_list("action", flat=True))


def test_sessions_are_listed_and_ended(program: Caller, guide: Staff) -> None:
    for _ in range(3):
        signed_in("guide@example.com")
    address = f"/access/{guide.pk}/sessions"
    listed = program.send("GET", address).json()["items"]
    assert len(listed) == 3
    assert not {row["key"] for row in listed} & set(StaffSession.objects.values_list("session_key", flat=True))
    assert program.send("DELETE", f"{address}/{listed[0]['key']}").status_code == 204
    assert program.send("DELETE", f"{address}/{listed[0]['key']}").status_code == 404
    assert program.send("DELETE", address).json() == {"ended_count": 2}
    assert program.send("GET", address).json() == {"items": []}
    assert actions() == ["sessions.ended", "sessions.ended"]


def test_a_link_is_made_used_and_ended(api: Caller, guide: Staff, client: Client) -> None:
    address = f"/access/{guide.pk}/link"
    first = api.send("POST", address)
    second = api.send("POST", address).json()
    assert (first.status_code, second["purpose"], second["staff_id"]) == (201, "reset", guide.pk)
    assert client.get(first.json()["url"]).status_code != 200, "the later link ends the earlier"
    assert client.post(second["url"], {"fresh": CHOSEN, "again": CHOSEN}).status_code == 302
    assert Staff.objects.get(pk=guide.pk).check_password(CHOSEN)
    third = api.send("POST", address).json()
    assert api.send("GET", f"/access/{guide.pk}").json()["link_expires_at"] is not None
    assert api.send("DELETE", address).status_code == 204
    assert api.send("DELETE", address).status_code == 204
    assert client.get(third["url"]).status_code != 200
    assert actions() == ["link.created", "link.created", "link.created", "link.ended"]


def test_an_invitation_for_who_has_no_password(api: Caller, chain: Chain) -> None:
    role = MembershipIn(queries.role_id("guide"), chain.east_store)
    pk = services.add_invited(viewer=SYSTEM, email="li@example.com", name="李雷", memberships=[role])
    assert [row["id"] for row in api.send("GET", "/access?waiting=true").json()["items"]] == [pk]
    assert api.send("POST", f"/access/{pk}/link").json()["purpose"] == "invitation"
    assert api.send("GET", f"/access/{pk}").json()["state"] == "invited"
    services.close_staff(viewer=SYSTEM, staff_id=pk)
    assert api.send("POST", f"/access/{pk}/link").status_code == 422


def test_a_lost_second_step_is_taken_away(program: Caller, guide: Staff) -> None:
    enrol(guide)
    assert program.send("GET", f"/access/{guide.pk}").json()["second_step"] is True
    assert program.send("DELETE", f"/access/{guide.pk}/second-step").status_code == 204
    assert program.send("GET", f"/access/{guide.pk}").json()["second_step"] is False
    assert actions() == ["second_step.reset"]


def test_nobody_goes_round_their_own_password(api: Caller, owner: Staff) -> None:
    enrol(owner)
    assert api.send("POST", f"/access/{owner.pk}/link").status_code == 422
    assert api.send("DELETE", f"/access/{owner.pk}/second-step").status_code == 422
    assert Staff.objects.get(pk=owner.pk).second_step_at is not None


def test_bounds_hold_for_every_operation(program: Caller, chain: Chain, owner: Staff, guide: Staff) -> None:
    elsewhere = person("guide", chain.west_store, "west@example.com").staff_id
    above = person("store_manager", chain.east_store, "boss@example.com").staff_id
    seller = Caller(services.create_token(staff_id=guide.pk, label="t"))
    assert [row["id"] for row in program.send("GET", "/access").json()["items"]] == [guide.pk, above]
    for method, part in (("DELETE", "sessions"), ("POST", "link"), ("DELETE", "link"), ("DELETE", "second-step")):
        assert program.send(method, f"/access/{elsewhere}/{part}").status_code == 404
        assert program.send(method, f"/access/{owner.pk}/{part}").status_code == 404
        assert program.send(method, f"/access/{above}/{part}").status_code == 403
        assert seller.send(method, f"/access/{above}/{part}").status_code == 403
    assert program.send("GET", f"/access/{elsewhere}/sessions").status_code == 404
    assert actions() == []

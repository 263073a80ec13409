"""API keys at the door: admitted with their rights, refused otherwise, counted by their own limit."""

from __future__ import annotations

from typing import Any

import pytest
from tests.api.conftest import Caller
from tests.support.organisation import Chain

from siyu.audit.models import Entry
from siyu.customers import services as customers
from siyu.customers.contracts import IdentityKey, IdentityKind, PersonIn, PlaceIn
from siyu.customers.permissions import CUSTOMERS_VIEW
from siyu.eventlog import records
from siyu.kernel import clock, ids
from siyu.org import services as org
from siyu.org.contracts import SYSTEM
from siyu.org.permissions import STAFF_VIEW

pytestmark = pytest.mark.django_db


@pytest.fixture
def chain(db: None) -> Chain:
    return Chain.make()


def key(chain: Chain, node_id: int | None = None, **given: Any) -> Caller:
    made = org.create_key(
        viewer=SYSTEM, name=f"Till {given}", node_id=node_id or chain.company,
        **{"permissions": [CUSTOMERS_VIEW], **given},
    )  # fmt: skip
    return Caller(made.secret)


def buyer(member: str, node_id: int) -> int:
    with records.transaction():
        person = PersonIn((IdentityKey(IdentityKind.MEMBER, "main", member),), clock.now(), member)
        (customer_id,) = customers.ensure_people([person], source="test", trace_id=ids.new_trace_id())
        customers.place_customers(viewer=SYSTEM, places={customer_id: PlaceIn(node_id=node_id)})
    return customer_id


def test_a_key_sees_its_place_only(chain: Chain) -> None:
    east, west = buyer("E-1", chain.east_store), buyer("W-1", chain.west_store)
    caller = key(chain, chain.east)
    assert caller.send("GET", f"/customers/{east}").status_code == 200
    assert caller.send("GET", f"/customers/{west}").status_code == 404
    assert [item["id"] for item in caller.send("GET", "/customers").json()["items"]] == [east]


def test_it_may_do_what_it_was_given_and_nothing_else(chain: Chain) -> None:
    caller = key(chain)
    me = caller.send("GET", "/me").json()
    assert (me["via"], me["staff_id"], me["all_customers"]) == ("key", None, True)
    assert me["key_id"]
    assert caller.send("GET", "/customers").status_code == 200
    assert caller.send("GET", "/audit").status_code == 403
    assert caller.send("GET", "/keys").status_code == 403
    assert caller.send("DELETE", "/me/tokens").status_code == 403


def test_ended_and_unknown_keys_are_nobody(chain: Chain) -> None:
    made = org.create_key(viewer=SYSTEM, name="Till", node_id=chain.company, permissions=[CUSTOMERS_VIEW])
    assert Caller(made.secret).send("GET", "/me").status_code == 200
    org.revoke_key(viewer=SYSTEM, key_id=made.id)
    assert Caller(made.secret).send("GET", "/me").status_code == 401
    assert Caller("siyu_key_nonsense").send("GET", "/me").status_code == 401


def test_from_elsewhere_it_is_told_so(chain: Chain) -> None:
    answer = key(chain, networks=["203.0.113.0/24"]).send("GET", "/customers")
    assert (answer.status_code, answer.json()["code"]) == (403, "wrong_address")
    assert key(chain, networks=["127.0.0.0/8"]).send("GET", "/customers").status_code == 200


def test_over_its_limit_it_waits_and_others_do_not(chain: Chain) -> None:
    slow, other = key(chain, rate_per_minute=2), key(chain, rate_per_minute=3)
    first = slow.send("GET", "/me")
    assert (first["RateLimit-Limit"], first["RateLimit-Remaining"]) == ("2", "1")
    assert slow.send("GET", "/me").status_code == 200
    refused = slow.send("GET", "/me")
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert other.send("GET", "/me").status_code == 200


def test_what_it_does_stands_under_its_name(chain: Chain, api: Caller) -> None:
    made = api.send(
        "POST", "/keys", {"name": "ERP", "permissions": ["keys.manage", CUSTOMERS_VIEW], "node_id": chain.company}
    ).json()
    caller = Caller(made["secret"])
    small = caller.send("POST", "/keys", {"name": "S", "permissions": [CUSTOMERS_VIEW], "node_id": chain.east}).json()
    entry = Entry.objects.latest("pk")
    assert (entry.via, entry.key_id, entry.actor_name, entry.staff_id) == ("key", made["id"], "ERP", None)
    beyond = caller.send("POST", "/keys", {"name": "X", "permissions": [STAFF_VIEW], "node_id": chain.east})
    assert (beyond.status_code, beyond.json()["code"]) == (403, "beyond_yourself")
    renewed = caller.send("POST", f"/keys/{small['id']}/rotate", {"overlap_hours": 0}).json()
    assert Caller(small["secret"]).send("GET", "/me").status_code == 401
    assert Caller(renewed["secret"]).send("GET", "/me").status_code == 200
    assert caller.send("POST", f"/keys/{small['id']}/revoke").json()["state"] == "revoked"
    assert [item["name"] for item in caller.send("GET", "/keys").json()["items"]] == ["S", "ERP"]
    assert "secret" not in caller.send("GET", f"/keys/{small['id']}").json()


def test_others_are_refused(chain: Chain, stranger: Caller) -> None:
    assert stranger.send("GET", "/keys").status_code == 401
    staff_id = org.create_staff(email="op@example.com", name="Op", password="correct horse battery", role="operator")
    operator = Caller(org.create_token(staff_id=staff_id, label="t"))
    for method, path in (("GET", "/keys"), ("GET", "/keys/1"), ("POST", "/keys/1/revoke")):
        assert operator.send(method, path).status_code == 403

"""API keys: exactly their rights, and nobody makes one beyond their own."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.support.organisation import Chain, person

from siyu.audit.models import Entry
from siyu.customers.permissions import CUSTOMERS_VIEW
from siyu.kernel import clock
from siyu.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from siyu.org import queries, services
from siyu.org.api_keys import KeyState, NewKey, WrongAddress
from siyu.org.contracts import EVERYTHING, SYSTEM, BeyondYourself, Scope, Viewer
from siyu.org.models import ApiKey
from siyu.org.permissions import AUDIT_VIEW, KEYS_MANAGE, STAFF_VIEW

pytestmark = pytest.mark.django_db


def make(viewer: Viewer = SYSTEM, **given: Any) -> NewKey:
    node_id = given.pop("node_id", None) or queries.root().id
    return services.create_key(
        viewer=viewer, node_id=node_id, **{"name": "Till", "permissions": [CUSTOMERS_VIEW], **given}
    )


def viewer_behind(secret: str, origin: str = "203.0.113.7") -> Viewer | None:
    admitted = queries.key_viewer(secret, origin=origin, trace_id="ab" * 16)
    return admitted.viewer if admitted else None


def test_a_key_is_a_viewer_with_exactly_its_rights(chain: Chain) -> None:
    made = make(node_id=chain.east)
    seen = viewer_behind(made.secret)
    assert seen == Viewer(
        staff_id=None, name="Till", scope=Scope(paths=(chain.path(chain.east),)),
        permissions=frozenset({CUSTOMERS_VIEW}), via="key", origin="203.0.113.7", trace_id="ab" * 16, key_id=made.id,
    )  # fmt: skip
    assert not seen.may(STAFF_VIEW)
    whole = viewer_behind(make(name="All").secret)
    assert whole is not None
    assert whole.scope == EVERYTHING


def test_only_a_fingerprint_is_kept() -> None:
    made = make()
    row = ApiKey.objects.get(pk=made.id)
    kept = " ".join(str(getattr(row, field.name)) for field in row._meta.fields)
    assert made.secret not in kept
    assert made.secret[-12:] not in kept
    assert made.secret not in str(list(Entry.objects.values_list()))
    assert viewer_behind(made.secret + "x") is None
    assert viewer_behind("") is None


def test_it_ends_when_it_should(monkeypatch: pytest.MonkeyPatch) -> None:
    made = make(days=1)
    later = clock.now() + timedelta(days=1, seconds=1)
    assert viewer_behind(made.secret) is not None
    monkeypatch.setattr(clock, "now", lambda: later)
    assert viewer_behind(made.secret) is None
    assert queries.key(SYSTEM, made.id).state is KeyState.EXPIRED
    with pytest.raises(Conflict):
        services.rotate_key(viewer=SYSTEM, key_id=made.id)


def test_a_revoked_key_opens_nothing_and_stays_in_the_list() -> None:
    made = make()
    services.rotate_key(viewer=SYSTEM, key_id=made.id)
    services.revoke_key(viewer=SYSTEM, key_id=made.id)
    services.revoke_key(viewer=SYSTEM, key_id=made.id)
    assert viewer_behind(made.secret) is None
    assert [key.state for key in queries.keys(SYSTEM)] == [KeyState.REVOKED]
    assert list(Entry.objects.filter(object_kind="key").order_by("pk").values_list("action", flat=True)) == [
        "key.created", "key.rotated", "key.revoked",
    ]  # fmt: skip


def test_both_secrets_work_during_the_overlap(monkeypatch: pytest.MonkeyPatch) -> None:
    old = make()
    new = services.rotate_key(viewer=SYSTEM, key_id=old.id, overlap_hours=2)
    assert (viewer_behind(old.secret), viewer_behind(new.secret)) != (None, None)
    assert viewer_behind(old.secret) is not None
    moment = clock.now() + timedelta(hours=2, seconds=1)
    monkeypatch.setattr(clock, "now", lambda: moment)
    assert viewer_behind(old.secret) is None
    assert viewer_behind(new.secret) is not None


def test_a_rotation_without_overlap_ends_the_old_secret_now() -> None:
    old = make()
    services.rotate_key(viewer=SYSTEM, key_id=old.id, overlap_hours=0)
    assert viewer_behind(old.secret) is None
    with pytest.raises(InvalidInput):
        services.rotate_key(viewer=SYSTEM, key_id=old.id, overlap_hours=169)


@pytest.mark.parametrize(
    ("networks", "origin", "allowed"),
    [
        ([], "198.51.100.1", True),
        (["203.0.113.0/24"], "203.0.113.9", True),
        (["203.0.113.9"], "203.0.113.9", True),
        (["203.0.113.9/24"], "203.0.113.250", True),
        (["203.0.113.0/24"], "203.0.114.1", False),
        (["2001:db8::/32"], "2001:db8::1", True),
        (["2001:db8::/32"], "203.0.113.9", False),
        (["203.0.113.0/24"], "", False),
    ],
)
def test_addresses(networks: list[str], origin: str, allowed: bool) -> None:
    made = make(networks=networks)
    if allowed:
        assert viewer_behind(made.secret, origin) is not None
    else:
        with pytest.raises(WrongAddress):
            viewer_behind(made.secret, origin)


def test_the_last_use_is_noted_but_not_at_every_call(django_assert_num_queries: Any) -> None:
    made = make()
    viewer_behind(made.secret)
    key = queries.key(SYSTEM, made.id)
    assert (key.last_used_from, key.last_used_at is not None) == ("203.0.113.7", True)
    with django_assert_num_queries(1):
        viewer_behind(made.secret)


def test_a_closed_place_sees_nobody(chain: Chain) -> None:
    made = make(node_id=chain.east_store)
    services.close_node(viewer=SYSTEM, node_id=chain.east_store)
    seen = viewer_behind(made.secret)
    assert seen is not None
    assert seen.scope == Scope()


def test_nobody_makes_a_key_beyond_their_own_rights(chain: Chain) -> None:
    manager = person("store_manager", chain.east)
    with pytest.raises(NotAllowed):
        make(manager)
    lead = replace(manager, permissions=manager.permissions | {KEYS_MANAGE})
    assert make(lead, node_id=chain.east_store).id
    with pytest.raises(BeyondYourself):
        make(lead, name="More", node_id=chain.east, permissions=[AUDIT_VIEW])
    with pytest.raises(NotFound):
        make(lead, name="Other", node_id=chain.west)
    with pytest.raises(NotFound):
        make(lead, name="Root")


def test_keys_of_other_places_do_not_exist_for_them(chain: Chain) -> None:
    west, strong = make(node_id=chain.west), make(name="Strong", node_id=chain.east, permissions=[AUDIT_VIEW])
    manager = person("store_manager", chain.east)
    lead = replace(manager, permissions=manager.permissions | {KEYS_MANAGE})
    assert [key.id for key in queries.keys(lead)] == [strong.id]
    with pytest.raises(NotFound):
        queries.key(lead, west.id)
    with pytest.raises(NotFound):
        services.rotate_key(viewer=lead, key_id=west.id)
    with pytest.raises(NotFound):
        services.revoke_key(viewer=lead, key_id=west.id)
    # Its secret would give them more than they have; to end it is theirs.
    with pytest.raises(BeyondYourself):
        services.rotate_key(viewer=lead, key_id=strong.id)
    services.revoke_key(viewer=lead, key_id=strong.id)


@pytest.mark.parametrize(
    "given",
    [
        {"name": " "}, {"name": "x" * 81}, {"permissions": []}, {"permissions": ["fly"]}, {"permissions": ["*"]},
        {"days": 0}, {"days": 4_000}, {"networks": ["somewhere"]}, {"networks": ["203.0.113.0/99"]},
        {"networks": [f"203.0.113.{n}" for n in range(60)]}, {"rate_per_minute": 0}, {"rate_per_minute": 601},
    ],
)  # fmt: skip
def test_bad_input_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        make(**given)
    assert not ApiKey.objects.exists()


def test_names_are_unique() -> None:
    make()
    with pytest.raises(InvalidInput):
        make()

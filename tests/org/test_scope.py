"""Who sees what: roles become permissions and a scope, scopes nest, and changes count at once."""

from __future__ import annotations

import pytest
from tests.support.organisation import Chain, person

from siyu.kernel.errors import NotAllowed
from siyu.org import queries, services
from siyu.org.contracts import ALL_PERMISSIONS, EVERYTHING, NOBODY, SYSTEM, MembershipIn, Reach, Scope
from siyu.org.models import Staff
from siyu.org.registries import PERMISSIONS
from siyu.org.roles import SYSTEM_ROLES

pytestmark = pytest.mark.django_db


def test_the_owner_may_do_everything_and_sees_everything(chain: Chain) -> None:
    alice = person("owner", chain.company)
    assert (alice.permissions, alice.scope) == (ALL_PERMISSIONS, EVERYTHING)
    assert alice.may("anything.that.comes.later")


def test_a_manager_sees_the_subtree_and_a_guide_the_own_customers(chain: Chain) -> None:
    manager, guide = person("store_manager", chain.east), person("guide", chain.east_store)
    assert manager.scope == Scope(paths=(chain.path(chain.east),))
    assert guide.scope == Scope(staff_id=guide.staff_id)
    assert not manager.may("plans.launch")
    with pytest.raises(NotAllowed):
        guide.require("staff.view")


def test_without_a_role_there_is_nothing_to_see_or_do(chain: Chain) -> None:
    nobody = person("", chain.company, "nobody@example.com")
    assert (nobody.scope, nobody.permissions) == (NOBODY, frozenset())


def test_two_roles_join(chain: Chain) -> None:
    bob = person("store_manager", chain.east)
    assert bob.staff_id
    roles = {key: queries.role_id(key) for key in ("store_manager", "guide")}
    services.set_memberships(
        viewer=SYSTEM,
        staff_id=bob.staff_id,
        memberships=[MembershipIn(roles["store_manager"], chain.east_store), MembershipIn(roles["guide"], chain.west)],
    )
    again = queries.viewer_of(Staff.objects.get(pk=bob.staff_id))
    assert again.scope == Scope(paths=(chain.path(chain.east_store),), staff_id=bob.staff_id)


def test_of_nested_places_the_outer_one_stays(chain: Chain) -> None:
    bob = person("store_manager", chain.east)
    manager = queries.role_id("store_manager")
    assert bob.staff_id
    both = [MembershipIn(manager, chain.east), MembershipIn(manager, chain.east_store)]
    services.set_memberships(viewer=SYSTEM, staff_id=bob.staff_id, memberships=both)
    assert queries.viewer_of(Staff.objects.get(pk=bob.staff_id)).scope.paths == (chain.path(chain.east),)


def test_a_closed_place_gives_nothing(chain: Chain) -> None:
    bob = person("store_manager", chain.east_store)
    services.close_node(viewer=SYSTEM, node_id=chain.east_store)
    assert queries.viewer_of(Staff.objects.get(pk=bob.staff_id)).scope == NOBODY


def test_a_moved_store_changes_hands_at_once(chain: Chain) -> None:
    bob = person("store_manager", chain.east)
    services.move_node(viewer=SYSTEM, node_id=chain.west_store, parent_id=chain.east)
    assert {node.code for node in queries.nodes(bob)} == {"E", "E1", "W1"}
    assert chain.path(chain.west_store) == f"{chain.path(chain.east)}{chain.west_store}."


def test_the_switch_narrows_and_never_widens(chain: Chain) -> None:
    alice, bob = person("owner", chain.company), person("store_manager", chain.east)
    narrowed = alice.narrowed(chain.path(chain.east))
    assert narrowed.scope == Scope(paths=(chain.path(chain.east),))
    assert narrowed.all_customers
    assert bob.narrowed(chain.path(chain.company)).scope == bob.scope
    assert bob.narrowed(chain.path(chain.east_store)).scope == Scope(paths=(chain.path(chain.east_store),))
    assert bob.narrowed(chain.path(chain.west)).scope == NOBODY


def test_own_roles_give_what_they_say_and_change_at_once(chain: Chain) -> None:
    role_id = services.create_role(
        viewer=SYSTEM, label="Cashier", reach=Reach.SUBTREE, permissions=["customers.view"]
    )
    bob = person(next(role.key for role in queries.roles(SYSTEM) if role.id == role_id), chain.east)
    assert (bob.permissions, bob.scope.paths) == (frozenset({"customers.view"}), (chain.path(chain.east),))
    version = 1
    services.change_role(
        viewer=SYSTEM, role_id=role_id, version=version, label="Cashier", reach=Reach.OWN, permissions=[]
    )
    again = queries.viewer_of(Staff.objects.get(pk=bob.staff_id))
    assert (again.permissions, again.scope) == (frozenset(), Scope(staff_id=bob.staff_id))


def test_every_permission_names_known_roles() -> None:
    assert len(PERMISSIONS) > 10
    assert {role for permission in PERMISSIONS for role in permission.roles} <= set(SYSTEM_ROLES)
    assert all(permission.label and permission.area for permission in PERMISSIONS)


def test_whom_to_ask(chain: Chain) -> None:
    alice, east = person("owner", chain.company), person("store_manager", chain.east)
    person("guide", chain.east_store)
    assert set(queries.staff_with("customers.place", node_path=chain.path(chain.east_store))) == {
        alice.staff_id, east.staff_id,
    }  # fmt: skip
    assert queries.staff_with("customers.place", node_path=chain.path(chain.west)) == [alice.staff_id]

"""The tree, staff and roles: what is refused, what may be handed on, and files of both."""

from __future__ import annotations

import pytest
from tests.support.organisation import NODE_FILE, PASSWORD, Chain, person

from siyu.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from siyu.org import queries, services
from siyu.org.contracts import (
    SYSTEM,
    BadFile,
    BeyondYourself,
    CodeTaken,
    LastOwner,
    MembershipIn,
    NodeInUse,
    NodeKind,
    Reach,
    RoleInUse,
    Viewer,
)
from siyu.org.models import Membership, Node, Staff

pytestmark = pytest.mark.django_db


# --- the tree --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parent", "kind"),
    [("E1", NodeKind.REGION), ("E1", NodeKind.STORE), ("E", NodeKind.BRAND), ("company", NodeKind.COMPANY)],
)
def test_a_place_stands_only_below_an_earlier_kind(chain: Chain, parent: str, kind: NodeKind) -> None:
    parent_id = Node.objects.get(code=parent).pk
    with pytest.raises(InvalidInput):
        services.create_node(viewer=SYSTEM, parent_id=parent_id, kind=kind, name="x", code="x")


def test_codes_are_unique_and_names_needed(chain: Chain) -> None:
    make = {"viewer": SYSTEM, "parent_id": chain.east, "kind": NodeKind.STORE}
    with pytest.raises(CodeTaken):
        services.create_node(**make, name="x", code="E1")
    for name, code in (("", "x"), ("x" * 81, "x"), ("x", ""), ("x", "a b"), ("x", "a,b")):
        with pytest.raises(InvalidInput):
            services.create_node(**make, name=name, code=code)
    assert Node.objects.count() == 5


def test_a_place_is_not_moved_below_itself(chain: Chain) -> None:
    inner = services.create_node(viewer=SYSTEM, parent_id=chain.east, kind=NodeKind.REGION, name="x", code="X")
    for parent_id in (chain.east, inner):
        with pytest.raises(InvalidInput):
            services.move_node(viewer=SYSTEM, node_id=chain.east, parent_id=parent_id)
    with pytest.raises(InvalidInput):
        services.move_node(viewer=SYSTEM, node_id=chain.company, parent_id=chain.east)


def test_two_people_editing_the_same_place(chain: Chain) -> None:
    change = {"viewer": SYSTEM, "node_id": chain.east, "version": 1, "code": "E"}
    services.change_node(**change, name="华东大区")
    with pytest.raises(Conflict):
        services.change_node(**change, name="东区")
    assert queries.node(SYSTEM, chain.east).name == "华东大区"


def test_a_place_with_somebody_or_something_in_it_stays(chain: Chain) -> None:
    person("guide", chain.east_store)
    for node_id in (chain.east, chain.east_store):
        with pytest.raises(NodeInUse):
            services.delete_node(viewer=SYSTEM, node_id=node_id)
    services.delete_node(viewer=SYSTEM, node_id=chain.west_store)
    assert not Node.objects.filter(pk=chain.west_store).exists()


# --- who may hand on what --------------------------------------------------------------------------------------------


@pytest.fixture
def chief(chain: Chain) -> Viewer:
    """Leads the east and may change its staff."""
    role_id = services.create_role(
        viewer=SYSTEM,
        label="Regional chief",
        reach=Reach.SUBTREE,
        permissions=["staff.view", "staff.manage", "customers.view", "overview.view", "jobs.view"],
    )
    key = next(role.key for role in queries.roles(SYSTEM) if role.id == role_id)
    return person(key, chain.east, "chief@example.com")


def test_nobody_gives_more_than_they_have(chain: Chain, chief: Viewer) -> None:
    add = {"viewer": chief, "email": "new@example.com", "name": "New"}
    for role, node_id in (("owner", chain.east), ("analyst", chain.east), ("guide", chain.west)):
        with pytest.raises(BeyondYourself):
            services.add_staff(**add, memberships=[MembershipIn(queries.role_id(role), node_id)])
    assert not Staff.objects.filter(email="new@example.com").exists()
    services.add_staff(**add, memberships=[MembershipIn(queries.role_id("guide"), chain.east_store)])


def test_roles_beyond_ones_own_are_not_taken_away(chain: Chain, chief: Viewer) -> None:
    staff_id = services.create_staff(
        email="both@example.com", name="Both", password=PASSWORD, role="analyst", node_id=chain.company
    )
    guide = queries.role_id("guide")
    services.set_memberships(viewer=SYSTEM, staff_id=staff_id, memberships=[
        MembershipIn(queries.role_id("analyst"), chain.company), MembershipIn(guide, chain.east_store),
    ])  # fmt: skip
    services.set_memberships(viewer=chief, staff_id=staff_id, memberships=[])
    assert list(Membership.objects.filter(staff_id=staff_id).values_list("role__key", flat=True)) == ["analyst"]


def test_somebody_above_is_not_closed_from_below(chain: Chain, chief: Viewer) -> None:
    alice = person("owner", chain.east)
    assert alice.staff_id
    with pytest.raises(NotAllowed):
        services.close_staff(viewer=chief, staff_id=alice.staff_id)


def test_people_of_other_regions_do_not_exist(chain: Chain, chief: Viewer) -> None:
    bob = person("guide", chain.west_store)
    assert bob.staff_id
    for verb in (services.close_staff, services.open_staff):
        with pytest.raises(NotFound):
            verb(viewer=chief, staff_id=bob.staff_id)
    with pytest.raises(NotFound):
        queries.staff_member(chief, bob.staff_id)
    assert [view.email for view in queries.staff(chief).items] == ["chief@example.com"]


def test_roles_are_made_within_ones_own(chain: Chain) -> None:
    bob = person("operator", chain.company)
    with pytest.raises(NotAllowed):
        services.create_role(viewer=bob, label="x", reach=Reach.OWN, permissions=[])
    for wrong in ({"permissions": ["nothing.known"]}, {"label": " "}):
        with pytest.raises(InvalidInput):
            services.create_role(**{"viewer": SYSTEM, "label": "x", "reach": Reach.OWN, "permissions": [], **wrong})


def test_system_roles_stay_and_used_ones_are_kept(chain: Chain) -> None:
    with pytest.raises(InvalidInput):
        services.delete_role(viewer=SYSTEM, role_id=queries.role_id("guide"))
    role_id = services.create_role(viewer=SYSTEM, label="Cashier", reach=Reach.OWN, permissions=[])
    key = next(role.key for role in queries.roles(SYSTEM) if role.id == role_id)
    person(key, chain.east)
    with pytest.raises(RoleInUse):
        services.delete_role(viewer=SYSTEM, role_id=role_id)


# --- staff -----------------------------------------------------------------------------------------------------------


def test_there_is_always_an_owner(chain: Chain) -> None:
    alice, bob = person("owner", chain.company), person("operator", chain.company)
    assert alice.staff_id
    for attempt in (
        lambda: services.close_staff(viewer=SYSTEM, staff_id=alice.staff_id or 0),
        lambda: services.set_memberships(viewer=SYSTEM, staff_id=alice.staff_id or 0, memberships=[]),
    ):
        with pytest.raises(LastOwner):
            attempt()
    assert queries.viewer_of(Staff.objects.get(pk=alice.staff_id)).permissions == alice.permissions
    services.ensure_owner(staff_id=bob.staff_id or 0)
    services.close_staff(viewer=SYSTEM, staff_id=alice.staff_id)
    assert not Staff.objects.get(pk=alice.staff_id).is_active


def test_a_closed_account_loses_its_tokens_and_comes_back_without_them(chain: Chain) -> None:
    person("owner", chain.company)
    bob = person("operator", chain.company)
    token = services.create_token(staff_id=bob.staff_id or 0, label="x")
    services.close_staff(viewer=SYSTEM, staff_id=bob.staff_id or 0)
    services.open_staff(viewer=SYSTEM, staff_id=bob.staff_id or 0)
    assert queries.staff_by_token(token) is None


@pytest.mark.parametrize("email", ["", "x", "x@", "@x.com", "x@y", "a b@x.com"])
def test_an_address_is_needed(chain: Chain, email: str) -> None:
    with pytest.raises(InvalidInput):
        services.add_staff(viewer=SYSTEM, email=email, name="X", memberships=[])


# --- files -----------------------------------------------------------------------------------------------------------

NODES = NODE_FILE
STAFF = "email,name,role,node,title\nli@example.com,李雷,guide,S1,导购\nli@example.com,李雷,店长,S2,导购\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_file_of_places_makes_them_once(chain: Chain, encoding: str) -> None:
    data = NODES.encode(encoding)
    tried = services.import_nodes(viewer=SYSTEM, data=data, dry_run=True)
    assert (tried.created_count, Node.objects.count()) == (3, 5)
    assert services.import_nodes(viewer=SYSTEM, data=data).created_count == 3
    again = services.import_nodes(viewer=SYSTEM, data=data)
    assert (again.created_count, again.changed_count, again.problems) == (0, 0, ())
    moved_rows = NODES.replace("S1,天河店,门店,S", "S1,天河旗舰店,门店,E")
    moved = services.import_nodes(viewer=SYSTEM, data=moved_rows.encode())
    assert (moved.changed_count, queries.node_by_code("S1").name) == (1, "天河旗舰店")  # type: ignore[union-attr]


def test_a_file_of_staff_gives_roles_and_never_takes_them(chain: Chain) -> None:
    services.import_nodes(viewer=SYSTEM, data=NODES.encode())
    made = services.import_staff(viewer=SYSTEM, data=STAFF.encode())
    assert (made.created_count, made.changed_count, made.problems) == (1, 1, ())
    li = Staff.objects.get(email="li@example.com")
    assert not li.has_usable_password()
    assert Membership.objects.filter(staff=li).count() == 2
    assert services.import_staff(viewer=SYSTEM, data=STAFF.encode()).changed_count == 0


def test_bad_rows_are_named_and_the_good_ones_taken(chain: Chain) -> None:
    data = b"code,name,kind,parent\nA,Good,store,E\nB,Bad,palace,E\nC,,store,E\nD,Lost,store,nowhere\n"
    found = services.import_nodes(viewer=SYSTEM, data=data)
    assert (found.row_count, found.created_count, [problem.row for problem in found.problems]) == (4, 1, [3, 4, 5])


@pytest.mark.parametrize("data", [b"", b"name\nx\n", b"code,name,kind\n", b"\xff\xfe\x00\x01"])
def test_files_that_cannot_be_read(chain: Chain, data: bytes) -> None:
    with pytest.raises(BadFile):
        services.import_nodes(viewer=SYSTEM, data=data)


def test_a_manager_imports_only_into_the_own_region(chain: Chain, chief: Viewer) -> None:
    data = b"code,name,kind,parent\nA,In,store,E\nB,Out,store,W\nC,Top,store,\n"
    found = services.import_nodes(viewer=chief, data=data)
    assert (found.created_count, [problem.row for problem in found.problems]) == (1, [3, 4])

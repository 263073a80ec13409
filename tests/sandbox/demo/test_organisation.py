"""The tree of the demo brand, and the people in it."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date
from pathlib import Path

from siyu.sandbox.demo import places
from siyu.sandbox.demo.organisation import (
    OWNER_EMAIL,
    Kind,
    Role,
    make_organisation,
    write_organisation,
    write_staff,
)
from siyu.sandbox.demo.size import Size

SIZE = Size(date(2026, 3, 1))


def test_every_node_has_its_parent_before_it() -> None:
    seen: set[str] = set()
    levels = {Kind.COMPANY: "", Kind.BRAND: "company", Kind.REGION: "brand", Kind.STORE: "region", Kind.TEAM: "store"}
    kinds: dict[str, str] = {"": ""}
    for node in make_organisation(SIZE).nodes:
        assert node.code not in seen
        assert kinds[node.parent] == levels[node.kind]
        kinds[node.code] = node.kind.value
        seen.add(node.code)


def test_stores_stand_in_real_places_under_names_of_their_own() -> None:
    organisation = make_organisation(SIZE)
    stores = [node for node in organisation.nodes if node.kind is Kind.STORE]
    districts = {(city.name, name) for region in places.regions() for city in region.cities for name in city.districts}
    assert 60 <= len(stores) <= 90
    assert len({node.name for node in stores}) == len(stores)
    assert all((node.city, node.district) in districts for node in stores)
    assert all(node.name.startswith(node.city) and node.name.endswith("店") for node in stores)
    assert {node.city for node in stores} == {city.name for region in places.regions() for city in region.cities}
    assert any(node.opened_on > SIZE.first_day.isoformat() for node in stores)
    assert all(node.opened_on < SIZE.until.isoformat() for node in stores)


def test_every_store_has_a_manager_and_guides_in_its_teams() -> None:
    organisation = make_organisation(SIZE)
    codes = {node.code for node in organisation.nodes}
    assert all(employee.node in codes for employee in organisation.staff)
    managers = Counter(one.node for one in organisation.staff if one.role is Role.STORE_MANAGER)
    led = [node.code for node in organisation.nodes if node.kind in (Kind.REGION, Kind.STORE)]
    assert managers == dict.fromkeys(led, 1)
    for store in organisation.stores:
        guides = [organisation.staff[place] for place in store.guides]
        assert 2 <= len(guides) <= 4
        assert all(guide.role is Role.GUIDE and guide.node.startswith(f"{store.node.code}-") for guide in guides)


def test_every_role_is_there_and_addresses_are_nobodys() -> None:
    staff = make_organisation(SIZE).staff
    assert {employee.role for employee in staff} == set(Role)
    assert len({employee.email for employee in staff}) == len({employee.code for employee in staff}) == len(staff)
    assert len({employee.name for employee in staff}) == len(staff)
    assert all(employee.email.endswith("@siyu.example") for employee in staff)
    assert [employee.email for employee in staff if employee.role is Role.OWNER] == [OWNER_EMAIL]


def test_the_chain_grows_with_its_customers() -> None:
    counts = [len(make_organisation(Size(SIZE.until, count)).stores) for count in (50, 24_000, 5_000_000)]
    assert counts[0] == 8
    assert counts[0] < counts[1] < 100
    assert 1_500 < counts[2] < 3_000
    names = [store.node.name for store in make_organisation(Size(SIZE.until, 5_000_000)).stores]
    assert len(set(names)) == len(names)


def test_the_files_say_the_same(tmp_path: Path) -> None:
    organisation = make_organisation(SIZE)
    nodes = _read(write_organisation(tmp_path / "organisation.csv", organisation))
    staff = _read(write_staff(tmp_path / "staff.csv", organisation))
    assert [row["code"] for row in nodes] == [node.code for node in organisation.nodes]
    assert [(row["email"], row["role"], row["node"]) for row in staff] == [
        (one.email, one.role.value, one.node) for one in organisation.staff
    ]


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))

"""The demo brand's organisation: company, brand, regions, stores, teams, and the people who work there."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import timedelta
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

import numpy as np

from siyu.sandbox.demo import places
from siyu.sandbox.demo.brand import BRAND, COMPANY
from siyu.sandbox.demo.names import FEMALE, MALE, make_names
from siyu.sandbox.demo.places import City
from siyu.sandbox.demo.size import YEAR_DAYS, Size

# Customers of one store, while the brand is small enough to be walked through; a large one's stores have more of them.
CUSTOMERS_PER_STORE = 330
MIN_STORES = 8
SMALL_CHAIN_STORES = 1_000
CUSTOMERS_PER_FURTHER_STORE = 4_000
# Guides of one store, by chance one of these.
GUIDE_COUNTS = (2, 3, 3, 4)
TEAMS = {"A": "早班组", "B": "晚班组"}
# Of 100 people who work here, women.
WOMEN_SHARE = 0.6
# Of 100 stores, those that opened within the year.
NEW_STORE_SHARE = 0.12
MAIL_HOST = "siyu.example"
_PART = 1


class Role(StrEnum):
    """What somebody does; the keys of the system roles."""

    OWNER = "owner"
    OPERATOR = "operator"
    STORE_MANAGER = "store_manager"
    GUIDE = "guide"
    ANALYST = "analyst"
    AUDITOR = "auditor"


class Kind(StrEnum):
    """Levels of the tree, from the top."""

    COMPANY = "company"
    BRAND = "brand"
    REGION = "region"
    STORE = "store"
    TEAM = "team"


OWNER_EMAIL = f"demo@{MAIL_HOST}"
# Role, first part of the staff number, how many, and where they belong.
HEAD_OFFICE = (
    (Role.OPERATOR, "ops", 3, "XGL"),
    (Role.ANALYST, "data", 2, "HQ"),
    (Role.AUDITOR, "audit", 1, "HQ"),
)
TITLES = {
    Role.OWNER: "创始人", Role.OPERATOR: "私域操盘手", Role.STORE_MANAGER: "店长", Role.GUIDE: "导购",
    Role.ANALYST: "数据分析师", Role.AUDITOR: "内审",
}  # fmt: skip
REGION_TITLE = "大区经理"


@dataclass(frozen=True)
class Node:
    """A place in the tree. City, district and opening day are known of stores."""

    code: str
    parent: str
    kind: Kind
    name: str
    province: str = ""
    city: str = ""
    district: str = ""
    opened_on: str = ""


@dataclass(frozen=True)
class Employee:
    """Somebody who works here: staff number, e-mail to sign in with, role, and the node that they belong to."""

    code: str
    name: str
    email: str
    title: str
    role: Role
    node: str


@dataclass(frozen=True)
class Store:
    """A store with its guides, as places in `Organisation.staff`. `opened` is a day of the year, 0 for older ones."""

    node: Node
    weight: float
    opened: int
    guides: tuple[int, ...]


@dataclass(frozen=True)
class Organisation:
    """The whole tree."""

    nodes: tuple[Node, ...]
    staff: tuple[Employee, ...]
    stores: tuple[Store, ...]


@lru_cache(maxsize=4)
def make_organisation(size: Size) -> Organisation:
    """The organisation of a brand of this size."""
    return _Founding(size).run()


@dataclass(frozen=True)
class _Post:
    """A place to be filled."""

    code: str
    role: Role
    node: str
    email: str = ""
    title: str = ""


@dataclass(frozen=True)
class _Site:
    """Where a store opens, and as which of its city."""

    region: str
    city: City
    number: int
    district: str
    place: str


class _Founding:
    """Opens the stores one after the other."""

    def __init__(self, size: Size) -> None:
        self._size = size
        self._chance = size.chance(_PART)
        self._nodes = [Node("HQ", "", Kind.COMPANY, COMPANY), Node("XGL", "HQ", Kind.BRAND, BRAND)]
        self._posts = [
            _Post("owner", Role.OWNER, "HQ", OWNER_EMAIL),
            *(
                _Post(f"{name}{number}", role, node)
                for role, name, count, node in HEAD_OFFICE
                for number in range(1, count + 1)
            ),
        ]
        self._stores: list[Store] = []

    def run(self) -> Organisation:
        counts = iter(_store_counts(_store_count(self._size)))
        for region in places.regions():
            self._nodes.append(Node(region.code, "XGL", Kind.REGION, region.name))
            self._posts.append(_Post(f"{region.code}-01", Role.STORE_MANAGER, region.code, title=REGION_TITLE))
            for city in region.cities:
                for number, site in enumerate(city.sites(next(counts)), 1):
                    self._open(_Site(region.code, city, number, *site))
        return Organisation(tuple(self._nodes), _hired(self._chance, self._posts), tuple(self._stores))

    def _open(self, site: _Site) -> None:
        chance, city, code = self._chance, site.city, f"{site.city.code}{site.number:03d}"
        opened = int(chance.integers(20, YEAR_DAYS - 60)) if chance.random() < NEW_STORE_SHARE else 0
        opened_on = self._size.first_day + timedelta(days=opened or -int(chance.integers(90, 3_000)))
        where = (city.province, city.name, site.district, opened_on.isoformat())
        node = Node(code, site.region, Kind.STORE, f"{city.name}{site.place}店", *where)
        self._nodes += [node, *(Node(f"{code}-{letter}", code, Kind.TEAM, name) for letter, name in TEAMS.items())]
        guides = self._staff(code)
        # The first stores of a city stand where most people pass.
        weight = float(chance.lognormal(0.0, 0.35)) * (1.4 if site.number <= 2 else 1.0)
        self._stores.append(Store(node, weight * (1 - opened / YEAR_DAYS), opened, guides))

    def _staff(self, code: str) -> tuple[int, ...]:
        """A manager, and guides in turn for both teams; returns the places of the guides among all posts."""
        self._posts.append(_Post(code, Role.STORE_MANAGER, code))
        first, teams = len(self._posts), list(TEAMS)
        count = int(self._chance.choice(GUIDE_COUNTS))
        self._posts += [
            _Post(f"{code}-{guide:02d}", Role.GUIDE, f"{code}-{teams[guide % len(teams)]}")
            for guide in range(1, count + 1)
        ]
        return tuple(range(first, first + count))


def _store_count(size: Size) -> int:
    small = min(size.customers // CUSTOMERS_PER_STORE, SMALL_CHAIN_STORES)
    further = max(size.customers - SMALL_CHAIN_STORES * CUSTOMERS_PER_STORE, 0) // CUSTOMERS_PER_FURTHER_STORE
    return max(MIN_STORES, small + further)


def _store_counts(total: int) -> list[int]:
    """Stores by city, in proportion to its trade: whole numbers by largest remainder."""
    weights = [city.weight for region in places.regions() for city in region.cities]
    exact = [total * weight / sum(weights) for weight in weights]
    counts = [int(share) for share in exact]
    rest = sorted(range(len(exact)), key=lambda place: counts[place] - exact[place])
    for place in rest[: total - sum(counts)]:
        counts[place] += 1
    return counts


def _hired(chance: np.random.Generator, posts: Sequence[_Post]) -> tuple[Employee, ...]:
    """Nobody has the name of somebody else: tills write guides by name, and an import has to know who is meant."""
    genders = [FEMALE if female else MALE for female in chance.random(len(posts)) < WOMEN_SHARE]
    names = make_names(chance, genders)
    taken: set[str] = set()
    for place, gender in enumerate(genders):
        while names[place] in taken:
            (names[place],) = make_names(chance, [gender])
        taken.add(names[place])
    return tuple(
        Employee(
            post.code.upper(), name, post.email or f"{post.code.lower()}@{MAIL_HOST}",
            post.title or TITLES[post.role], post.role, post.node,
        )
        for post, name in zip(posts, names, strict=True)
    )  # fmt: skip


def write_organisation(path: Path, organisation: Organisation) -> Path:
    """One row per node, parents before their children."""
    return _write(path, [field.name for field in fields(Node)], [asdict(node) for node in organisation.nodes])


def write_staff(path: Path, organisation: Organisation) -> Path:
    """One row per member of staff."""
    return _write(path, [field.name for field in fields(Employee)], [asdict(one) for one in organisation.staff])


def _write(path: Path, columns: Sequence[str], rows: Sequence[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
    return path

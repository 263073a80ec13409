"""The demo brand's organisation and the people who work there: the one place where what was generated meets `org`."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from siyu.cli import demo_home
from siyu.cli.language import gettext as _
from siyu.eventlog import records
from siyu.kernel.errors import NotFound, SiyuError
from siyu.kernel.settings import Settings
from siyu.org import queries, services
from siyu.org.contracts import SYSTEM, CsvResult

STAFF_FILE = "staff.csv"


class DemoNotMade(SiyuError):
    code = "demo_not_made"
    status = 409
    message = "The demo brand has not been made here yet. Run: siyu demo load"


class NobodyWithRole(NotFound):
    code = "nobody_with_role"
    message = "Nobody in the demo brand is “%(role)s”. Roles: %(known)s."


class OrganisationRefused(SiyuError):
    code = "demo_organisation_refused"
    status = 500
    message = "The demo's file %(file)s was refused in row %(row)s: %(reason)s"


@dataclass(frozen=True)
class Employee:
    """Somebody who works for the demo brand."""

    code: str
    name: str
    email: str
    title: str
    role: str
    node: str


def load(made: Any) -> None:
    """Makes the tree and the staff, who sign in once somebody gives them a password; again changes nothing.

    Before the imports, which place each customer by the names of store and guide that the till writes.
    """
    for path, take in ((made.organisation_file, services.import_nodes), (made.staff_file, services.import_staff)):
        _check(path, take(viewer=SYSTEM, data=path.read_bytes()))


def _check(path: Path, result: CsvResult) -> None:
    for problem in result.problems:
        raise OrganisationRefused(file=path.name, row=problem.row, reason=_(problem.message) % problem.data)


def employees(settings: Settings) -> list[Employee]:
    """Everybody, as `staff.csv` lists them; DemoNotMade without it."""
    path = demo_home.folder(settings) / STAFF_FILE
    if not path.exists():
        raise DemoNotMade()
    return [Employee(**row) for row in _rows(path)]


def first_with(settings: Settings, role: str) -> Employee:
    """The first who has the role; NobodyWithRole names the roles that there are."""
    everybody = employees(settings)
    found = next((one for one in everybody if one.role == role), None)
    if found is None:
        raise NobodyWithRole(role=role, known=", ".join(dict.fromkeys(one.role for one in everybody)))
    return found


def give_password(employee: Employee) -> str:
    """Lets somebody sign in, with a password made now; one that they had before ends with their sessions."""
    password = services.new_password()
    with records.transaction():
        known = queries.staff_by_email(employee.email)
        if known is None:
            services.create_staff(
                email=employee.email, name=employee.name, title=employee.title, password=password, role=employee.role,
                node_id=_node_id(employee.node),
            )  # fmt: skip
        else:
            services.set_password(staff_id=known.pk, password=password)
    return password


def _node_id(code: str) -> int:
    """The place, or the company while the tree has not been made."""
    node = queries.node_by_code(code)
    return node.id if node else queries.root().id


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))

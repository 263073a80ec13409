"""The first minute of an installation: its owner, its company, its brand, its first places."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext_noop as _

from siyu.eventlog import records
from siyu.kernel import setup_code
from siyu.kernel.errors import InvalidInput, NotFound
from siyu.org import queries, rules
from siyu.org import roles as system
from siyu.org.contracts import NodeKind, Viewer
from siyu.org.models import Node, Staff
from siyu.org.services import accounts, files, nodes, staffing

BRAND_CODE = "brand"
# Places typed by hand; whoever has more has a file of them.
MAX_TYPED_PLACES = 50


@dataclass(frozen=True, slots=True)
class Founding:
    """What the wizard asks. `places` are lines ``code, name, city``; `places_file` is a CSV file as for imports."""

    owner_name: str
    owner_email: str
    password: str
    company: str
    brand: str = ""
    places: str = ""
    places_file: bytes = b""
    language: str = ""


def is_open() -> bool:
    """Whether the wizard is there at all: nobody can sign in, and the code has been printed."""
    return bool(setup_code.read(settings.SIYU.home)) and not queries.staff_exists()


def found(*, code: str, founding: Founding) -> int:
    """Makes owner, company, brand and places, all or nothing; ends the code; returns the owner's id.

    NotFound once somebody can sign in; InvalidInput for a wrong code and for whatever else cannot be taken.
    """
    if not is_open():
        raise NotFound()
    if not setup_code.matches(settings.SIYU.home, code):
        raise InvalidInput(reason=_("This is not the setup code. It was printed when Siyu started."))
    with records.transaction():
        # Two browsers at once: the row of the company is the lock, and the second one finds somebody there.
        company = Node.objects.select_for_update().get(parent=None)
        if queries.staff_exists():
            raise NotFound()
        staff_id = _owner(founding)
        viewer = queries.viewer_of(Staff.objects.get(pk=staff_id), via="setup")
        nodes.change_node(
            viewer=viewer, node_id=company.pk, version=company.version, name=founding.company, code=company.code
        )
        _places(viewer, founding, company.pk)
    setup_code.end(settings.SIYU.home)
    return staff_id


def _owner(founding: Founding) -> int:
    staffing.check_identity(founding.owner_email, founding.owner_name)
    return accounts.create_staff(
        email=founding.owner_email, name=founding.owner_name, password=founding.password,
        language=founding.language, role=system.OWNER,
    )  # fmt: skip


def _places(viewer: Viewer, founding: Founding, company_id: int) -> None:
    above = company_id
    if founding.brand.strip():
        above = nodes.create_node(
            viewer=viewer, parent_id=company_id, kind=NodeKind.BRAND, name=founding.brand, code=BRAND_CODE
        )
    lines = [line.strip() for line in founding.places.splitlines() if line.strip()]
    if len(lines) > MAX_TYPED_PLACES:
        raise InvalidInput(reason=_("At most 50 places by hand. Bring more as a file."))
    for line in lines:
        code, name, city = rules.place_of_line(line)
        nodes.create_node(viewer=viewer, parent_id=above, kind=NodeKind.STORE, name=name, code=code, city=city)
    if founding.places_file:
        result = files.import_nodes(viewer=viewer, data=founding.places_file)
        if result.problems:
            first = result.problems[0]
            raise InvalidInput(
                reason=_("Row %(row)s of the file: %(what)s"), row=first.row, what=first.message % first.data
            )

"""An export of customers that a second person has to approve: who asks, who decides, and what came of it.

Runs in a process with Django set up over an installation, as `contents` does.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.db.models import Q

from siyu.audit.models import Entry
from siyu.org import queries as org
from siyu.org import services as org_services
from siyu.org.contracts import Viewer
from siyu.org.models import Approval, Notice, Staff
from siyu.ui.lists import working
from siyu.ui.services import exports, keep_selection

ASKER, BOSS = "asker@example.com", "boss@example.com"
PASSWORD = "correct horse battery"
LIST = "customers"
WANTED = exports.Wanted(("name", "phone", "orders"), "csv", "zh-hans")
_AUDITED = ("approval.asked", "approval.decided", "list.exported")


def viewer(email: str, role: str) -> Viewer:
    """Somebody with a role over everything; made at the first call."""
    if not Staff.objects.filter(email=email).exists():
        org_services.create_staff(email=email, name=role, password=PASSWORD, role=role)
    return org.viewer_of(Staff.objects.get(email=email))


def ask(customer_ids: Iterable[int]) -> int:
    """The request for a file of these customers."""
    viewer(BOSS, "owner")
    asker = viewer(ASKER, "operator")
    selection_id = keep_selection(viewer=asker, list_key=LIST, ids=customer_ids)
    kind = working.kind_of(LIST, asker)
    return exports.ask_to_export(viewer=asker, kind=kind, selection_id=selection_id, wanted=WANTED, reason="Mailing")


def outcome() -> dict[str, Any]:
    """Requests, what the audit log and the bell say of them, and the files with their lines, halves included."""
    told = Notice.objects.filter(Q(kind__startswith="approval.") | Q(data_json__contains=exports.EXPORT))
    written = Entry.objects.filter(action__in=_AUDITED)
    folder = working.export_path(0, "csv").parent
    return {
        "approvals": sorted(
            [row.kind, row.state, row.people_count, row.decided_at is not None] for row in Approval.objects.all()
        ),
        "audited": _counted(written.values_list("action", "actor_name", "after_json")),
        "notices": sorted([row.kind, row.count] for row in told),
        "files": sorted(_file(path.suffix, path.read_bytes()) for path in folder.glob("*")),
    }


def _counted(rows: Iterable[tuple[str, ...]]) -> list[list[Any]]:
    return sorted([*row, count] for row, count in Counter(rows).items())


def _file(suffix: str, content: bytes) -> list[Any]:
    return [suffix, content.count(b"\n"), hashlib.sha256(content).hexdigest()]

"""What every installation has from the start: the company and the system roles. Runs after each migration."""

from __future__ import annotations

from typing import Any

from siyu.eventlog import records
from siyu.kernel import clock
from siyu.org.models import Node, Role
from siyu.org.roles import SYSTEM_ROLES

COMPANY_CODE = "company"


def plant(**_signal: Any) -> None:
    """Makes what is missing; again changes nothing. System roles that a later version adds come by themselves."""
    with records.transaction():
        if not Node.objects.filter(parent=None).exists():
            row = Node.objects.create(kind="company", code=COMPANY_CODE, path="new company", created_at=clock.now())
            Node.objects.filter(pk=row.pk).update(path=f"{row.pk}.")
        known = set(Role.objects.filter(is_system=True).values_list("key", flat=True))
        for key, role in SYSTEM_ROLES.items():
            if key not in known:
                Role.objects.create(key=key, is_system=True, reach=role.reach.value)

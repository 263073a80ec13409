"""What other packages hand to `org`: permissions, kinds of tasks, notices and approvals, a look at customers."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from siyu.kernel.registry import Registry
from siyu.org.contracts import Permission, Viewer
from siyu.org.contracts.approvals import ApprovalKind
from siyu.org.contracts.notices import NoticeKind
from siyu.org.contracts.tasks import TaskKind

PERMISSIONS: Registry[Permission] = Registry("permission")
TASK_KINDS: Registry[TaskKind] = Registry("task kind")
NOTICES: Registry[NoticeKind] = Registry("notice kind")
APPROVALS: Registry[ApprovalKind] = Registry("approval kind")
# At most one entry, "customers": which of these customers exist for the viewer.
CUSTOMERS: Registry[Callable[[Viewer, Iterable[int]], set[int]]] = Registry("customer check")


def permission(key: str, label: str, *, area: str, roles: str = "") -> Permission:
    """Registers a permission. `roles` names the system roles that have it, apart from the owner, who has all."""
    return PERMISSIONS.add(key, Permission(key, label, area, frozenset(roles.split())))

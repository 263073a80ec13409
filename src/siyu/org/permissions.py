"""The permissions of what exists below and in `org`, and of the installation as a whole."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from siyu.org.registries import permission

STAFF_VIEW = "staff.view"
STAFF_MANAGE = "staff.manage"
ROLES_MANAGE = "roles.manage"
CALENDAR_MANAGE = "calendar.manage"
TASKS_MANAGE = "tasks.manage"
APPROVALS_DECIDE = "approvals.decide"
APPROVALS_SET = "approvals.set"
STATUS_VIEW = "status.view"
STATUS_MANAGE = "status.manage"
JOBS_VIEW = "jobs.view"
JOBS_MANAGE = "jobs.manage"
AUDIT_VIEW = "audit.view"
KEYS_MANAGE = "keys.manage"
AUDIT_EXPORT = "audit.export"


def register() -> None:
    area = _("Organisation")
    permission(STAFF_VIEW, _("See the organisation and its staff"), area=area, roles="operator store_manager auditor")
    permission(STAFF_MANAGE, _("Change the organisation and its staff"), area=area, roles="operator")
    permission(ROLES_MANAGE, _("Make and change roles"), area=area)
    permission(KEYS_MANAGE, _("Make and revoke API keys"), area=area)
    permission(AUDIT_VIEW, _("Read the audit log"), area=area, roles="auditor")
    permission(AUDIT_EXPORT, _("Download the audit log"), area=area, roles="auditor")
    permission(CALENDAR_MANAGE, _("Change opening hours and own days"), area=area, roles="operator store_manager")
    permission(TASKS_MANAGE, _("Give tasks and see those of others"), area=area, roles="operator store_manager")
    permission(APPROVALS_DECIDE, _("Approve or decline what others ask for"), area=area)
    permission(APPROVALS_SET, _("Say what needs an approval"), area=area)
    area = _("Operation")
    permission(STATUS_VIEW, _("See the system's state"), area=area, roles="operator auditor")
    permission(STATUS_MANAGE, _("Hand parked events over again or give them up"), area=area)
    permission(JOBS_VIEW, _("See one's own running work"), area=area, roles="operator store_manager guide analyst")
    permission(JOBS_MANAGE, _("See and stop everybody's running work"), area=area, roles="operator")

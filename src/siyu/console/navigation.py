"""The areas of the console, in the order of the operator's day. An area whose page does not exist is not shown."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from siyu.audiences.permissions import AUDIENCES_VIEW, RFM_VIEW
from siyu.console.web import page
from siyu.console.web.work.notices import BELL_OF_NOTICES
from siyu.customers.permissions import CUSTOMERS_VIEW
from siyu.eventlog import queries as log
from siyu.ingest.permissions import IMPORTS_VIEW
from siyu.insights.permissions import OVERVIEW_VIEW
from siyu.messaging.permissions import CHANNELS_MANAGE, PLANS_VIEW
from siyu.org import queries as org
from siyu.org.access import whose_jobs
from siyu.org.permissions import (
    APPROVALS_SET,
    AUDIT_VIEW,
    JOBS_VIEW,
    KEYS_MANAGE,
    ROLES_MANAGE,
    STAFF_MANAGE,
    STAFF_VIEW,
    STATUS_VIEW,
)
from siyu.org.queries import tasks
from siyu.ui.contracts import NavItem, Search, Tool
from siyu.ui.registries import BELL, BRAND, MAY, NAV, SEARCH, TOOLS, VIEWER
from siyu.webhooks.permissions import WEBHOOKS_MANAGE

OVERVIEW = NavItem(
    "overview", _("Overview"), icon="home", url_name="overview", order=10, shortcut="o", permission=OVERVIEW_VIEW
)
CUSTOMERS = NavItem(
    "customers",
    _("Customers"),
    icon="users",
    url_name="customers",
    order=30,
    shortcut="c",
    children=(
        NavItem("customers-all", _("All customers"), icon="users", url_name="customers", order=1,
                permission=CUSTOMERS_VIEW),
        NavItem("audiences", _("Audiences"), icon="filter", url_name="audiences", order=2, permission=AUDIENCES_VIEW),
        NavItem("imports", _("Imports"), icon="file-import", url_name="imports", order=3, permission=IMPORTS_VIEW),
    ),
)  # fmt: skip
PLANS = NavItem(
    "plans", _("Recall plans"), icon="message-2", url_name="plans", order=60, shortcut="p", permission=PLANS_VIEW
)
INSIGHTS = NavItem(
    "insights",
    _("Insights"),
    icon="chart-bar",
    url_name="rfm",
    order=110,
    shortcut="i",
    children=(NavItem("rfm", _("RFM model"), icon="grid-dots", url_name="rfm", order=1, permission=RFM_VIEW),),
)
WORK = NavItem(
    "work",
    _("My work"),
    icon="checklist",
    url_name="work",
    order=130,
    shortcut="w",
    badge=lambda request: tasks.due_today_count(page.viewer_of(request)),
    children=(
        NavItem("tasks", _("Tasks"), icon="checklist", url_name="work", order=1),
        NavItem("approvals", _("Approvals"), icon="shield-check", url_name="approvals", order=2),
        NavItem("calendar", _("Business calendar"), icon="calendar", url_name="calendar", order=3),
    ),
)
SETTINGS = NavItem(
    "settings",
    _("Settings"),
    icon="settings",
    url_name="places",
    order=140,
    after_line=True,
    children=(
        NavItem("places", _("Organisation"), icon="sitemap", url_name="places", order=1, permission=STAFF_VIEW),
        NavItem("staff", _("Staff"), icon="users", url_name="staff", order=2, permission=STAFF_VIEW),
        NavItem("roles", _("Roles"), icon="shield-lock", url_name="roles", order=3, permission=STAFF_VIEW),
        NavItem("settings-sms", _("SMS account"), icon="message", url_name="settings-sms", order=10,
                permission=CHANNELS_MANAGE),
        NavItem("keys", _("API keys"), icon="key", url_name="keys", order=20, permission=KEYS_MANAGE),
        NavItem("webhooks", _("Webhooks"), icon="webhook", url_name="webhooks", order=30, permission=WEBHOOKS_MANAGE),
        NavItem("audit", _("Audit log"), icon="history", url_name="audit", order=80, permission=AUDIT_VIEW),
        NavItem("access", _("Access"), icon="key", url_name="access", order=70, permission=STAFF_MANAGE),
        NavItem("settings-sign-in", _("Signing in"), icon="shield-lock", url_name="settings-sign-in", order=71,
                permission=ROLES_MANAGE),
        NavItem("settings-world", _("Sandbox or real"), icon="flask", url_name="settings-world", order=85,
                permission=STATUS_VIEW),
        NavItem("approval-rules", _("What needs an approval"), icon="shield-check", url_name="approval-rules",
                order=50, permission=APPROVALS_SET),
        NavItem("settings-status", _("System status"), icon="activity", url_name="settings-status", order=90,
                permission=STATUS_VIEW),
    ),
)  # fmt: skip
AREAS = (OVERVIEW, CUSTOMERS, PLANS, INSIGHTS, WORK, SETTINGS)


def register() -> None:
    for area in AREAS:
        NAV.add(area.key, area)
    running = Tool("jobs", _("Running work"), icon="loader", url_name="jobs", order=10, count=_open_job_count,
                   permission=JOBS_VIEW)  # fmt: skip
    TOOLS.add(running.key, running)
    BELL.add("console", BELL_OF_NOTICES)
    BRAND.add("name", _brand)
    MAY.add("console", _may)
    VIEWER.add("console", page.viewer_of)
    SEARCH.add("console", Search(_("Search customers, last digits of a phone, orders, pages"), "customers"))


def _may(request: Any, permission: str) -> bool:
    return page.viewer_of(request).may(permission)


def _brand(request: Any) -> str:
    place = page.chosen_place(request)
    return place.name if place else org.root().name


def _open_job_count(request: Any) -> int:
    return log.open_job_count(created_by=whose_jobs(page.viewer_of(request)))

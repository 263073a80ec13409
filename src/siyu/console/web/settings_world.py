"""In which world this installation is, sandbox or real, and what is left to do before real customers come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from siyu.console.web import page
from siyu.customers import queries as customers
from siyu.kernel.errors import SiyuError
from siyu.messaging import queries as messaging
from siyu.messaging.queries import accounts
from siyu.org import signing_in
from siyu.org.access import needs
from siyu.org.contracts import SYSTEM, Viewer
from siyu.org.permissions import STATUS_VIEW
from siyu.ui import formats
from siyu.ui.contracts import Crumb

DEMO_EMAIL = "demo@siyu.example"


@dataclass(frozen=True)
class Point:
    """One line of the checklist: whether it is done, and what to do where it is not."""

    label: str
    done: bool
    to_do: str = ""


@needs(STATUS_VIEW)
@require_GET
def settings_world(request: HttpRequest) -> HttpResponse:
    """The world, and the checklist with its state."""
    points = _points(page.viewer_of(request))
    context: dict[str, Any] = {
        "in_sandbox": settings.SIYU.sandbox,
        "points": points,
        "done_count": sum(point.done for point in points),
        "made_up_count": customers.sandbox_count(),
        "crumbs": [Crumb(_("Settings"))],
    }
    return render(request, "console/settings_world.html", context)


def _points(viewer: Viewer) -> list[Point]:
    without = signing_in.owners_without_second_step()
    made_up = customers.sandbox_count()
    return [
        Point(
            gettext("Every owner has a second step"),
            not without,
            ngettext("%(count)s owner has none. “My account” sets it up.",
                     "%(count)s owners have none. “My account” sets it up.", without) % {"count": without},
        ),
        Point(
            gettext("The demo's sign-in is closed"),
            not signing_in.is_open_account(DEMO_EMAIL),
            gettext("Close the account %(email)s on the page of staff.") % {"email": DEMO_EMAIL},
        ),
        Point(
            gettext("No made-up people"),
            made_up == 0,
            gettext("%(count)s people came from the sandbox. They never get real messages, but they stand in every "
                    "list and count. Begin in an empty SIYU_HOME to be rid of them.")
            % {"count": formats.number(made_up)},
        ),
        Point(
            gettext("The sandbox is off"),
            not settings.SIYU.sandbox,
            gettext("Set SIYU_SANDBOX=false in siyu.env and start again."),
        ),
        Point(
            gettext("The provider's address and keys are real"),
            _has_real_provider(),
            gettext("Remove SIYU_ALIYUN_SMS_ENDPOINT and SIYU_ALIYUN_SMS_PROTOCOL, and enter the AccessKey of your "
                    "account."),
        ),
        Point(
            gettext("An SMS account has been checked and answers"),
            any(account.checked_at and not account.problem for account in messaging.sms_accounts(SYSTEM)),
            gettext("Settings, SMS account: “Check the connection”. Nothing is sent."),
        ),
        Point(
            gettext("Customers' phones reach the collector by https"),
            settings.SIYU.public_url.startswith("https://"),
            gettext("Set SIYU_PUBLIC_URL to the address of the proxy in front of the collector."),
        ),
    ]  # fmt: skip


def _has_real_provider() -> bool:
    if settings.SIYU.sandbox or not settings.SIYU.aliyun_sms_key_id:
        return False
    try:
        accounts.provider_for("aliyun")
    except SiyuError:
        return False
    return True

"""The brand's rules for signing in."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from siyu.audit.contracts import Target
from siyu.eventlog import records
from siyu.kernel.errors import InvalidInput, Outdated
from siyu.org import actions, auditing, signing_in
from siyu.org.contracts import SignInRulesView, Viewer
from siyu.org.models import Role, SignInRules
from siyu.org.permissions import ROLES_MANAGE

# Five minutes would already chase a till away from its screen; a month is the life of the cookie.
MIN_IDLE_MINUTES = 5
MAX_IDLE_MINUTES = 30 * 24 * 60
MAX_ABSOLUTE_HOURS = 30 * 24


def save_sign_in_rules(
    *, viewer: Viewer, version: int, roles: Collection[str], idle_minutes: int, absolute_hours: int
) -> None:
    """Says which roles need a second step and how long sessions last; open sessions obey at their next request.

    Outdated if somebody changed the rules since `version` (0 while there were none).
    """
    viewer.require(ROLES_MANAGE)
    if not MIN_IDLE_MINUTES <= idle_minutes <= MAX_IDLE_MINUTES:
        raise InvalidInput(reason="A session may be idle for 5 minutes to 30 days.")
    if not 1 <= absolute_hours <= MAX_ABSOLUTE_HOURS or absolute_hours * 60 < idle_minutes:
        raise InvalidInput(reason="A session lasts up to 30 days, and not shorter than it may be idle.")
    with records.transaction():
        before = _fields(signing_in.sign_in_rules())
        known = set(Role.objects.filter(key__in=roles).values_list("key", flat=True))
        values = {
            "roles_json": json.dumps(sorted(known)),
            "idle_minutes": idle_minutes,
            "absolute_hours": absolute_hours,
            "version": version + 1,
        }
        if version == 0 and not SignInRules.objects.exists():
            SignInRules.objects.create(pk=1, **values)
        elif not SignInRules.objects.filter(version=version).update(**values):
            raise Outdated()
        after = _fields(signing_in.sign_in_rules())
        auditing.record(
            viewer, actions.SIGN_IN_RULES_CHANGED, Target(actions.SIGN_IN_RULES), before=before, after=after
        )


def _fields(rules: SignInRulesView) -> dict[str, Any]:
    return {
        "second_step_roles": sorted(rules.roles), "idle_minutes": rules.idle_minutes,
        "absolute_hours": rules.absolute_hours,
    }  # fmt: skip

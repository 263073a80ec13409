"""From a plan's audience to the customers that it means now."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pyroaring import BitMap

from siyu.audiences import queries as audiences
from siyu.kernel.errors import InvalidInput
from siyu.messaging.models import Plan
from siyu.org.contracts import Viewer
from siyu.warehouse.contracts import Lane


def members(viewer: Viewer, audience: Mapping[str, Any], lane: Lane = "short") -> BitMap:
    """The members of ``{"saved": id}`` or ``{"rule": {…}}``, evaluated now within the viewer's scope."""
    check(audience)
    if "saved" in audience:
        return audiences.member_ids(viewer, audience["saved"])
    return audiences.customer_ids(viewer, audience["rule"], lane=lane)


def of_plan(viewer: Viewer, plan: Plan) -> BitMap:
    """The members of a plan's audience now; in the long lane, because nobody waits for a page."""
    return members(viewer, json.loads(plan.audience_json), lane="long")


def check(audience: Mapping[str, Any]) -> None:
    """InvalidInput unless the document names exactly one saved audience or one rule."""
    saved, rule = audience.get("saved"), audience.get("rule")
    if set(audience) == {"saved"} and isinstance(saved, int):
        return
    if set(audience) == {"rule"} and isinstance(rule, Mapping):
        return
    raise InvalidInput(reason="Choose a saved audience or give a rule.")

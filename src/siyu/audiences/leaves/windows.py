"""Windows of time in leaves. One convention everywhere: *within N days* means at most N whole calendar days ago.

So "last order within 30 days" is "recency ≤ 30", and "older than 30 days" is its exact opposite among buyers.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext_noop as _

from siyu.audiences import moments
from siyu.audiences.contracts import FieldType, LeafField, Moment, Phrase
from siyu.kernel import clock

WINDOW = (
    LeafField("within_days", FieldType.DAYS, _("Within (days)")),
    LeafField("since", FieldType.DAY, _("From day")),
    LeafField("until", FieldType.DAY, _("To day (included)")),
)
# Of a first or last time: one of three ways to say when.
AGE = (
    LeafField("within_days", FieldType.DAYS, _("Within (days)")),
    LeafField("older_than_days", FieldType.DAYS, _("Longer ago than (days)")),
)


def span(params: Mapping[str, Any], moment: Moment) -> tuple[datetime | None, datetime]:
    """[since, until) of a leaf with the fields `WINDOW`."""
    since, until = None, moment.until
    if "within_days" in params:
        since = moments.days_before(moment, params["within_days"])
    if "since" in params:
        since = clock.day_start(date.fromisoformat(params["since"]), moment.zone)
    if "until" in params:
        until = min(until, clock.day_end(date.fromisoformat(params["until"]), moment.zone))
    return since, until


def window_problem(params: Mapping[str, Any]) -> Phrase | None:
    if "within_days" in params and ("since" in params or "until" in params):
        return Phrase(_("Give either within_days or a span of days, not both."))
    if "since" in params and "until" in params and params["since"] > params["until"]:
        return Phrase(_("The span ends before it begins."))
    return None


def one_of(params: Mapping[str, Any], *names: str) -> Phrase | None:
    """Exactly one of several ways to say it."""
    if sum(name in params for name in names) != 1:
        return Phrase(_("Give exactly one of: %(names)s."), {"names": ", ".join(names)})
    return None


def window_phrases(params: Mapping[str, Any]) -> list[Phrase]:
    if "within_days" in params:
        return [Phrase(_("within the last %(days)s days"), {"days": params["within_days"]})]
    return [
        Phrase(msgid, {"day": params[name]})
        for name, msgid in (("since", _("from %(day)s")), ("until", _("to %(day)s")))
        if name in params
    ]


def age_phrases(params: Mapping[str, Any]) -> list[Phrase]:
    if "older_than_days" in params:
        return [Phrase(_("longer ago than %(days)s days"), {"days": params["older_than_days"]})]
    return window_phrases(params)


def moves(params: Mapping[str, Any]) -> bool:
    """Whether the passing of days alone may change the answer."""
    return "within_days" in params or "older_than_days" in params

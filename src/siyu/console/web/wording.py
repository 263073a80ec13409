"""Events, attributes and jobs in the words of a screen."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from siyu.audiences.contracts import Segment
from siyu.commerce import events as commerce
from siyu.customers import events as customers
from siyu.eventlog.contracts import JobState, JobView, StoredEvent
from siyu.eventlog.registries import EVENTS, JOBS
from siyu.kernel.errors import told
from siyu.links import events as links
from siyu.messaging import events as messaging
from siyu.messaging import wording as messaging_words
from siyu.messaging.contracts import PlanState, Reason
from siyu.ui import formats

ATTRIBUTES = {"city": _("City"), "store": _("Store"), "country": _("Country")}
MAPPINGS = {"generic": _("Generic layout"), "online_retail": _("Online Retail log"), "unsaved": _("Chosen by hand")}
SEGMENTS = {
    Segment.IMPORTANT_VALUE: _("Important, valuable"),
    Segment.IMPORTANT_DEVELOP: _("Important, to develop"),
    Segment.IMPORTANT_KEEP: _("Important, to keep"),
    Segment.IMPORTANT_RETAIN: _("Important, to win back"),
    Segment.GENERAL_VALUE: _("General, valuable"),
    Segment.GENERAL_DEVELOP: _("General, to develop"),
    Segment.GENERAL_KEEP: _("General, to keep"),
    Segment.GENERAL_RETAIN: _("General, to win back"),
}
PLAN_STATES = {
    PlanState.DRAFT: (_("Draft"), "draft"),
    PlanState.SCHEDULED: (_("Scheduled"), "scheduled"),
    PlanState.LAUNCHING: (_("Launching"), "scheduled"),
    PlanState.RUNNING: (_("Running"), "running"),
    PlanState.DONE: (_("Done"), "done"),
    PlanState.STOPPED: (_("Stopped"), "paused"),
}


# How services note where a consent comes from; anything else is somebody's own words.
EVIDENCE = (
    (re.compile(r"import (?P<import_id>\d+) row (?P<row>\d+)"), _("Import %(import_id)s, row %(row)s")),
    (re.compile(r"SMS reply “(?P<words>.*)”"), _("Answered “%(words)s” by SMS")),
)


class _Translated(dict[Any, str]):
    """Msgids by key, translated when read."""

    def __getitem__(self, key: Any) -> str:
        return gettext(super().__getitem__(key))


REASONS = _Translated(messaging_words.REASONS)
OUTBOX_STATES = _Translated(messaging_words.OUTBOX_STATES)
CHANNELS = {"sms": _("SMS")}
JOB_STATES = {
    JobState.QUEUED: (_("Waiting"), "scheduled"),
    JobState.RUNNING: (_("Running"), "running"),
    JobState.DONE: (_("Done"), "done"),
    JobState.FAILED: (_("Did not finish"), "failed"),
    JobState.CANCELLED: (_("Cancelled"), "paused"),
}


@dataclass(frozen=True)
class Told:
    """An event as a line of the timeline."""

    title: str
    icon: str
    note: str = ""
    tone: str = "basic"
    warned: bool = False
    action_label: str = ""
    action_url: str = ""


def attribute(key: str) -> str:
    """The name of a profile field; fields that an import brought keep their own."""
    return str(ATTRIBUTES.get(key, key))


def evidence(text: str) -> str:
    """Where a consent comes from."""
    for pattern, words in EVIDENCE:
        if found := pattern.fullmatch(text):
            return str(words) % found.groupdict()
    return text


def mapping(name: str) -> str:
    """The name of a way to read files; saved ones keep theirs."""
    return str(MAPPINGS.get(name, name))


def event_label(name: str) -> str:
    """The name of a kind of event; one whose package has gone keeps its key."""
    return gettext(EVENTS.get(name).label) if name in EVENTS else name


def event(stored: StoredEvent) -> Told:
    """What happened, in a sentence and a note."""
    kind = EVENTS.get(stored.name)
    told = _TOLD.get(stored.name)
    title = gettext(kind.label)
    return told(title, kind.icon, stored.body) if told else Told(title, kind.icon, stored.source)


def _order(title: str, icon: str, body: Mapping[str, Any]) -> Told:
    lines = ngettext("%(count)s line", "%(count)s lines", body["line_count"]) % {"count": body["line_count"]}
    return Told(
        f"{title} {formats.money(body['amount_fen'])}",
        icon,
        f"{body['shop']} · {body.get('order_no') or body.get('refund_no')} · {lines}",
        "value",
        action_label=gettext("Open") if "order_no" in body else "",
        action_url=reverse("order", args=[body["object_id"]]) if "order_no" in body else "",
    )


def _refund(title: str, icon: str, body: Mapping[str, Any]) -> Told:
    told = _order(title, icon, body)
    return Told(told.title, icon, told.note, "time")


def _consent(title: str, icon: str, body: Mapping[str, Any]) -> Told:
    channel = CHANNELS.get(body["channel"], body["channel"])
    granted = (
        gettext("allows marketing by %(channel)s") if body["granted"] else gettext("refuses marketing by %(channel)s")
    )
    return Told(title, icon, granted % {"channel": channel}, "need", warned=not body["granted"])


def _profile(title: str, icon: str, body: Mapping[str, Any]) -> Told:
    return Told(title, icon, " · ".join(attribute(field) for field in body["fields"]))


def _touch(title: str, icon: str, body: Mapping[str, Any]) -> Told:
    plan = gettext("Recall plan %(id)s") % {"id": body["plan_id"]}
    reason = REASONS[Reason(body["reason"])] if body.get("reason") else ""
    url = reverse("plan", args=[body["plan_id"]])
    note = f"{plan} · {reason}" if reason else plan
    return Told(title, icon, note, "prediction", warned=bool(reason), action_label=gettext("Open"), action_url=url)


def _click(title: str, icon: str, body: Mapping[str, Any]) -> Told:
    return Told(title, icon, gettext("automated visit, not counted") if body["bot"] else "", "behaviour")


_TOLD: dict[str, Callable[[str, str, Mapping[str, Any]], Told]] = {
    commerce.ORDER_PAID: _order,
    commerce.ORDER_REVISED: _order,
    commerce.ORDER_REFUNDED: _refund,
    customers.CONSENT_CHANGED: _consent,
    customers.PROFILE_CHANGED: _profile,
    links.CLICKED: _click,
    messaging.SENT: _touch,
    messaging.DELIVERED: _touch,
    messaging.FAILED: _touch,
    messaging.SUPPRESSED: _touch,
}


def job_label(job: JobView) -> str:
    """The name of a job's kind; a kind whose package has gone keeps its key."""
    return gettext(JOBS.get(job.kind).label) if job.kind in JOBS else job.kind


def job_error(job: JobView) -> str:
    """Why a job did not finish, in the reader's words."""
    return problem_text(job.error)


def problem_text(error: str) -> str:
    """A stored error: expected ones are kept as JSON and translated here, others are shown as they are."""
    return told(error, gettext)

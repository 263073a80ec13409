"""Words for states and reasons (msgids), for screens and programs alike."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from siyu.messaging.contracts import OutboxState, PlanState, Reason

PLAN_STATES: dict[PlanState, str] = {
    PlanState.DRAFT: _("Draft"),
    PlanState.SCHEDULED: _("Scheduled"),
    PlanState.LAUNCHING: _("Launching"),
    PlanState.RUNNING: _("Running"),
    PlanState.DONE: _("Done"),
    PlanState.STOPPED: _("Stopped"),
}
OUTBOX_STATES: dict[OutboxState, str] = {
    OutboxState.QUEUED: _("Queued"),
    OutboxState.HELD: _("Held until the next sending window"),
    OutboxState.CLAIMED: _("On its way to the provider"),
    OutboxState.SENT: _("Sent, no receipt yet"),
    OutboxState.DELIVERED: _("Delivered"),
    OutboxState.FAILED: _("Not delivered"),
    OutboxState.UNKNOWN: _("Unknown, being checked with the provider"),
    OutboxState.SUPPRESSED: _("Not sent"),
}
REASONS: dict[Reason, str] = {
    Reason.OTHER_WORLD: _("From the sandbox, or real while the sandbox runs"),
    Reason.NO_PHONE: _("No phone number"),
    Reason.NO_CONSENT: _("No consent to marketing by SMS"),
    Reason.OPTED_OUT: _("Refused messages at the provider or carrier"),
    Reason.NUMBER_DEAD: _("The number is out of service"),
    Reason.EXCLUDED: _("Excluded by staff"),
    Reason.HOLDOUT: _("Held out to measure the effect"),
    Reason.CAP_DAY: _("Had enough messages today"),
    Reason.CAP_MONTH: _("Had enough messages in 30 days"),
    Reason.QUIET_HOURS: _("Outside the sending window"),
    Reason.HOLIDAY: _("Waits until the public holiday is over"),
    Reason.RATE: _("The provider asks to slow down"),
    Reason.PROVIDER: _("The provider or carrier has trouble"),
    Reason.ACCOUNT: _("The SMS account has a problem"),
    Reason.CONTENT: _("The provider refused the text"),
    Reason.NO_ANSWER: _("The provider gave no clear answer"),
    Reason.INTERRUPTED: _("Sending was interrupted"),
    Reason.NOT_FOUND: _("The provider never got it; sent again"),
    Reason.GAVE_UP: _("Refused too many times"),
    Reason.UNDELIVERED: _("The carrier could not deliver it"),
}

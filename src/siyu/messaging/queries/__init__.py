"""Reads of `messaging`. Each takes the viewer; plans and messages reach customers, so a stranger sees none."""

from siyu.messaging.queries.accounts import (
    link_base,
    provider_for,
    sms_account,
    sms_accounts,
    sms_templates,
)
from siyu.messaging.queries.forecasts import forecast, plan_forecast, preview
from siyu.messaging.queries.plans import plan, plan_hours, plan_tally, plans
from siyu.messaging.queries.recipients import messages_of, recipients

__all__ = [
    "forecast",
    "link_base",
    "messages_of",
    "plan",
    "plan_forecast",
    "plan_hours",
    "plan_tally",
    "plans",
    "preview",
    "provider_for",
    "recipients",
    "sms_account",
    "sms_accounts",
    "sms_templates",
]

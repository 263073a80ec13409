"""What the audit log keeps of `messaging`."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from siyu.audit.registries import action, kind

PLAN, SMS_ACCOUNT = "plan", "sms_account"
PLAN_CREATED = "plan.created"
PLAN_CHANGED = "plan.changed"
PLAN_DELETED = "plan.deleted"
PLAN_LAUNCHED = "plan.launched"
PLAN_STOPPED = "plan.stopped"
PLAN_RESUMED = "plan.resumed"
ACCOUNT_CREATED = "sms_account.created"
ACCOUNT_CHANGED = "sms_account.changed"
ACCOUNT_CHECKED = "sms_account.checked"
TEMPLATE_SAVED = "sms_template.saved"


def register() -> None:
    kind(PLAN, _("Recall plan"))
    kind(SMS_ACCOUNT, _("SMS account"))
    action(PLAN_CREATED, _("Recall plan created"))
    action(PLAN_CHANGED, _("Recall plan changed"))
    action(PLAN_DELETED, _("Recall plan deleted"))
    action(PLAN_LAUNCHED, _("Recall plan launched"))
    action(PLAN_STOPPED, _("Recall plan stopped"))
    action(PLAN_RESUMED, _("Recall plan resumed"))
    action(ACCOUNT_CREATED, _("SMS account created"))
    action(ACCOUNT_CHANGED, _("SMS account changed"))
    action(ACCOUNT_CHECKED, _("SMS account checked"))
    action(TEMPLATE_SAVED, _("SMS template saved"))

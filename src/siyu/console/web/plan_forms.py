"""The form of a recall plan."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from siyu.audiences.contracts import AudienceView
from siyu.messaging.contracts import MAX_HOLDOUT_PERCENT, PlanView, SmsAccountView, SmsTemplateView

# A result window beyond this says more about the season than about the message.
MAX_WINDOW_DAYS = 90


class PlanForm(forms.Form):
    """What a plan needs; choices come from what there is."""

    name = forms.CharField(label=_("Name of the plan"), max_length=80)
    audience = forms.TypedChoiceField(label=_("Whom to reach"), coerce=int)
    account = forms.TypedChoiceField(label=_("SMS account"), coerce=int)
    text = forms.CharField(
        label=_("Text"),
        widget=forms.Textarea(attrs={"rows": 5}),
        max_length=1_000,
        help_text=_("Variables such as {{ name }} and {{ link }} are filled in for each customer."),
    )
    target_url = forms.URLField(
        label=_("Page behind the link"),
        max_length=2_000,
        required=False,
        assume_scheme="https",
        help_text=_("Each customer gets a short link of their own to this page."),
    )
    holdout_percent = forms.IntegerField(
        label=_("Held out"),
        min_value=0,
        max_value=MAX_HOLDOUT_PERCENT,
        help_text=_("A random part that gets nothing. The difference to it is what the plan really brought."),
    )
    window_days = forms.IntegerField(
        label=_("Orders counted for"), min_value=1, max_value=MAX_WINDOW_DAYS, help_text=_("From the launch on.")
    )

    def __init__(
        self, *args: Any, audiences: list[AudienceView], accounts: list[SmsAccountView], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["audience"].choices = [(view.id, f"{view.name} ({view.member_count:,})") for view in audiences]  # type: ignore[attr-defined]
        self.fields["account"].choices = [  # type: ignore[attr-defined]
            (view.id, f"{view.name} 【{view.sign_name}】") for view in accounts if view.is_active
        ]

    def changes(self) -> dict[str, Any]:
        """The arguments of `create_plan` and `update_plan`."""
        data = self.cleaned_data
        return {
            "name": data["name"],
            "audience": {"saved": data["audience"]},
            "account_id": data["account"],
            "text": data["text"],
            "target_url": data["target_url"],
            "holdout_percent": data["holdout_percent"],
            "window_days": data["window_days"],
        }


def initial_of(plan: PlanView) -> dict[str, Any]:
    """The form's values for a stored plan."""
    return {
        "name": plan.name,
        "audience": plan.audience.get("saved"),
        "account": plan.account_id,
        "text": plan.text,
        "target_url": plan.target_url,
        "holdout_percent": plan.holdout_percent,
        "window_days": plan.window_days,
    }


def initial_new(audience_id: str, templates: list[SmsTemplateView], default_url: str) -> dict[str, Any]:
    """The form's values for a new plan: the first approved text to start from."""
    return {
        "audience": int(audience_id) if audience_id.isdecimal() else None,
        "text": templates[0].draft if templates else "",
        "target_url": default_url,
        "holdout_percent": 20,
        "window_days": 14,
    }

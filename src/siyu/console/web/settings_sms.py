"""The SMS account: signature, price, sending window, caps, and the texts that the provider has approved."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from siyu.console.middleware import sentence
from siyu.console.web import page, wording
from siyu.kernel import clock
from siyu.kernel.errors import SiyuError
from siyu.messaging import queries as messaging
from siyu.messaging import services as messaging_services
from siyu.messaging.contracts import MILLI_FEN_PER_FEN, SmsAccountView
from siyu.messaging.permissions import CHANNELS_MANAGE
from siyu.org.access import needs
from siyu.org.contracts import Viewer
from siyu.org.queries import calendar
from siyu.ui import htmx
from siyu.ui.contracts import Column, Crumb, Row

# A year whose holidays nobody knows is said so long before it begins.
WARNED_DAYS = 60
TEMPLATE_COLUMNS = (Column("code", _("Template code"), phone="main"), Column("text", _("Approved text")))


class AccountForm(forms.Form):
    """Settings of an account. The provider's keys are settings of the installation, not of this page."""

    name = forms.CharField(label=_("Name"), max_length=60)
    sign_name = forms.CharField(
        label=_("Signature"), max_length=20, help_text=_("As approved by the provider, without 【】.")
    )
    price_fen = forms.DecimalField(
        label=_("Price of a unit, in fen"),
        min_value=0,
        max_digits=7,
        decimal_places=3,
        help_text=_("For forecasts and cost."),
    )
    window_start = forms.TimeField(label=_("Send from"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    window_end = forms.TimeField(
        label=_("Send until"),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text=_(
            "Marketing outside this window waits. Equal times mean all day; 08:00 to 20:00 is safe everywhere."
        ),
    )
    skips_holidays = forms.BooleanField(
        label=_("Not on public holidays"), required=False,
        help_text=_("As the business calendar has them; weekend days that are worked instead are ordinary days."),
    )  # fmt: skip
    day_cap = forms.IntegerField(label=_("Messages to a customer in a day"), min_value=1, max_value=50)
    month_cap = forms.IntegerField(label=_("Messages to a customer in 30 days"), min_value=1, max_value=500)
    is_active = forms.BooleanField(label=_("In use"), required=False)


class TemplateForm(forms.Form):
    code = forms.CharField(label=_("Template code"), max_length=40)
    template_text = forms.CharField(
        label=_("Approved text"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Exactly as approved, with ${variables}; marketing ends with 拒收请回复R."),
    )  # fmt: skip


@needs(CHANNELS_MANAGE)
@require_http_methods(["GET", "POST"])
def settings_sms(request: HttpRequest) -> HttpResponse:
    """Shows and changes the account (the first one is made here)."""
    viewer = page.viewer_of(request)
    account = next(iter(messaging.sms_accounts(viewer)), None)
    form = AccountForm(request.POST or None, initial=_initial(account))
    if request.method == "POST" and form.is_valid():
        try:
            _save(viewer, form.cleaned_data, account)
        except SiyuError as error:
            form.add_error(None, sentence(error))
        else:
            messages.success(request, gettext("Saved."))
            return htmx.redirect(request, reverse("settings-sms"))
    return _page(request, form, TemplateForm(), account)


def _page(request: HttpRequest, form: Any, template_form: Any, account: SmsAccountView | None) -> HttpResponse:
    templates = messaging.sms_templates(page.viewer_of(request), account.id) if account else []
    context = {
        "form": form,
        "template_form": template_form,
        "account": account,
        "unknown_year": _unknown_year() if account and account.skips_holidays else None,
        "problem": wording.problem_text(account.problem) if account else "",
        "template_columns": TEMPLATE_COLUMNS,
        "template_rows": [Row({"code": t.code, "text": t.text}, key=t.code) for t in templates],
        "crumbs": [Crumb(_("Settings"))],
    }
    status = 422 if form.errors or template_form.errors else 200
    return render(request, "console/settings_sms.html", context, status=status)


def _unknown_year() -> int | None:
    """The present year, or one that begins soon, whose public holidays nobody has entered."""
    today = clock.local_day(clock.now(), settings.SIYU.tz)
    years = sorted({today.year, (today + timedelta(days=WARNED_DAYS)).year})
    return next((year for year in years if not calendar.is_known_year(year)), None)


def _initial(account: SmsAccountView | None) -> dict[str, Any]:
    if account is None:
        return {
            "window_start": "08:00",
            "window_end": "20:00",
            "day_cap": 1,
            "month_cap": 4,
            "price_fen": "4.5",
            "is_active": True,
        }
    return {
        "name": account.name,
        "sign_name": account.sign_name,
        "price_fen": account.price_milli_fen / MILLI_FEN_PER_FEN,
        "window_start": account.window.start,
        "window_end": account.window.end,
        "skips_holidays": account.skips_holidays,
        "day_cap": account.day_cap,
        "month_cap": account.month_cap,
        "is_active": account.is_active,
    }


def _save(viewer: Viewer, data: dict[str, Any], account: SmsAccountView | None) -> None:
    messaging_services.save_sms_account(
        viewer=viewer,
        account_id=account.id if account else None,
        name=data["name"],
        sign_name=data["sign_name"],
        provider=account.provider if account else "aliyun",
        price_milli_fen=int(data["price_fen"] * MILLI_FEN_PER_FEN),
        window=(data["window_start"], data["window_end"]),
        skips_holidays=data["skips_holidays"],
        day_cap=data["day_cap"],
        month_cap=data["month_cap"],
        is_active=data["is_active"],
        **(
            {
                "batch_size": account.batch_size,
                "rate_per_s": account.rate_per_s,
                "settle_seconds": account.settle_seconds,
            }
            if account
            else {}
        ),
    )


@needs(CHANNELS_MANAGE)
@require_POST
def settings_sms_template(request: HttpRequest) -> HttpResponse:
    """Adds an approved text, or replaces the one with the same code."""
    account = next(iter(messaging.sms_accounts(page.viewer_of(request))), None)
    form = TemplateForm(request.POST)
    if account and form.is_valid():
        try:
            messaging_services.save_sms_template(
                viewer=page.viewer_of(request),
                account_id=account.id,
                code=form.cleaned_data["code"],
                text=form.cleaned_data["template_text"],
            )
        except SiyuError as error:
            form.add_error(None, sentence(error))
        else:
            return htmx.redirect(request, reverse("settings-sms"))
    return _page(request, AccountForm(initial=_initial(account)), form, account)


@needs(CHANNELS_MANAGE)
@require_POST
def settings_sms_check(request: HttpRequest, account_id: int) -> HttpResponse:
    """Asks the provider whether the account answers."""
    view = messaging_services.check_sms_account(account_id=account_id, viewer=page.viewer_of(request))
    if view.problem:
        messages.error(request, wording.problem_text(view.problem))
    else:
        messages.success(request, gettext("The account answers."))
    return htmx.redirect(request, reverse("settings-sms"))

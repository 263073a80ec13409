"""The style guide's form, with something wrong in it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy

from siyu.ui.contracts import Difference, EditConflict


class SampleForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=40, help_text=gettext_lazy("Shown in lists and reports.")
    )
    window = forms.IntegerField(label=gettext_lazy("Window"), min_value=1, max_value=730)
    price = forms.DecimalField(label=gettext_lazy("Price"), required=False)
    shop = forms.ChoiceField(
        label=gettext_lazy("Shop"),
        choices=[("a", gettext_lazy("Flagship shop")), ("b", gettext_lazy("Mini program"))],
    )
    text = forms.CharField(label=gettext_lazy("Message"), widget=forms.Textarea(attrs={"rows": 3}), required=False)
    method = forms.ChoiceField(
        label=gettext_lazy("Scoring"),
        widget=forms.RadioSelect,
        choices=[("q", gettext_lazy("By quantiles")), ("t", gettext_lazy("By my own bounds"))],
    )
    consent = forms.BooleanField(label=gettext_lazy("Only customers who agreed to marketing messages"), required=False)


def context() -> dict[str, Any]:
    return {
        "form": SampleForm({"name": "", "window": "900", "price": "19.80", "shop": "b", "method": "q"}),
        "conflict": EditConflict(
            version=8,
            differences=[
                Difference(gettext_lazy("Shop"), gettext("Flagship shop"), gettext("Mini program")),
                Difference(gettext_lazy("Window"), "", "90"),
            ],
            theirs_url="#sample-conflict",
            who="周予安",
            at="2026-05-01 10:32",
        ),
    }

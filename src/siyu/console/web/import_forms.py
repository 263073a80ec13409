"""The form of the columns page: one choice per column of the file, and how the file is to be read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from siyu.ingest import queries as ingest
from siyu.ingest.contracts import (
    DateStyle,
    Duplicates,
    Field,
    Mapping,
    NoCustomer,
    Preview,
    ZeroPrice,
)

FIELDS = {
    Field.ORDER_NO: _("Order number"),
    Field.LINE_NO: _("Line number"),
    Field.PAID_AT: _("Paid at"),
    Field.MEMBER: _("Member number"),
    Field.PHONE: _("Phone"),
    Field.NAME: _("Customer name"),
    Field.SKU: _("Article number"),
    Field.TITLE: _("Goods"),
    Field.QUANTITY: _("Quantity"),
    Field.UNIT_PRICE: _("Unit price"),
    Field.AMOUNT: _("Amount paid"),
    Field.REFUND_AMOUNT: _("Amount refunded"),
    Field.STATE: _("Order state"),
    Field.AFTER_SALE: _("After-sale state"),
    Field.SMS_CONSENT: _("Allows SMS"),
}
DATE_STYLES = {
    DateStyle.AUTO: _("Recognise by itself"),
    DateStyle.YMD: _("Year, month, day"),
    DateStyle.DMY: _("Day, month, year"),
    DateStyle.MDY: _("Month, day, year"),
    DateStyle.UNIX_SECONDS: _("Unix seconds"),
    DateStyle.UNIX_MILLIS: _("Unix milliseconds"),
    DateStyle.EXCEL: _("Excel day numbers"),
}
# Profile fields are chosen as "profile:city"; a column may also keep its own name as one.
PROFILE = "profile:"


class ColumnsForm(forms.Form):
    """Fields `column_0` … follow the file; `mapping` makes what ingest takes."""

    shop = forms.CharField(
        label=_("Shop"), max_length=60, help_text=_("Order and member numbers are unique within a shop.")
    )
    date_style = forms.ChoiceField(label=_("Dates are written"), choices=list(DATE_STYLES.items()))
    no_customer = forms.ChoiceField(
        label=_("Rows without a customer"),
        choices=[(NoCustomer.GUEST, _("Count as sales to nobody known")), (NoCustomer.REJECT, _("Reject"))],
    )
    zero_price = forms.ChoiceField(
        label=_("Lines that cost nothing"),
        choices=[(ZeroPrice.KEEP, _("Keep as gifts")), (ZeroPrice.REJECT, _("Reject"))],
    )
    duplicates = forms.ChoiceField(
        label=_("Equal lines of one order"),
        choices=[(Duplicates.KEEP, _("Keep each")), (Duplicates.DROP, _("Keep the first"))],
    )
    refund_prefix = forms.CharField(label=_("Order numbers of refunds begin with"), max_length=10, required=False)
    adjustment_prefix = forms.CharField(
        label=_("Order numbers of bookkeeping rows begin with"), max_length=10, required=False
    )
    save_as = forms.CharField(
        label=_("Save these choices as"), max_length=60, required=False, help_text=_("For the next file of this kind.")
    )

    def __init__(self, *args: Any, preview: Preview, mapping: Mapping, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._preview, self._base = preview, mapping
        chosen = _targets(mapping)
        choices = self._choices(mapping)
        for place, header in enumerate(preview.headers):
            self.fields[f"column_{place}"] = forms.ChoiceField(
                label=header,
                choices=choices,
                required=False,
                initial=chosen.get(ingest.header_key(header), ""),
                widget=forms.Select(attrs={"class": "s-input s-select", "aria-label": header}),
            )
        for name in (
            "shop",
            "date_style",
            "no_customer",
            "zero_price",
            "duplicates",
            "refund_prefix",
            "adjustment_prefix",
        ):
            self.fields[name].initial = getattr(mapping, name)

    @staticmethod
    def _choices(mapping: Mapping) -> list[Any]:
        profile = {"city": gettext("City"), "store": gettext("Store"), "country": gettext("Country")}
        profile |= {name: name for name in mapping.attributes if name not in profile}
        return [
            ("", _("Leave out")),
            (_("Order"), [(field.value, label) for field, label in FIELDS.items()]),
            (_("Profile"), [(PROFILE + name, label) for name, label in profile.items()]),
        ]

    def rows(self, sample_count: int) -> list[dict[str, Any]]:
        """One row per column of the file: its head, a few values, the choice."""
        return [
            {
                "header": header,
                "values": [row[place] for row in self._preview.rows[:sample_count] if place < len(row) and row[place]],
                "field": self[f"column_{place}"],
            }
            for place, header in enumerate(self._preview.headers)
        ]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        used: dict[str, str] = {}
        for place, header in enumerate(self._preview.headers):
            target = data.get(f"column_{place}", "")
            if target and target in used:
                text = _("Two columns have this meaning: %(first)s and %(second)s. Leave one of them out.")
                self.add_error(f"column_{place}", text % {"first": used[target], "second": header})
            used.setdefault(target, header)
        for needed in (Field.ORDER_NO, Field.PAID_AT):
            if needed.value not in used:
                self.add_error(None, _("Choose the column for “%(field)s”.") % {"field": FIELDS[needed]})
        if not {Field.AMOUNT.value, Field.UNIT_PRICE.value} & used.keys():
            self.add_error(None, _("Choose a column for the amount paid, or for the unit price."))
        return data

    def mapping(self) -> Mapping:
        """The mapping that was chosen; InvalidMapping if it makes no sense."""
        data = self.cleaned_data
        columns: dict[str, list[str]] = {}
        attributes: dict[str, list[str]] = {}
        for place, header in enumerate(self._preview.headers):
            target = data[f"column_{place}"]
            if target.startswith(PROFILE):
                attributes[target.removeprefix(PROFILE)] = [header]
            elif target:
                columns[target] = [header]
        options = {name: data[name] for name in ("shop", "date_style", "no_customer", "zero_price", "duplicates")}
        document = replace(self._base).to_json() | options
        document |= {"columns": columns, "attributes": attributes, "name": data["save_as"] or "unsaved"}
        document |= {name: data[name] for name in ("refund_prefix", "adjustment_prefix")}
        return Mapping.from_json(document)


def _targets(mapping: Mapping) -> dict[str, str]:
    """Normalised header → choice, for every name that the mapping knows."""
    targets = {ingest.header_key(name): PROFILE + key for key, names in mapping.attributes.items() for name in names}
    return targets | {ingest.header_key(name): key.value for key, names in mapping.columns.items() for name in names}

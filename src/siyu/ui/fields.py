"""What some components derive from their props: form controls tied to hint and error, initials, numbered lines."""

from __future__ import annotations

from typing import Any

from django import forms

_BOXES = (forms.CheckboxInput,)
_CHOICE_LISTS = (forms.RadioSelect, forms.CheckboxSelectMultiple)


def prepare(values: dict[str, Any]) -> dict[str, Any]:
    """The rendered control of a bound field, with class, and `aria-describedby` to its hint and error."""
    field = values["field"]
    widget = field.field.widget
    hint = values["hint"] or field.help_text
    return {
        "hint": hint,
        "control": field.as_widget(attrs=_attributes(field, widget, hint)),
        "is_box": isinstance(widget, _BOXES),
        "is_list": isinstance(widget, _CHOICE_LISTS),
        "hint_id": f"{field.auto_id}_hint",
        "error_id": f"{field.auto_id}_error",
        "optional": not field.field.required,
    }


def _attributes(field: Any, widget: forms.Widget, hint: Any) -> dict[str, str]:
    attributes = {}
    # Django puts the class of a choice list on its wrapper too; those are styled by their fieldset instead.
    if not isinstance(widget, _CHOICE_LISTS):
        attributes["class"] = f"{_control_class(widget)} {widget.attrs.get('class', '')}".strip()
    described = [f"{field.auto_id}_{part}" for part, there in (("hint", hint), ("error", field.errors)) if there]
    if described:
        attributes["aria-describedby"] = " ".join(described)
    if field.errors:
        attributes["aria-invalid"] = "true"
    return attributes


def _control_class(widget: forms.Widget) -> str:
    if isinstance(widget, _BOXES):
        return "s-box"
    if isinstance(widget, forms.Select):
        return "s-input s-select"
    return "s-input s-textarea" if isinstance(widget, forms.Textarea) else "s-input"


def initials(values: dict[str, Any]) -> dict[str, Any]:
    """One Chinese character, or the first letters of first and last word: 周予安 → 周, Zhou Yuan → ZY."""
    words = str(values["name"]).split()
    if not words:
        return {"initials": "?"}
    first = words[0][0]
    if not first.isascii():
        return {"initials": first}
    last = words[-1][0] if len(words) > 1 else ""
    return {"initials": (first + last).upper()}


def numbered_lines(values: dict[str, Any]) -> dict[str, Any]:
    return {"lines": list(enumerate(str(values["text"]).splitlines(), start=1))}

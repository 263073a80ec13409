"""What differs between a form that somebody filled in and what somebody else has saved meanwhile, in words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext

from siyu.ui.contracts import Difference


def differences(mine: forms.BaseForm, theirs: forms.BaseForm, names: Iterable[str] = ()) -> list[Difference]:
    """The fields of which two forms of one class show different things; `names` limits them, hidden ones are not told.

    `theirs` is filled with what is saved.
    """
    chosen = tuple(names) or [field.name for field in mine.visible_fields()]
    return only_different(Difference(mine[name].label, shown(mine[name]), shown(theirs[name])) for name in chosen)


def only_different(told: Iterable[Difference]) -> list[Difference]:
    return [one for one in told if one.mine.strip() != one.theirs.strip()]


def shown(field: forms.BoundField) -> str:
    """What a field shows, as its reader would say it: choices by their labels, boxes as yes or no."""
    value = field.value()
    if isinstance(field.field, forms.BooleanField):
        return gettext("yes") if field.field.to_python(value) else gettext("no")
    labels = {str(key): str(label) for key, label in _choices(field.field)}
    values = value if isinstance(value, (list, tuple, set, frozenset)) else [value]
    texts = (str(field.field.prepare_value(one)) for one in values if one not in (None, ""))
    return listed(labels.get(text, text) for text in texts)


def listed(texts: Iterable[Any]) -> str:
    """Several things as one text; the same things are the same text in whatever order they were chosen."""
    return gettext(", ").join(sorted(map(str, texts)))


def _choices(field: forms.Field) -> Iterable[tuple[Any, Any]]:
    """Value and label of each choice; none for a field that is typed. Our forms have no groups of choices."""
    return list(field.choices) if isinstance(field, forms.ChoiceField) else ()  # type: ignore[arg-type]

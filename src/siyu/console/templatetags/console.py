"""``{% load console %}``: words for the parts of rules."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from siyu.audiences.contracts import Segment
from siyu.console.web import wording

register = template.Library()
COMPARISONS = {
    ">=": _("at least"),
    ">": _("more than"),
    "<=": _("at most"),
    "<": _("less than"),
    "=": _("exactly"),
    "between": _("between"),
    "is": _("is"),
    "in": _("is one of"),
    "is_set": _("is known"),
    "contains": _("contains"),
    "starts": _("starts with"),
}


@register.filter
def msgid(text: str) -> str:
    """Translates a label that a package registered as a msgid."""
    return gettext(text)


@register.filter
def comparison(op: str) -> str:
    """``>=`` in words."""
    return str(COMPARISONS.get(op, op))


@register.filter
def evidence(text: str) -> str:
    """Where a consent comes from, in words."""
    return wording.evidence(text)


@register.filter
def segment(name: str) -> str:
    """The name of an RFM segment; scores stay numbers."""
    return str(wording.SEGMENTS[Segment(name)]) if name in set(Segment) else name

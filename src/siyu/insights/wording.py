"""The verdicts' sentences once more, marked for translation: rules know no Django."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

VERDICTS = (
    _("Not launched yet."),
    _("Nobody was held out, so nothing can be said about what the plan itself brought."),
    _("No verdict: the groups do not have the sizes they should have."),
    _("No verdict: too few customers bought to tell the groups apart."),
    _("Not yet: the result window ends on %(day)s. So far %(low)s to %(high)s percentage points."),
    _("It worked: %(low)s to %(high)s percentage points more customers bought because of it."),
    _("It did harm: %(low)s to %(high)s percentage points in the wrong direction."),
    _("No difference shown: %(low)s to %(high)s percentage points; zero is among them."),
)

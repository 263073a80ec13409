"""The forms of tasks, and the requests that they make."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from siyu.kernel import clock
from siyu.org import queries as org
from siyu.org.contracts import NodeKind, Viewer
from siyu.org.contracts.tasks import Person
from siyu.org.permissions import STAFF_VIEW, TASKS_MANAGE
from siyu.org.registries import TASK_KINDS
from siyu.ui.conflicts import listed

# Choices of a form; who is not among them is found by choosing the place in the scope switch.
MAX_CHOICES = 200
REMINDERS = (("0", _("When it is due")), ("30", _("30 minutes before")), ("120", _("2 hours before")),
             ("1440", _("A day before")), ("", _("Never")))  # fmt: skip
PLACE_KINDS = (
    (NodeKind.STORE.value, _("Stores")),
    (NodeKind.REGION.value, _("Regions")),
    (NodeKind.TEAM.value, _("Teams")),
)
FORMAT = "%Y-%m-%dT%H:%M"


def moment_field(label: Any, **options: Any) -> forms.DateTimeField:
    """A day and time of the brand's zone."""
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=FORMAT)
    return forms.DateTimeField(label=label, widget=widget, **options)


def kind_choices() -> list[tuple[str, str]]:
    return [(kind.key, gettext(kind.label)) for kind in TASK_KINDS]


def people_choices(viewer: Viewer) -> list[tuple[str, str]]:
    """Oneself, and for who may give tasks the staff within the scope."""
    me = [(str(viewer.staff_id), gettext("Me"))]
    if not (viewer.may(TASKS_MANAGE) and viewer.may(STAFF_VIEW)):
        return me
    found = org.staff(viewer, limit=MAX_CHOICES).items
    return me + [(str(view.id), view.name) for view in found if view.id != viewer.staff_id]


def role_choices(viewer: Viewer) -> list[tuple[str, str]]:
    return [(str(role.id), gettext(role.label) if role.is_system else role.label) for role in org.roles(viewer)]


def place_choices(viewer: Viewer) -> list[tuple[str, str]]:
    return [(str(node.id), node.name) for node in org.find_nodes(viewer, limit=MAX_CHOICES)]


class _AboutForm(forms.Form):
    kind = forms.ChoiceField(label=_("Kind"))
    title = forms.CharField(label=_("What is to do"), max_length=120)
    note = forms.CharField(
        label=_("Note"), max_length=2_000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    remind = forms.ChoiceField(label=_("Remind"), choices=REMINDERS, required=False, initial="0")

    def __init__(self, *args: Any, viewer: Viewer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._choose("kind", kind_choices())

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def about(self) -> dict[str, Any]:
        data = self.cleaned_data
        remind = data["remind"]
        minutes = int(remind) if remind else None
        return {"kind": data["kind"], "title": data["title"], "note": data["note"], "remind_minutes": minutes}


class TaskForm(_AboutForm):
    people = forms.MultipleChoiceField(label=_("Who does it"), widget=forms.CheckboxSelectMultiple)
    due = moment_field(_("Due"))

    def __init__(self, *args: Any, viewer: Viewer, **kwargs: Any) -> None:
        super().__init__(*args, viewer=viewer, **kwargs)
        self._choose("people", people_choices(viewer))
        tomorrow = clock.now().astimezone(settings.SIYU.tz) + timedelta(days=1)
        self.fields["due"].initial = tomorrow.strftime(FORMAT)
        self.fields["people"].initial = [str(viewer.staff_id)]


class BulkForm(_AboutForm):
    """One task for each place below one, for a role."""

    below = forms.ChoiceField(label=_("Places at and below"))
    places = forms.MultipleChoiceField(
        label=_("Which of them"), choices=PLACE_KINDS, widget=forms.CheckboxSelectMultiple, initial=["store"]
    )
    role = forms.ChoiceField(label=_("For whoever is there"))
    hours = forms.DecimalField(
        label=_("Due after opening hours"), min_value=0, max_value=1_000, required=False,
        help_text=_("Counted by each place's own hours and holidays; or give a time below."),
    )  # fmt: skip
    due = moment_field(_("Due at"), required=False)

    def __init__(self, *args: Any, viewer: Viewer, **kwargs: Any) -> None:
        super().__init__(*args, viewer=viewer, **kwargs)
        self._choose("below", place_choices(viewer))
        self._choose("role", role_choices(viewer))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if (data.get("hours") is None) == (data.get("due") is None):
            raise forms.ValidationError(_("Say when it is due: a time, or so many opening hours from now."))
        return data

    def where(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {
            "below_id": int(data["below"]),
            "kinds_of_place": data["places"],
            "role_id": int(data["role"]),
            "due_at": data["due"],
            "working_hours": None if data["hours"] is None else float(data["hours"]),
        }


class ReassignForm(forms.Form):
    people = forms.MultipleChoiceField(label=_("Who does it"), widget=forms.CheckboxSelectMultiple)
    due = moment_field(_("Due at"), required=False, help_text=_("Empty: as it is."))

    def __init__(self, *args: Any, viewer: Viewer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["people"].choices = people_choices(viewer)  # type: ignore[attr-defined]

    def spoken(self, people: Iterable[Person]) -> str:
        """These people as the choices name them; who is not among the choices by their own name."""
        labels = dict(self.fields["people"].choices)  # type: ignore[attr-defined]
        return listed(labels.get(str(one.id), one.name) for one in people)

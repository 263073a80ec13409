"""What people fill in and press."""

from __future__ import annotations

from siyu.ui import fields
from siyu.ui.components import Component, Prop

DECLARED = (
    Component(
        "form",
        "A form that is posted. It loses nothing that was typed, and says when somebody else was faster.",
        (
            Prop("id", "Element id; with the address it is what a draft is kept under"),
            Prop("action", "Address that is posted to; that of the page without it", ""),
            Prop("version", "Version of what is edited, as the reader has seen it", None),
            Prop("draft", "Keeps in the browser what is typed, until it is saved", default=False),
            Prop("unsaved", "Shows what was typed and could not be saved", default=False),
            Prop("conflict", "What somebody else has saved meanwhile: EditConflict", None),
            Prop("layout", "How its parts stand", "", ("", "stack", "fields")),
            Prop("checked", "The browser checks required fields before it sends", default=True),
        ),
        takes_body=True,
        attributes=True,
    ),
    Component(
        "conflict",
        "Two people edited the same thing: both versions by field, and which of them shall stay. Inside a form.",
        (Prop("conflict", "EditConflict"),),
    ),
    Component(
        "form_section",
        "A group of fields with a heading and a hint at its side.",
        (Prop("title", "Heading"), Prop("hint", "What this part decides", "")),
        takes_body=True,
    ),
    Component(
        "field",
        "A Django form field with label, hint and error, tied together for screen readers.",
        (
            Prop("field", "Bound field of a form"),
            Prop("hint", "Replaces the field's help text", ""),
            Prop("width", "Width of the control", "full", ("full", "short", "medium")),
            Prop("prefix", "Text before the value, such as ¥", ""),
            Prop("suffix", "Text after the value, such as a unit", ""),
        ),
        slots=("after",),
        prepare=fields.prepare,
    ),
    Component(
        "form_errors",
        "Errors of a form as a whole, above its fields.",
        (Prop("form", "A bound form"),),
    ),
    Component(
        "button",
        "A button, or a link that looks like one.",
        (
            Prop("label", "What happens"),
            Prop("kind", "Weight; one primary per region", "secondary", ("primary", "secondary", "ghost", "danger")),
            Prop("size", "Height 32, 28, or 44 for phones", "normal", ("normal", "small", "large")),
            Prop("icon", "Icon before the label", ""),
            Prop("url", "Makes it a link", ""),
            Prop("type", "Button type", "button", ("button", "submit", "reset")),
            Prop("name", "Form name", ""),
            Prop("value", "Form value", ""),
            Prop("form", "Id of the form it belongs to", ""),
            Prop("id", "Element id", ""),
            Prop("disabled", "Cannot be used now", default=False),
            Prop("icon_only", "Shows the icon; the label is for screen readers and the title", default=False),
            Prop("download", "The link is a file", default=False),
        ),
        attributes=True,
    ),
    Component(
        "file_drop",
        "Choose or drop a file; shows the upload's progress.",
        (
            Prop("name", "Form name of the file"),
            Prop("label", "What to drop"),
            Prop("hint", "Formats and limits", ""),
            Prop("accept", "File types, as in the accept attribute", ""),
            Prop("error", "What was wrong with the last file", ""),
            Prop("max_mb", "Largest file in MiB; a larger one is refused before it is sent", ""),
            Prop("required", "The form needs it", default=True),
        ),
    ),
)

"""What opens, leads or waits: drawers, dialogs, steps, timelines, progress."""

from __future__ import annotations

from siyu.ui import preparing
from siyu.ui.components import Component, Prop

DECLARED = (
    Component(
        "drawer",
        'A panel from the right with head, body and fixed foot. A button with `data_opens="id"` opens it.',
        (
            Prop("id", "Element id"),
            Prop("title", "Head"),
            Prop("icon", "Icon in the head", ""),
            Prop("note", "Muted text in the head, such as a version", ""),
            Prop("opened", "Opens with the page: for details that have an address", default=False),
        ),
        slots=("foot",),
        takes_body=True,
    ),
    Component(
        "drawer_page",
        'What a drawer shows. A view answers with it to `data_drawer="/address/"`, which opens the page\'s one drawer.',
        (
            Prop("title", "Head"),
            Prop("icon", "Icon in the head", ""),
            Prop("note", "Muted text in the head, such as a version", ""),
            Prop("id", "Element id of its drawer", "drawer"),
        ),
        slots=("actions", "foot"),
        takes_body=True,
    ),
    Component(
        "confirm",
        'A dialog that says what will happen, before it does. A button with `data_opens="id"` opens it.',
        (
            Prop("id", "Element id"),
            Prop("title", "The question, with the number"),
            Prop("action", "Address that is posted to"),
            Prop("confirm_label", "Verb and number, as in “Delete 12 customers”"),
            Prop("danger", "Red confirm button", default=False),
            Prop("fields", "Hidden values to post: sequence of (name, value)", ()),
        ),
        takes_body=True,
    ),
    Component(
        "stepper",
        "All stages, each with its outcome.",
        (Prop("steps", "Sequence of Step"), Prop("label", "What the steps lead to")),
    ),
    Component(
        "timeline",
        "What happened, by day.",
        (Prop("days", "Sequence of TimelineDay"), Prop("more_url", "Address of the part before", "")),
    ),
    Component(
        "progress",
        "A long job: bar, count, rate, time left, cancel. Asks for news until it has ended.",
        (
            Prop("label", "What is being done"),
            Prop("done", "How many are done", 0),
            Prop("total", "How many there are; unknown when 0", 0),
            Prop("unit", "Unit of the count", ""),
            Prop("rate_per_s", "Per second", None),
            Prop("seconds_left", "Time left", None),
            Prop("state", "Where it stands", "running", ("queued", "running", "done", "failed", "cancelled")),
            Prop("note", "What it is doing, or why it failed", ""),
            Prop("poll_url", "Address that answers with this component again", ""),
            Prop("cancel_url", "Address that cancels", ""),
            Prop("result_url", "Page or file of the result", ""),
            Prop("result_label", "What that is; “See the result” without it", ""),
        ),
        prepare=preparing.progress,
    ),
)

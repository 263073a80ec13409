"""Frames of a page and its parts: head, card, tabs, callout, empty state, phone."""

from __future__ import annotations

from siyu.ui import fields
from siyu.ui.catalogue.kinds import STATUS_KINDS, TONES
from siyu.ui.components import Component, Prop

DECLARED = (
    Component(
        "page_header",
        "Top of every page: where am I, in what state is it, what are the two actions that matter.",
        (
            Prop("title", "The page's title"),
            Prop("crumbs", "Crumbs above the title: sequence of Crumb", ()),
            Prop("status", "Word of the status pill", ""),
            Prop("status_kind", "Colour of the status pill", "done", STATUS_KINDS),
            Prop("meta", "One muted line beside the title", ""),
            Prop("fresh", "Freshness, such as “Data as of 10:32”", ""),
        ),
        slots=("actions", "title_extra"),
    ),
    Component(
        "card",
        "A surface with a head; the body has no padding, so that tables reach the edges.",
        (
            Prop("title", "Head of the card; no head without it", ""),
            Prop("note", "Muted text beside the title", ""),
            Prop("definition", "Definition behind an information mark", ""),
            Prop("padded", "Pads the body", default=True),
            Prop("id", "Element id", ""),
        ),
        slots=("actions", "foot"),
        takes_body=True,
    ),
    Component(
        "tabs",
        "Views of a detail page.",
        (Prop("label", "What they show, for screen readers"), Prop("items", "Sequence of Tab")),
    ),
    Component(
        "segmented",
        "A switch between a few views.",
        (
            Prop("label", "What is switched, for screen readers"),
            Prop("items", "Sequence of Tab"),
            Prop("size", "Height 32 or 28", "normal", ("normal", "small")),
        ),
    ),
    Component(
        "callout",
        "A remark with weight: what it means and what to do.",
        (
            Prop("title", "First line", ""),
            Prop("kind", "Weight", "info", TONES),
            Prop("icon", "Replaces the icon of its kind", ""),
        ),
        slots=("actions",),
        takes_body=True,
    ),
    Component(
        "empty_state",
        "What this does for me, the action that starts it, and the three steps.",
        (
            Prop("title", "What it does for me"),
            Prop("text", "One or two sentences", ""),
            Prop("drawing", "Line drawing", "list", ("list", "people", "chart", "message", "file", "search", "link")),
            Prop("steps", "Up to three Step", ()),
        ),
        slots=("actions",),
    ),
    Component(
        "definition",
        "An information mark that explains a number by hover, focus and tap.",
        (
            Prop("text", "The explanation"),
            Prop("title", "Formula, in bold", ""),
            Prop("label", "Name of the number", ""),
        ),
    ),
    Component(
        "menu",
        "A button with a short list of actions.",
        (
            Prop("label", "Name of the button"),
            Prop("items", "Sequence of MenuItem"),
            Prop("icon", "Icon of the button; three dots without it", ""),
            Prop("icon_only", "Hides the label", default=True),
        ),
    ),
    Component(
        "copy_button",
        "Copies a text.",
        (
            Prop("text", "What is copied"),
            Prop("label", "Accessible name", ""),
            Prop("shown", "Shows the text beside it", default=False),
        ),
    ),
    Component(
        "avatar",
        "Initials of a person.",
        (Prop("name", "Name of the person"), Prop("size", "28 or 48 px", "normal", ("normal", "large"))),
        prepare=fields.initials,
    ),
    Component(
        "code_block",
        "Text form of a rule or template, with a copy button.",
        (Prop("text", "The text"), Prop("label", "What it is, for screen readers")),
        prepare=fields.numbered_lines,
    ),
    Component(
        "phone_frame",
        "What a customer will see, beside the form that makes it.",
        (
            Prop("title", "Title bar of the phone", ""),
            Prop("time", "Clock of the phone", "10:32"),
            Prop("note", "Text under the frame", ""),
        ),
        takes_body=True,
    ),
)

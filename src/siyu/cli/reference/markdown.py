"""Small pieces of Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

# Says to a reader that editing is in vain, and to a test where the page comes from.
NOTE = "<!-- Made by `siyu docs`. Do not edit: change what it describes. -->"


def page(title: str, intro: str, *parts: str) -> str:
    """A whole page with one title."""
    return "\n\n".join([f"# {title}", NOTE, intro, *parts]).rstrip() + "\n"


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; "none yet" instead of one without rows."""
    lines = ["| " + " | ".join(map(cell, row)) + " |" for row in rows]
    if not lines:
        return "None yet."
    return "\n".join(["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads), *lines])


def cell(value: object) -> str:
    """A value as the text of one cell."""
    return str(value).replace("|", "\\|").replace("\n", " ").strip() or "–"


def code(value: object) -> str:
    return f"`{value}`" if str(value) else ""


def first_line(text: str | None) -> str:
    """The first sentence of a docstring."""
    return (text or "").strip().partition("\n\n")[0].replace("\n", " ").strip()


def package_of(thing: object) -> str:
    """The package that a function or class belongs to."""
    parts = str(getattr(thing, "__module__", "")).split(".")
    return parts[1] if len(parts) > 1 and parts[0] == "siyu" else "–"

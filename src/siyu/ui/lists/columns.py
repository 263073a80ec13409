"""Which columns a list shows, and what its column menu offers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from siyu.ui.contracts import Column, ListKind


@dataclass(frozen=True)
class Choice:
    """A column in the menu."""

    key: str
    label: Any
    shown: bool
    required: bool


def shown(kind: ListKind, chosen: Sequence[str]) -> list[Column]:
    """The list's columns in the order chosen; without a choice as the list proposes. Required ones come first then."""
    known = {column.key: column for column in kind.columns}
    picked = [known[key] for key in dict.fromkeys(chosen) if key in known]
    if not picked:
        return [column for column in kind.columns if column.shown or column.required]
    missing = [column for column in kind.columns if column.required and column not in picked]
    return [*missing, *picked]


def choices(kind: ListKind, columns: Sequence[Column]) -> list[Choice]:
    """Every column: those shown in their order, then the others."""
    picked = {column.key for column in columns}
    hidden = [column for column in kind.columns if column.key not in picked]
    return [Choice(column.key, column.label, column.key in picked, column.required) for column in [*columns, *hidden]]


def cleaned(kind: ListKind, asked: Sequence[str]) -> list[str]:
    """A posted choice without columns that the list does not have."""
    known = {column.key for column in kind.columns}
    return [key for key in dict.fromkeys(asked) if key in known]


def with_order(columns: Sequence[Column], sort: str, ascending: bool, urls: dict[str, str]) -> list[Column]:
    """The columns with the address that sorts by each, and the one that the rows are in the order of."""
    order = "asc" if ascending else "desc"
    return [
        replace(column, sort_url=urls.get(column.key, ""), sorted=order if column.key == sort else "")
        for column in columns
    ]

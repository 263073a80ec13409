"""The frozen shapes that views hand to components."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Align = Literal["start", "end", "center"]
# What a column does at 390 px: heads the first line, stands right on the first line, joins the second line, or goes.
PhonePlace = Literal["main", "figure", "second", "hidden"]
StepState = Literal["done", "current", "ahead"]


@dataclass(frozen=True)
class Crumb:
    label: Any
    url: str = ""


@dataclass(frozen=True)
class Tab:
    """One choice among views of the same thing: saved filters, segmented control, detail tabs."""

    label: Any
    url: str
    current: bool = False
    count: Any = ""


@dataclass(frozen=True)
class Chip:
    """A filter in force, and the address of the same list without it."""

    label: Any
    remove_url: str


@dataclass(frozen=True)
class Column:
    """One column of a table. `sort_url` makes its head a link; `sorted` is "asc", "desc" or empty.

    For lists with a column choice: `required` ones are always there, those without `shown` only when somebody asks for
    them, `sortable` ones get their `sort_url` from the list.
    """

    key: str
    label: Any
    align: Align = "start"
    sort_url: str = ""
    sorted: str = ""
    phone: PhonePlace = "second"
    definition: Any = ""
    muted: bool = False
    required: bool = False
    shown: bool = True
    sortable: bool = False


@dataclass(frozen=True)
class Cell:
    """One value of a table: text, with a link to the list behind it, or shown as pill, tag or bar.

    `kind` is "text", "pill" (then `tone` is a status), "tag" (then `tone` is a tag kind) or "bar" (then `share` is
    0–100). `note` stands muted after the value.
    """

    value: Any
    url: str = ""
    kind: Literal["text", "pill", "tag", "bar"] = "text"
    tone: str = ""
    note: Any = ""
    share: float = 0.0
    strong: bool = False

    @property
    def is_plain(self) -> bool:
        """Nothing but its value: most cells of most tables."""
        return self.kind == "text" and not (self.url or self.strong or self.note)


@dataclass(frozen=True)
class Row:
    """One row: cells by column key (a `Cell`, or a bare value), its identity for selection, its own address.

    `menu` is what can be done to it, behind three dots at its end; `name` tells screen readers which row is meant.
    """

    cells: Mapping[str, Any]
    key: str = ""
    url: str = ""
    selected: bool = False
    menu: Sequence[MenuItem] = ()
    name: Any = ""


@dataclass(frozen=True)
class Step:
    label: Any
    note: Any = ""
    state: StepState = "ahead"
    url: str = ""


@dataclass(frozen=True)
class TimelineItem:
    """What happened: `at` is the time as text, `tone` is a tag kind, `warned` marks a touch that did not go out."""

    at: Any
    title: Any
    icon: str
    note: Any = ""
    tone: str = "basic"
    warned: bool = False
    action_label: Any = ""
    action_url: str = ""


@dataclass(frozen=True)
class TimelineDay:
    label: Any
    items: Sequence[TimelineItem]


@dataclass(frozen=True)
class Fact:
    label: Any
    value: Any
    url: str = ""
    definition: Any = ""


@dataclass(frozen=True)
class HeatCell:
    """One cell of a heat grid. `level` is 1 (lightest) to 5; the number always stands in the cell."""

    value: Any
    level: int
    corner: Any = ""
    note: Any = ""
    url: str = ""
    selected: bool = False
    label: Any = ""


@dataclass(frozen=True)
class HeatRow:
    label: Any
    cells: Sequence[HeatCell]
    note: Any = ""


@dataclass(frozen=True)
class MenuItem:
    label: Any
    url: str
    icon: str = ""
    danger: bool = False
    post: bool = False


@dataclass(frozen=True)
class ChartTable:
    """The numbers of a chart as a table: heads, then rows of plain values. It is what CSV download writes."""

    heads: Sequence[Any]
    rows: Sequence[Sequence[Any]]
    notes: Sequence[Any] = field(default=())


@dataclass(frozen=True)
class ShareBar:
    """One part of a whole: `share` is the length of its bar, 0–100; value and note are formatted texts."""

    label: Any
    value: Any
    share: float
    note: Any = ""
    url: str = ""
    tone: str = "brand"


@dataclass(frozen=True)
class FunnelStep:
    """One step of a funnel and how many reached it; `url` opens the list of those."""

    label: Any
    count: int
    url: str = ""


@dataclass(frozen=True)
class Difference:
    """One field of which two people have made different things, in words."""

    label: Any
    mine: str
    theirs: str


@dataclass(frozen=True)
class EditConflict:
    """Two people edited the same thing. `version` is the one that is saved now; `who` and `at` where they are known."""

    version: int
    differences: Sequence[Difference]
    theirs_url: str
    who: str = ""
    at: str = ""

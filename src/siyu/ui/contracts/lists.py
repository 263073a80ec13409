"""What a package declares of a list, so that it gets filters, columns, saved views, bulk actions and export."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django import forms

from siyu.kernel.errors import Conflict
from siyu.kernel.ids import IdSet
from siyu.org.contracts import Viewer
from siyu.ui.contracts.shapes import Column


class FilterType(StrEnum):
    """What a filter compares: how its form looks, which comparisons it has, how its value is read."""

    TEXT = "text"
    CHOICE = "choice"
    NUMBER = "number"
    MONEY = "money"
    AGE = "age"
    FLAG = "flag"


class Op(StrEnum):
    """Comparisons. Of an age, `within` and `older` count days back from today, `ages` is a range of them."""

    IS = "is"
    CONTAINS = "contains"
    STARTS = "starts"
    IN = "in"
    AT_LEAST = "ge"
    AT_MOST = "le"
    EQUAL = "eq"
    BETWEEN = "between"
    WITHIN = "within"
    OLDER = "older"
    AGES = "ages"
    NEVER = "never"
    YES = "yes"
    NO = "no"


OPS: Mapping[FilterType, tuple[Op, ...]] = {
    FilterType.TEXT: (Op.IS, Op.STARTS, Op.CONTAINS),
    FilterType.CHOICE: (Op.IN,),
    FilterType.NUMBER: (Op.AT_LEAST, Op.AT_MOST, Op.EQUAL, Op.BETWEEN),
    FilterType.MONEY: (Op.AT_LEAST, Op.AT_MOST, Op.BETWEEN),
    FilterType.AGE: (Op.WITHIN, Op.OLDER, Op.AGES, Op.NEVER),
    FilterType.FLAG: (Op.YES, Op.NO),
}
RANGES = frozenset({Op.BETWEEN, Op.AGES})
WITHOUT_VALUE = frozenset({Op.NEVER, Op.YES, Op.NO})
Choices = Sequence[tuple[str, Any]] | Callable[[Viewer], Sequence[tuple[str, Any]]]


@dataclass(frozen=True)
class FilterField:
    """Something that a list can be filtered by. `ops` narrows the comparisons of its type; `unit` follows the value.

    `choices` are (value, label), or a callable that gives them: what a CHOICE offers, or what a TEXT suggests.
    `check` raises InvalidInput for a text that the viewer cannot ask for.
    """

    key: str
    label: Any
    icon: str
    type: FilterType
    choices: Choices = ()
    unit: Any = ""
    ops: tuple[Op, ...] = ()
    check: Callable[[Viewer, str], None] | None = None

    @property
    def comparisons(self) -> tuple[Op, ...]:
        return self.ops or OPS[self.type]


@dataclass(frozen=True)
class Filter:
    """A filter in force. Values are texts, whole numbers, or for money fen; a range has two of them."""

    key: str
    op: Op
    values: tuple[Any, ...] = ()


@dataclass(frozen=True)
class ListQuery:
    """Which rows a list shows and in which order. `within` is the list's own part of the address, if it has one."""

    text: str = ""
    filters: tuple[Filter, ...] = ()
    sort: str = ""
    ascending: bool = False
    within: str = ""

    @property
    def is_filtered(self) -> bool:
        return bool(self.text or self.filters)


@dataclass(frozen=True)
class EffectPart:
    """One part of what a bulk action would do, such as “1,247 new”; `tone` is good, muted, warn or bad."""

    count: int
    label: Any
    tone: str = "muted"
    url: str = ""


@dataclass(frozen=True)
class Effect:
    """What a bulk action would do. `count` rows change; with none the action cannot be confirmed."""

    count: int
    parts: Sequence[EffectPart]
    confirm_label: Any


Values = Mapping[str, Any]


@dataclass(frozen=True)
class BulkAction:
    """Something to be done to many rows, after its effect has been shown.

    `form` takes viewer and posted data and asks for what it needs (a store, a reason); its cleaned data are the values.
    `preview` says what would happen to these rows, `apply` does it to at most `chunk` of them in one transaction and
    returns how many it changed: it may be called again for the same rows. Both leave alone what the viewer may not see.
    """

    key: str
    label: Any
    icon: str
    preview: Callable[[Viewer, IdSet, Values], Effect]
    apply: Callable[[Viewer, Sequence[int], Values], int]
    permission: str = ""
    form: Callable[[Viewer, Any], forms.Form] | None = None
    danger: bool = False
    chunk: int = 300


@dataclass(frozen=True)
class ListExport:
    """The rows of a list as a file: `heads` by column key, `rows` for ids in their order, as plain values.

    `approval` is the registered kind of approval that a large one may need.
    """

    heads: Mapping[str, Any]
    rows: Callable[[Viewer, Sequence[int], Sequence[str]], Iterable[Sequence[Any]]]
    permission: str = ""
    approval: str = ""


@dataclass(frozen=True)
class ListKind:
    """A list: what it shows, what it can be filtered and sorted by, what can be done to many of its rows at once.

    `ids` gives the ids of everything that a query holds, in any order: bulk actions and export need it. `count` is the
    same as a number, for the tabs of saved filters; without it they have none.
    """

    key: str
    label: Any
    url_name: str
    columns: tuple[Column, ...]
    permission: str
    search_label: Any = ""
    fields: tuple[FilterField, ...] = ()
    ids: Callable[[Viewer, ListQuery], IdSet] | None = None
    count: Callable[[Viewer, ListQuery], int] | None = None
    export: ListExport | None = None
    bulk: tuple[BulkAction, ...] = ()
    page_sizes: tuple[int, ...] = (20, 50, 100, 200)

    def field(self, key: str) -> FilterField | None:
        return next((found for found in self.fields if found.key == key), None)

    def action(self, key: str) -> BulkAction | None:
        return next((found for found in self.bulk if found.key == key), None)


class NameTaken(Conflict):
    code = "saved_filter_name_taken"
    message = "Another saved filter is called “%(name)s” already. Choose another name."

"""A list of fictional customers with everything that a list can do, for the style guide and for tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from siyu.kernel.errors import Unavailable
from siyu.kernel.ids import IdSet
from siyu.org.contracts import Viewer
from siyu.ui import formats, lists
from siyu.ui.contracts import (
    BulkAction,
    Cell,
    Column,
    Effect,
    EffectPart,
    Filter,
    FilterField,
    FilterType,
    ListExport,
    ListKind,
    ListQuery,
    MenuItem,
    Op,
    Row,
)
from siyu.ui.registries import LISTS

NAMES = ("郑晚晴", "顾明哲", "宋清和", "钱思远", "江予舟", "沈一诺", "许安然", "唐知夏", "陆嘉禾", "夏允之", "何以宁")
LEVELS = (("gold", _("Gold")), ("silver", _("Silver")), ("basic", _("Basic level")))
COUNT = 137


@dataclass(frozen=True)
class Person:
    id: int
    name: str
    phone: str
    level: str
    spend_fen: int
    orders: int
    days: int


def _person(number: int) -> Person:
    return Person(
        id=number + 1,
        name=NAMES[number % len(NAMES)],
        phone=f"138****{5127 + 13 * number:04d}",
        level=LEVELS[number % 3][0],
        spend_fen=410_680 - 2_931 * number,
        orders=41 - number % 40,
        days=45 + number,
    )


PEOPLE = tuple(_person(number) for number in range(COUNT))
_SORTS = {"spend": lambda person: person.spend_fen, "orders": lambda person: person.orders}


def found(query: ListQuery) -> list[Person]:
    """The people that a query holds, in its order."""
    people = [person for person in PEOPLE if query.text in person.name and all(map(_passes(person), query.filters))]
    if query.sort:
        people.sort(key=_SORTS[query.sort], reverse=not query.ascending)
    return people


def _passes(person: Person) -> Callable[[Filter], bool]:
    def passes(one: Filter) -> bool:
        if one.op is Op.IN:
            return person.level in one.values
        value = person.days if one.key == "last" else person.spend_fen
        low, high = one.values[0], one.values[-1]
        if one.op in (Op.AT_LEAST, Op.OLDER):
            return value >= low
        return value <= high and (one.op not in (Op.AGES, Op.BETWEEN) or value >= low)

    return passes


def rows_of(people: Sequence[Person]) -> list[Row]:
    labels = dict(LEVELS)
    menu = (
        MenuItem(_("Copy"), "#", icon="copy"),
        MenuItem(_("Delete"), "/styleguide/nothing/", icon="trash", danger=True, post=True),
    )
    return [
        Row(
            key=str(person.id),
            url="#",
            name=person.name,
            menu=menu,
            cells={
                "name": person.name,
                "phone": person.phone,
                "level": Cell(labels[person.level], kind="tag", tone="value" if person.level == "gold" else "basic"),
                "spend": formats.money(person.spend_fen),
                "orders": formats.number(person.orders),
                "last": gettext("%(days)s days ago") % {"days": person.days},
            },
        )
        for person in people
    ]


class TagForm(forms.Form):
    tag = forms.ChoiceField(label=_("Tag"), choices=[("", _("Choose a tag")), ("lychee", _("Lychee season"))])

    def __init__(self, viewer: Viewer, data: Any = None) -> None:
        super().__init__(data)


def _preview(viewer: Viewer, ids: IdSet, values: Mapping[str, Any]) -> Effect:
    same = sum(number % 5 == 0 for number in ids)
    confirm = gettext("Confirm, tag %(count)s") % {"count": formats.number(len(ids) - same)}
    parts = (
        EffectPart(len(ids) - same, _("new"), "good"),
        EffectPart(same, _("have it already")),
        EffectPart(len(ids) // 7, _("lose the tag “cherry season”"), "warn", "#"),
        EffectPart(0, _("are outside your scope")),
    )
    return Effect(len(ids) - same, parts, confirm)


def _apply(viewer: Viewer, ids: Sequence[int], values: Mapping[str, Any]) -> int:
    """Nothing is kept: this is a sample."""
    return sum(number % 5 != 0 for number in ids)


def _file_rows(viewer: Viewer, ids: Sequence[int], columns: Sequence[str]) -> Iterator[list[Any]]:
    for number in ids:
        person = PEOPLE[number - 1]
        values = {"name": f"={person.name}", "phone": person.phone, "level": person.level, "orders": person.orders,
                  "spend": person.spend_fen / 100, "last": person.days}  # fmt: skip
        yield [values[key] for key in columns]


COLUMNS = (
    Column("name", _("Customer"), phone="main", required=True),
    Column("phone", _("Phone")),
    Column("level", _("Level"), phone="hidden"),
    Column("spend", _("Spend"), "end", phone="figure", sortable=True, definition=_("Of the last 365 days.")),
    Column("orders", _("Orders"), "end", sortable=True),
    Column("last", _("Last order"), "end", shown=False),
)
LIST = ListKind(
    key="sample-people",
    label=_("Customers"),
    url_name="style-guide",
    columns=COLUMNS,
    permission="",
    search_label=_("Name"),
    fields=(
        FilterField("level", _("Level"), icon="crown", type=FilterType.CHOICE, choices=LEVELS),
        FilterField("spend", _("Spend"), icon="coin-yuan", type=FilterType.MONEY),
        FilterField("last", _("Last order"), icon="clock", type=FilterType.AGE, unit=_("days"),
                    ops=(Op.WITHIN, Op.OLDER, Op.AGES)),
    ),
    ids=lambda viewer, query: [person.id for person in found(query)],
    count=lambda viewer, query: len(found(query)),
    export=ListExport({column.key: column.label for column in COLUMNS}, _file_rows),
    bulk=(
        BulkAction("tag", _("Tag"), icon="tag", preview=_preview, apply=_apply, form=TagForm, chunk=50),
        BulkAction("forget", _("Delete"), icon="trash", preview=_preview, apply=_apply, danger=True),
    ),
    page_sizes=(5, 10, 50),
)  # fmt: skip
EMPTY = replace(LIST, key="sample-empty", label=_("An empty list"), bulk=())
BROKEN = replace(LIST, key="sample-broken", label=_("A list that cannot be shown"), bulk=())


def context(request: HttpRequest, viewer: Viewer) -> dict[str, Any]:
    """The list as the request asks for it, an empty one, and one whose store does not answer."""
    listing = lists.open_listing(request, LIST, viewer)
    people = found(listing.query)
    after = int(listing.cursor) if listing.cursor and listing.cursor.isdecimal() and len(listing.cursor) < 9 else 0
    shown = people[after : after + listing.page_rows]
    more = str(after + len(shown)) if after + len(shown) < len(people) else None
    listing.fill(rows=rows_of(shown), total=len(people), next_cursor=more)
    empty = lists.open_listing(request, EMPTY, viewer)
    broken = lists.open_listing(request, BROKEN, viewer)
    broken.fail(Unavailable(what="The warehouse"))
    return {"listing": listing, "empty_listing": empty, "broken_listing": broken}


def register() -> None:
    for kind in (LIST, EMPTY, BROKEN):
        LISTS.add(kind.key, kind)

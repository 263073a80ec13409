"""A list's question in an address: text, filters, order; and the same as pairs that a saved view keeps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext

from siyu.kernel.errors import InvalidInput
from siyu.org.contracts import Viewer
from siyu.ui.contracts import Filter, ListKind, ListQuery
from siyu.ui.lists import filters

MAX_TEXT_LENGTH = 100
# The suffix of a sort that begins with the smallest or earliest.
ASCENDING = ".asc"
Pairs = Sequence[tuple[str, str]]


def read(kind: ListKind, given: QueryDict, viewer: Viewer, within: str = "") -> tuple[ListQuery, list[str]]:
    """The question in an address, and what could not be understood in it, in words."""
    text = "".join(filter(str.isprintable, given.get("q", ""))).strip()[:MAX_TEXT_LENGTH]
    found: list[Filter] = []
    problems: list[str] = []
    for written in given.getlist("f")[: filters.MAX_FILTERS]:
        try:
            found.append(_filter(kind, written, viewer))
        except InvalidInput as error:
            problems.append(error.text(gettext))
    sort, ascending = given.get("sort", ""), False
    if sort.endswith(ASCENDING):
        sort, ascending = sort.removesuffix(ASCENDING), True
    if sort not in {column.key for column in kind.columns if column.sortable}:
        sort, ascending = "", False
    return ListQuery(text, _once(found), sort, ascending, within), problems


def _filter(kind: ListKind, written: str, viewer: Viewer) -> Filter:
    key, _colon, rest = written.partition(":")
    field = kind.field(key)
    if field is None:
        raise InvalidInput(reason="This list has no filter “%(key)s”.", key=key[:40])
    op, values = filters.split(rest, field)
    return filters.read(field, op, values, viewer)


def _once(found: Iterable[Filter]) -> tuple[Filter, ...]:
    """The last filter of each field: a list that is filtered by a field twice means the second."""
    return tuple({one.key: one for one in found}.values())


def pairs(kind: ListKind, query: ListQuery) -> list[tuple[str, str]]:
    """The question as the parameters of an address."""
    written = [("q", query.text)] if query.text else []
    for one in query.filters:
        field = kind.field(one.key)
        if field is not None:
            written.append(("f", filters.written(one, field)))
    if query.sort:
        written.append(("sort", query.sort + (ASCENDING if query.ascending else "")))
    return written


def given_of(written: Pairs) -> QueryDict:
    """Pairs as they come in a request."""
    return QueryDict(urlencode(list(written)))


def address(path: str, written: Pairs, **more: Any) -> str:
    """`path` with a question and those further parameters that have a value."""
    kept = [*written, *((name, value) for name, value in more.items() if value not in (None, "", 0))]
    return f"{path}?{urlencode(kept)}" if kept else path


def replaced(query: ListQuery, one: Filter) -> tuple[Filter, ...]:
    """The filters with one of them changed in its place, or added at the end."""
    others: Mapping[str, Filter] = {**{old.key: old for old in query.filters}, one.key: one}
    return tuple(others.values())

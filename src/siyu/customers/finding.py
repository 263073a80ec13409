"""Ids of customers for lists, newest first: all of them, those of a set, those that a text finds.

What a page costs follows the page and what is found, never how many customers there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from django.db import connection
from django.db.models import Q
from pyroaring import BitMap

from siyu.customers import keys, scope
from siyu.customers.contracts import IdentityKey, IdentityKind
from siyu.customers.models import Identity, Profile
from siyu.eventlog import records
from siyu.kernel.ids import MAX_CUSTOMER_ID, IdSet
from siyu.org import queries as org
from siyu.org.contracts import Viewer

# Names of so many of the newest customers are read before the index of names is asked for all of them: it has a
# common family name a hundred thousand times, and the newest of them are soon found.
RECENT_ROWS = records.MAX_IN_VALUES
# Of so many places each one's newest are read; where there are more, the newest customers are soon found among all.
FEW_NODES = 100
# The newest customers of one place, as a part of a statement.
_NEWEST_AT = (
    "SELECT fragment_id FROM (SELECT fragment_id FROM customers_placement WHERE node_id = %s AND fragment_id < %s "
    "ORDER BY fragment_id DESC LIMIT %s) AS part_{number}"
)
LAST_CHARACTER = "\U0010ffff"
# Finds the shops one after another at the head of the index (kind, namespace, lookup).
_SHOPS = """
WITH RECURSIVE shops(shop) AS (
  SELECT min(namespace) FROM customers_identity WHERE kind = %s
  UNION ALL
  SELECT (SELECT min(namespace) FROM customers_identity WHERE kind = %s AND namespace > shops.shop)
  FROM shops WHERE shop IS NOT NULL
)
SELECT shop FROM shops WHERE shop IS NOT NULL
"""


def found_ids(viewer: Viewer, text: str, before_id: int | None, among: IdSet | None, first: int) -> Iterator[int]:
    """Ids below `before_id`, newest first: of a text, of the set `among`, or of both. At first `first` are wanted."""
    if text:
        found = _by_text(viewer, text, before_id)
        return found if among is None else (pk for pk in found if pk in among)
    if among is not None:
        return _of_set(viewer, before_id, among, first)
    nodes = _few_nodes(viewer)
    return _of_nodes(viewer, nodes, before_id, first) if nodes else _everybody(viewer, before_id, first)


def _everybody(viewer: Viewer, before_id: int | None, stride: int) -> Iterator[int]:
    found = scope.accessible(viewer).order_by("-pk").values_list("pk", flat=True)
    while True:
        ids = list((found if before_id is None else found.filter(pk__lt=before_id))[:stride])
        yield from ids
        if len(ids) < stride:
            return
        before_id, stride = ids[-1], _longer(stride)


def _few_nodes(viewer: Viewer) -> list[int]:
    """The places that the scope consists of, if they are a few and all of it."""
    if viewer.scope.everything or viewer.scope.staff_id is not None:
        return []
    nodes = org.node_ids_below(viewer.scope.paths)
    return nodes if len(nodes) <= FEW_NODES else []


def _of_nodes(viewer: Viewer, nodes: Sequence[int], before_id: int | None, stride: int) -> Iterator[int]:
    """Each place's newest, from the index of places: those of a small store may lie millions of rows back."""
    while True:
        ids = _placed(nodes, before_id, stride)
        yield from _newest_first(viewer, ids)
        if len(ids) < stride:
            return
        before_id, stride = ids[-1], _longer(stride)


def _placed(nodes: Sequence[int], before_id: int | None, limit: int) -> list[int]:
    end = MAX_CUSTOMER_ID + 1 if before_id is None else before_id
    parts = " UNION ALL ".join(_NEWEST_AT.format(number=number) for number in range(len(nodes)))
    given = [value for node_id in nodes for value in (node_id, end, limit)]
    with connection.cursor() as cursor:
        cursor.execute(f"{parts} ORDER BY 1 DESC LIMIT %s", [*given, limit])
        return [pk for (pk,) in cursor.fetchall()]


def _of_set(viewer: Viewer, before_id: int | None, among: IdSet, stride: int) -> Iterator[int]:
    """The set itself is walked, from its largest id: a rare kind of customer may lie millions of rows back."""
    ids = among if isinstance(among, BitMap) else BitMap(among)
    end = len(ids) if before_id is None else ids.rank(max(before_id - 1, 0))
    while end > 0:
        begin = max(0, end - stride)
        yield from _newest_first(viewer, ids[begin:end])
        end, stride = begin, _longer(stride)


def _longer(stride: int) -> int:
    return min(stride * 4, records.MAX_IN_VALUES)


def _by_text(viewer: Viewer, text: str, before_id: int | None) -> Iterator[int]:
    """First the newest, by reading their names; then all others, by the index of names."""
    newest = Profile.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    end = newest + 1 if before_id is None else before_id
    begin = end - RECENT_ROWS
    known = _by_identity(text)
    recent = Profile.objects.filter(pk__gte=begin, pk__lt=end).values_list("pk", "display_name")
    beginnings = tuple(_spellings(text))
    named = {pk for pk, name in recent if name.startswith(beginnings)}
    yield from _newest_first(viewer, named | {pk for pk in known if begin <= pk < end})
    every = Profile.objects.filter(_named(beginnings)).values_list("pk", flat=True)
    yield from _newest_first(viewer, {pk for pk in (*known, *every) if pk < begin})


def _newest_first(viewer: Viewer, ids: Iterable[int]) -> Iterator[int]:
    found = scope.accessible(viewer).order_by("-pk").values_list("pk", flat=True)
    for chunk in records.chunked(sorted(ids, reverse=True), records.MAX_IN_VALUES):
        yield from found.filter(pk__in=chunk)


def _spellings(text: str) -> set[str]:
    """A name's beginning as it was typed, and as names in letters are usually written."""
    return {text, text.lower(), text.upper(), text.title()}


def _named(beginnings: Iterable[str]) -> Q:
    """Names with one of these beginnings, in a form for which the store has an index."""
    condition = Q()
    for beginning in beginnings:
        if records.is_postgres():
            condition |= Q(display_name__startswith=beginning)
        else:
            condition |= Q(display_name__gte=beginning, display_name__lt=beginning + LAST_CHARACTER)
    return condition


def _by_identity(text: str) -> set[int]:
    """Fragments by a member number of any shop, a phone, or its last four digits."""
    digits = text.removeprefix("+")
    found = _fragments(_member_keys(text))
    if digits.isdecimal() and len(digits) == keys.TAIL_DIGITS:
        tails = Identity.objects.filter(tail_lookup__in=keys.tail_lookups(digits))
        found |= set(tails.values_list("fragment_id", flat=True))
    elif digits.isdecimal() and len(digits) >= 11:
        phone = text if text.startswith("+") else f"+86{digits[-11:]}"
        found |= _fragments([IdentityKey(IdentityKind.PHONE, "", phone)])
    return found


def _member_keys(number: str) -> list[IdentityKey]:
    kind = IdentityKind.MEMBER
    with connection.cursor() as cursor:
        cursor.execute(_SHOPS, [kind.value, kind.value])
        return [IdentityKey(kind, shop, number) for (shop,) in cursor.fetchall()]


def _fragments(wanted: Iterable[IdentityKey]) -> set[int]:
    """Whose identities these are, by the unique index."""
    condition = Q(pk__in=[])
    for key in wanted:
        condition |= Q(kind=key.kind, namespace=key.namespace, lookup__in=keys.lookups(key))
    return set(Identity.objects.filter(condition).values_list("fragment_id", flat=True))

"""Reads of `customers`: the one door to people. Each query takes the viewer and shows only its customers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from django.db.models import QuerySet

from siyu.customers import counting, finding, keys, rules, scope
from siyu.customers.contracts import (
    Channel,
    ConsentView,
    CustomerView,
    IdentityKey,
    IdentityKind,
    IdentityView,
    PlaceIn,
    Purpose,
)
from siyu.customers.models import ConsentState, Fragment, Identity, Placement, Profile, Root
from siyu.eventlog import queries as log_queries
from siyu.eventlog import records
from siyu.eventlog.contracts import StoredEvent
from siyu.kernel.errors import NotFound
from siyu.kernel.ids import IdSet
from siyu.kernel.paging import MAX_PAGE_ROWS, Page, decode_cursor, encode_cursor
from siyu.org import queries as org
from siyu.org.contracts import Viewer

# Profiles looked at to propose attribute names: enough to meet every field of the recent imports.
ATTRIBUTE_SAMPLE = 200


def accessible(viewer: Viewer) -> QuerySet[Profile]:
    """The profiles that a viewer may see (fragments that are roots). Start every query of people here."""
    return scope.accessible(viewer)


def within(viewer: Viewer, customer_ids: Iterable[int]) -> set[int]:
    """Those of `customer_ids` that exist for the viewer."""
    placed = scope.placed(viewer)
    if placed is None:
        return set(customer_ids)
    chunks = records.chunked(customer_ids, records.MAX_IN_VALUES)
    return {pk for chunk in chunks for pk in placed.filter(pk__in=chunk)}


def known_within(viewer: Viewer, customer_ids: Iterable[int]) -> set[int]:
    """Those of `customer_ids` that are customers and exist for the viewer."""
    chunks = records.chunked(customer_ids, records.MAX_IN_VALUES)
    return {pk for chunk in chunks for pk in accessible(viewer).filter(pk__in=chunk).values_list("pk", flat=True)}


def scope_subquery(viewer: Viewer) -> QuerySet[Placement, int] | None:
    """Customer ids within the scope, for ``…__in`` of other packages' reads; None where nothing is to be filtered."""
    return scope.placed(viewer)


def scope_clause(viewer: Viewer) -> tuple[str, Mapping[str, Any]]:
    """The scope as a condition over warehouse rows with a column `fragment`, with its parameters."""
    return scope.clause(viewer)


def count(viewer: Viewer) -> int:
    return counting.count(viewer)


def customer(viewer: Viewer, customer_id: int) -> CustomerView:
    """One customer by the id of any of their fragments; NotFound outside the viewer's scope."""
    row = accessible(viewer).filter(pk=root_of(customer_id)).first()
    if row is None:
        raise NotFound()
    return _views([row])[0]


def customers(viewer: Viewer, customer_ids: Sequence[int]) -> list[CustomerView]:
    """Customers in the order of `customer_ids`; those that the viewer may not see are left out."""
    rows: dict[int, Profile] = {}
    for chunk in records.chunked(customer_ids, records.MAX_IN_VALUES):
        rows.update({row.pk: row for row in accessible(viewer).filter(pk__in=chunk)})
    return _views([rows[customer_id] for customer_id in customer_ids if customer_id in rows])


def search(
    viewer: Viewer,
    *,
    text: str = "",
    cursor: str | None = None,
    limit: int = 50,
    among: IdSet | None = None,
    node_id: int | None = None,
) -> Page[CustomerView]:
    """Customers by id, newest first; `text` is a name's beginning, a member number, a phone or its last four digits.

    With `among`, a set, only those in it; with `node_id` only those of that place and below.
    """
    if node_id is not None:
        viewer = viewer.narrowed(org.node(viewer, node_id).path)
    before_id = decode_cursor(cursor, int)[0] if cursor else None
    size = min(limit, MAX_PAGE_ROWS)
    ids = list(islice(finding.found_ids(viewer, text.strip(), before_id, among, size + 1), size + 1))
    more = encode_cursor(ids[size - 1]) if len(ids) > size else None
    return Page(customers(viewer, ids[:size]), more)


def matching_ids(viewer: Viewer, text: str, among: IdSet | None = None) -> list[int]:
    """Everybody that `search` finds."""
    return list(finding.found_ids(viewer, text.strip(), None, among, records.MAX_IN_VALUES))


def root_of(fragment_id: int) -> int:
    """The root of the person that a fragment belongs to."""
    row = Root.objects.filter(pk=fragment_id).values_list("root_id", flat=True).first()
    return fragment_id if row is None else row


def fragments_of(customer_id: int) -> list[int]:
    """All fragments of a person, the root first."""
    return [customer_id, *Root.objects.filter(root_id=customer_id).values_list("fragment_id", flat=True)]


def identities(viewer: Viewer, customer_id: int) -> list[IdentityView]:
    """How a customer is known, with phones masked."""
    customer(viewer, customer_id)
    return [
        IdentityView(IdentityKind(row.kind), row.namespace, _shown(row))
        for row in Identity.objects.filter(fragment_id__in=fragments_of(customer_id)).order_by("pk")
    ]


def consents(viewer: Viewer, customer_id: int) -> list[ConsentView]:
    """What a customer allows now, with the evidence."""
    customer(viewer, customer_id)
    found = (
        ConsentState.objects.select_related("entry").filter(fragment_id__in=fragments_of(customer_id)).order_by("pk")
    )
    return [ConsentView(Channel(r.channel), Purpose(r.purpose), r.granted, r.at, r.entry.evidence) for r in found]


def timeline(viewer: Viewer, customer_id: int, *, cursor: str | None = None, limit: int = 50) -> Page[StoredEvent]:
    """Everything that happened to a customer, newest first."""
    customer(viewer, customer_id)
    before = decode_cursor(cursor, int, int) if cursor else None
    size = min(limit, MAX_PAGE_ROWS)
    rows = log_queries.events_of(
        fragments_of(customer_id), before=(before[0], before[1]) if before else None, limit=size + 1
    )
    more = encode_cursor(rows[size - 1].occurred_at_ms, rows[size - 1].id) if len(rows) > size else None
    return Page(rows[:size], more)


def phones(viewer: Viewer, customer_ids: Iterable[int]) -> dict[int, str]:
    """The E.164 phone of each customer that has one, for sending. Never for a screen."""
    found: dict[int, str] = {}
    for chunk in records.chunked(customer_ids, records.MAX_IN_VALUES):
        visible = set(accessible(viewer).filter(pk__in=chunk).values_list("pk", flat=True))
        for row in _identities(chunk, IdentityKind.PHONE):
            if row.fragment_id in visible and row.sealed is not None:
                found[row.fragment_id] = keys.open_phone(bytes(row.sealed))
    return found


def _identities(fragment_ids: Sequence[int], kind: IdentityKind) -> list[Identity]:
    """The identities of one kind, newest first, so that the first of a person comes last.

    The kind is compared here: asked for both, SQLite takes the index that begins with the kind and reads everybody's.
    """
    rows = [row for row in Identity.objects.filter(fragment_id__in=fragment_ids) if row.kind == kind]
    return sorted(rows, key=lambda row: -row.pk)


def by_phone(viewer: Viewer, phones_e164: Iterable[str]) -> dict[str, int]:
    """The fragment that each phone belongs to, for those that are known (receipts and replies name phones only)."""
    asked = ((phone, keys.lookups(IdentityKey(IdentityKind.PHONE, "", phone))) for phone in phones_e164)
    lookups = {lookup: phone for phone, candidates in asked for lookup in candidates}
    # With the namespace the unique index serves; without it every phone would be read.
    sql = (
        "SELECT lookup, fragment_id FROM customers_identity "
        "WHERE lookup IN ({places}) AND kind = %s AND namespace = ''"
    )
    found = list(records.select_in(sql, list(lookups), IdentityKind.PHONE.value))
    visible = within(viewer, {fragment_id for _lookup, fragment_id in found})
    return {lookups[bytes(lookup)]: fragment_id for lookup, fragment_id in found if fragment_id in visible}


def having_phone(viewer: Viewer, customer_ids: Iterable[int]) -> set[int]:
    """Those of `customer_ids` who have a phone; nothing is decrypted."""
    # The kind is compared here, as in `_identities`.
    sql = "SELECT fragment_id, kind FROM customers_identity WHERE fragment_id IN ({places})"
    found = records.select_in(sql, list(within(viewer, customer_ids)))
    return {fragment_id for fragment_id, kind in found if kind == IdentityKind.PHONE}


def sandbox_people(viewer: Viewer, customer_ids: Iterable[int]) -> set[int]:
    """Those of `customer_ids` who came while the sandbox was on, themselves or by any fragment merged into them."""
    asked = within(viewer, customer_ids)
    merged = merged_into(asked)
    sql = "SELECT id, is_sandbox FROM customers_fragment WHERE id IN ({places})"
    # Compared here: asked for both, the store would walk through every sandbox person instead of these.
    marked = {pk for pk, is_sandbox in records.select_in(sql, [*asked, *merged]) if is_sandbox}
    return {merged.get(pk, pk) for pk in marked}


def sandbox_count() -> int:
    """How many made-up people there are, for the installation as a whole."""
    return Fragment.objects.filter(is_sandbox=True).count()


def roots_of(fragment_ids: Iterable[int]) -> dict[int, int]:
    """The root of each fragment that has been merged into another person; the others are their own."""
    sql = "SELECT fragment_id, root_id FROM customers_root WHERE fragment_id IN ({places})"
    return dict(records.select_in(sql, list(fragment_ids)))


def member_numbers(viewer: Viewer, customer_ids: Iterable[int]) -> dict[int, str]:
    """The first member number of each customer that has one: lists and exports of many rows."""
    found: dict[int, str] = {}
    for chunk in records.chunked(within(viewer, customer_ids), records.MAX_IN_VALUES):
        found.update((row.fragment_id, row.value) for row in _identities(chunk, IdentityKind.MEMBER))
    return found


def merged_into(roots: Iterable[int]) -> dict[int, int]:
    """The fragments that were merged into these roots, with their root; the roots themselves are not in it."""
    sql = "SELECT fragment_id, root_id FROM customers_root WHERE root_id IN ({places})"
    return dict(records.select_in(sql, list(roots)))


def consenting(viewer: Viewer, customer_ids: Iterable[int], channel: Channel, purpose: Purpose) -> set[int]:
    """Those of `customer_ids` who allow this channel for this purpose now."""
    found: set[int] = set()
    for chunk in records.chunked(within(viewer, customer_ids), records.MAX_IN_VALUES):
        found.update(
            ConsentState.objects.filter(
                fragment_id__in=chunk, channel=channel.value, purpose=purpose.value, granted=True
            ).values_list("fragment_id", flat=True)
        )
    return found


def profiles_for_warehouse(fragment_ids: Sequence[int]) -> list[tuple[int, Any, dict[str, Any], int]]:
    """(fragment id, first seen at, attributes, version) for the projection `profiles`."""
    return [
        (row.pk, row.first_seen_at, json.loads(row.attributes_json), row.version)
        for chunk in records.chunked(fragment_ids, records.MAX_IN_VALUES)
        for row in Profile.objects.filter(pk__in=chunk)
    ]


def places(viewer: Viewer, customer_ids: Iterable[int]) -> dict[int, PlaceIn]:
    """Where each of these customers belongs now, for those that exist for the viewer; without a place, nowhere."""
    found = dict.fromkeys(known_within(viewer, customer_ids), PlaceIn())
    for chunk in records.chunked(sorted(found), records.MAX_IN_VALUES):
        rows = Placement.objects.filter(pk__in=chunk).values_list("pk", "node_id", "staff_id")
        found.update((pk, PlaceIn(node_id, staff_id)) for pk, node_id, staff_id in rows)
    return found


def placements_for_warehouse(fragment_ids: Sequence[int]) -> list[tuple[int, int, int, int]]:
    """(fragment id, node id, staff id, version) for the projection `placements`; 0 where open."""
    return [
        (row.pk, row.node_id or 0, row.staff_id or 0, row.version)
        for chunk in records.chunked(fragment_ids, records.MAX_IN_VALUES)
        for row in Placement.objects.filter(pk__in=chunk)
    ]


def placed_fragment_ids_after(fragment_id: int, limit: int) -> list[int]:
    """Ids of placed customers in order, for rebuilds of what is derived from them."""
    return list(Placement.objects.filter(pk__gt=fragment_id).order_by("pk").values_list("pk", flat=True)[:limit])


def attribute_names(viewer: Viewer) -> list[str]:
    """Names of profile fields that recent customers have, for forms that ask for one."""
    recent = accessible(viewer).order_by("-pk").values_list("attributes_json", flat=True)[:ATTRIBUTE_SAMPLE]
    return sorted({name for text in recent for name in json.loads(text)})


def fragment_ids_after(fragment_id: int, limit: int) -> list[int]:
    """Ids of profiles in order, for rebuilds of what is derived from them."""
    return list(Profile.objects.filter(pk__gt=fragment_id).order_by("pk").values_list("pk", flat=True)[:limit])


def _views(rows: Sequence[Profile]) -> list[CustomerView]:
    shown: dict[tuple[int, str], str] = {}
    wanted = [row.pk for row in rows]
    for identity in Identity.objects.filter(fragment_id__in=wanted).order_by("-pk"):
        shown[identity.fragment_id, identity.kind] = _shown(identity)
    places = {place.pk: place for place in Placement.objects.filter(pk__in=wanted).select_related("node", "staff")}
    return [
        CustomerView(
            id=row.pk,
            display_name=row.display_name,
            phone_masked=shown.get((row.pk, IdentityKind.PHONE), ""),
            member_no=shown.get((row.pk, IdentityKind.MEMBER), ""),
            first_seen_at=row.first_seen_at,
            attributes=json.loads(row.attributes_json),
            home=_home(places.get(row.pk)),
            guide=_guide(places.get(row.pk)),
        )
        for row in rows
    ]


def _home(place: Placement | None) -> str:
    return place.node.name if place and place.node else ""


def _guide(place: Placement | None) -> str:
    return place.staff.name if place and place.staff else ""


def _shown(row: Identity) -> str:
    return rules.mask_phone(keys.open_phone(bytes(row.sealed))) if row.sealed is not None else row.value

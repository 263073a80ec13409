"""Verbs of `customers`: know people, keep their profiles, record what they allow."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings

from siyu.audit.contracts import Target
from siyu.customers import actions, events, keys, queries
from siyu.customers.contracts import (
    ConsentIn,
    IdentityKey,
    IdentityKind,
    NoIdentity,
    PersonIn,
    PlaceIn,
    TooManyCustomers,
)
from siyu.customers.models import ConsentState, Placement, Profile
from siyu.customers.permissions import CUSTOMERS_PLACE
from siyu.eventlog import records
from siyu.eventlog.contracts import NewEvent
from siyu.eventlog.records import Merge
from siyu.eventlog.services import publish
from siyu.kernel import clock, ids
from siyu.kernel.failpoints import failpoint
from siyu.org import auditing
from siyu.org import queries as org
from siyu.org.contracts import Viewer

_PLACE_FIELDS = ("node_id", "staff_id")
# Node and person that a placement names.
_Place = tuple[int | None, int | None]
_STRENGTH = {kind: place for place, kind in enumerate(IdentityKind)}


def ensure_people(people: Sequence[PersonIn], *, source: str, trace_id: str) -> list[int]:
    """Finds or creates each person by their keys; returns fragment ids in the order given.

    Inside the caller's transaction. The strongest known key decides; keys seen for the first time are added to that
    person; a key that belongs to somebody else stays there (two people are never merged silently). Profiles keep the
    newest non-empty name and attributes. Raises NoIdentity for a person without keys.
    """
    owners = _owners(_strongest_first(people))
    fragment_ids: list[int | None] = [_known(person, owners) for person in people]
    groups = _new_groups(people, fragment_ids)
    for group, fragment_id in zip(groups, _new_fragments(len(groups), source), strict=True):
        for place in group:
            fragment_ids[place] = fragment_id
    failpoint("customers.ensure.before_identities")
    found = [fragment_id for fragment_id in fragment_ids if fragment_id is not None]
    _add_identities(people, found, owners)
    _write_profiles(people, found, source, trace_id)
    _place_new(people, found, source, trace_id)
    failpoint("customers.ensure.before_consents")
    _write_consents(
        [(fid, c) for fid, person in zip(found, people, strict=True) for c in person.consents], source, trace_id
    )
    return found


def record_consent(*, fragment_id: int, consent: ConsentIn, source: str, trace_id: str = "") -> None:
    """Appends a grant or withdrawal to the ledger, inside the caller's transaction."""
    _write_consents([(fragment_id, consent)], source, trace_id)


def place_customers(*, viewer: Viewer, places: Mapping[int, PlaceIn], source: str = "", trace_id: str = "") -> int:
    """Says where customers belong from now on; returns how many moved. Customers outside the scope are left alone.

    Who may see them changes with that at once. The caller keeps each call at a few hundred customers. NotFound for a
    place or a member of staff that the viewer does not see.
    """
    viewer.require(CUSTOMERS_PLACE)
    org.require_places(viewer, {place.node_id for place in places.values() if place.node_id is not None})
    org.require_staff(viewer, {place.staff_id for place in places.values() if place.staff_id is not None})
    with records.transaction():
        visible = queries.known_within(viewer, places)
        moved = _write_places({pk: place for pk, place in places.items() if pk in visible}, source, trace_id)
        if moved:
            _audit_places(viewer, moved)
        return len(moved)


def _audit_places(viewer: Viewer, moved: Mapping[int, tuple[PlaceIn, _Place | None]]) -> None:
    """One entry for all of a call; it names the customer where there is only one."""
    before = {str(pk): dict(zip(_PLACE_FIELDS, old, strict=True)) if old else None for pk, (_new, old) in moved.items()}
    after = {str(pk): {"node_id": new.node_id, "staff_id": new.staff_id} for pk, (new, _old) in moved.items()}
    target = Target(actions.CUSTOMER, next(iter(moved)) if len(moved) == 1 else "", f"× {len(moved)}")
    auditing.record(viewer, actions.PLACED, target, before=before, after=after)


def _place_new(people: Sequence[PersonIn], fragment_ids: Sequence[int], source: str, trace_id: str) -> None:
    """The first place that is told of somebody, for those who have none: files move nobody."""
    wanted: dict[int, PlaceIn] = {}
    for person, fragment_id in zip(people, fragment_ids, strict=True):
        if person.place is not None:
            wanted.setdefault(fragment_id, person.place)
    if wanted:
        known = {
            pk
            for chunk in records.chunked(wanted, records.MAX_IN_VALUES)
            for pk in Placement.objects.filter(pk__in=chunk).values_list("pk", flat=True)
        }
        _write_places({pk: place for pk, place in wanted.items() if pk not in known}, source, trace_id)


def _write_places(
    places: Mapping[int, PlaceIn], source: str, trace_id: str
) -> dict[int, tuple[PlaceIn, _Place | None]]:
    """Writes those that differ from what is stored; returns them, each with what was stored."""
    stored: dict[int, _Place] = {}
    for chunk in records.chunked(places, records.MAX_IN_VALUES):
        found = Placement.objects.filter(pk__in=chunk).values_list("pk", "node_id", "staff_id")
        stored.update((pk, (node_id, staff_id)) for pk, node_id, staff_id in found)
    changed = {pk: place for pk, place in places.items() if stored.get(pk) != (place.node_id, place.staff_id)}
    moment = clock.now()
    at = records.db_moment(moment)
    records.bulk_upsert(
        "customers_placement",
        ("fragment_id", "node_id", "staff_id", "source", "placed_at", "version"),
        [(pk, place.node_id, place.staff_id, source, at, 1) for pk, place in changed.items()],
        key=("fragment_id",),
        update={
            **dict.fromkeys(("node_id", "staff_id", "source", "placed_at"), Merge.REPLACE),
            "version": Merge.ADD,
        },
    )
    publish(
        [
            NewEvent(
                events.PLACED, moment, {"node_id": place.node_id, "staff_id": place.staff_id}, pk,
                source=source, trace_id=trace_id,
            )
            for pk, place in changed.items()
        ]
    )  # fmt: skip
    return {pk: (place, stored.get(pk)) for pk, place in changed.items()}


def _strongest_first(people: Sequence[PersonIn]) -> dict[IdentityKey, list[bytes]]:
    lookups: dict[IdentityKey, list[bytes]] = {}
    for person in people:
        if not person.keys:
            raise NoIdentity()
        for key in person.keys:
            if key not in lookups:
                lookups[key] = keys.lookups(key)
    return lookups


def _owners(lookups: dict[IdentityKey, list[bytes]]) -> dict[IdentityKey, int]:
    """Identity → fragment id, for those that are stored: by kind and namespace, which is how the index begins."""
    groups: dict[tuple[str, str], dict[bytes, IdentityKey]] = defaultdict(dict)
    for key, candidates in lookups.items():
        groups[key.kind.value, key.namespace].update(dict.fromkeys(candidates, key))
    sql = (
        "SELECT lookup, fragment_id FROM customers_identity WHERE lookup IN ({places}) AND kind = %s AND namespace = %s"
    )
    return {
        by_hash[bytes(lookup)]: fragment_id
        for group, by_hash in groups.items()
        for lookup, fragment_id in records.select_in(sql, list(by_hash), *group)
    }


def _known(person: PersonIn, owners: dict[IdentityKey, int]) -> int | None:
    for key in sorted(person.keys, key=lambda key: _STRENGTH[key.kind]):
        if key in owners:
            return owners[key]
    return None


def _new_groups(people: Sequence[PersonIn], fragment_ids: Sequence[int | None]) -> list[list[int]]:
    """Places in `people` that are new, grouped by shared strongest key so that one person is created once."""
    groups: dict[IdentityKey, list[int]] = {}
    for place, person in enumerate(people):
        if fragment_ids[place] is None:
            mine = sorted(person.keys, key=lambda key: _STRENGTH[key.kind])
            group = next((groups[key] for key in mine if key in groups), [])
            group.append(place)
            for key in mine:
                groups.setdefault(key, group)
    seen: dict[int, list[int]] = {}
    for group in groups.values():
        seen.setdefault(id(group), group)
    return list(seen.values())


def _new_fragments(count: int, source: str) -> list[int]:
    moment = records.db_moment(clock.now())
    columns = ("created_at", "source", "is_sandbox")
    rows = [(moment, source, settings.SIYU.sandbox)] * count
    fragment_ids = records.bulk_insert_ids("customers_fragment", columns, rows)
    if fragment_ids and fragment_ids[-1] > ids.MAX_CUSTOMER_ID:
        raise TooManyCustomers()
    return fragment_ids


def _add_identities(people: Sequence[PersonIn], fragment_ids: Sequence[int], owners: dict[IdentityKey, int]) -> None:
    moment = records.db_moment(clock.now())
    rows: dict[IdentityKey, tuple[Any, ...]] = {}
    for person, fragment_id in zip(people, fragment_ids, strict=True):
        for key in person.keys:
            if key not in owners and key not in rows:
                sealed = keys.seal(key)
                rows[key] = (key.kind.value, key.namespace, sealed.lookup, sealed.tail_lookup, sealed.value,
                             sealed.sealed, fragment_id, moment)  # fmt: skip
    columns = ("kind", "namespace", "lookup", "tail_lookup", "value", "sealed", "fragment_id", "created_at")
    records.bulk_insert("customers_identity", columns, list(rows.values()), ignore_conflicts=True)


def _write_profiles(people: Sequence[PersonIn], fragment_ids: Sequence[int], source: str, trace_id: str) -> None:
    told: dict[int, PersonIn] = {}
    for person, fragment_id in sorted(zip(people, fragment_ids, strict=True), key=lambda pair: pair[0].seen_at):
        told[fragment_id] = _joined(told.get(fragment_id), person)
    stored = _profiles(told)
    rows, changed = [], []
    for fragment_id, person in told.items():
        known = stored.get(fragment_id)
        old_name, old, old_first_seen_at = known or ("", {}, person.seen_at)
        merged = {**old, **person.attributes}
        name = person.display_name or old_name
        first_seen_at = min(person.seen_at, old_first_seen_at)
        if known == (name, merged, first_seen_at):
            continue
        rows.append((fragment_id, name, json.dumps(merged, ensure_ascii=False), records.db_moment(first_seen_at), 1))
        changed.append((fragment_id, sorted(field for field in merged if merged[field] != old.get(field))))
    _save_profiles(rows)
    moment = clock.now()
    publish(
        [
            NewEvent(events.PROFILE_CHANGED, moment, {"fields": fields}, fragment_id, source=source, trace_id=trace_id)
            for fragment_id, fields in changed
        ]
    )


def _joined(earlier: PersonIn | None, later: PersonIn) -> PersonIn:
    if earlier is None:
        return later
    return PersonIn(
        keys=later.keys,
        seen_at=earlier.seen_at,
        display_name=later.display_name or earlier.display_name,
        attributes={**earlier.attributes, **later.attributes},
    )


def _profiles(fragment_ids: Iterable[int]) -> dict[int, tuple[str, dict[str, Any], datetime]]:
    """Fragment id → name, attributes, first seen; plain values, because imports ask for hundreds of thousands."""
    found: dict[int, tuple[str, dict[str, Any], datetime]] = {}
    columns = ("pk", "display_name", "attributes_json", "first_seen_at")
    for chunk in records.chunked(fragment_ids, records.MAX_IN_VALUES):
        rows = Profile.objects.filter(pk__in=chunk)
        for fragment_id, name, attributes_json, first_seen_at in rows.values_list(*columns):
            found[fragment_id] = (name, json.loads(attributes_json), first_seen_at)
    return found


def _save_profiles(rows: Sequence[tuple[Any, ...]]) -> None:
    records.bulk_upsert(
        "customers_profile",
        ("fragment_id", "display_name", "attributes_json", "first_seen_at", "version"),
        rows,
        key=("fragment_id",),
        update={
            "display_name": Merge.REPLACE,
            "attributes_json": Merge.REPLACE,
            "first_seen_at": Merge.REPLACE,
            "version": Merge.ADD,
        },
    )


def _write_consents(consents: Sequence[tuple[int, ConsentIn]], source: str, trace_id: str) -> None:
    """Appends entries that differ from the current state and are newer than it."""
    current = _consent_states({fragment_id for fragment_id, _ in consents})
    entries: list[tuple[int, ConsentIn]] = []
    for fragment_id, consent in sorted(consents, key=lambda pair: pair[1].at):
        key = (fragment_id, consent.channel.value, consent.purpose.value)
        known = current.get(key)
        if known is None or (known[0] != consent.granted and consent.at > known[1]):
            current[key] = (consent.granted, consent.at)
            entries.append((fragment_id, consent))
    if entries:
        _append_consents(entries, source, trace_id)


def _consent_states(fragment_ids: set[int]) -> dict[tuple[int, str, str], tuple[bool, datetime]]:
    states: dict[tuple[int, str, str], tuple[bool, datetime]] = {}
    columns = ("fragment_id", "channel", "purpose", "granted", "at")
    for chunk in records.chunked(fragment_ids, records.MAX_IN_VALUES):
        rows = ConsentState.objects.filter(fragment_id__in=chunk)
        for fragment_id, channel, purpose, granted, at in rows.values_list(*columns):
            states[fragment_id, channel, purpose] = (granted, at)
    return states


def _append_consents(entries: Sequence[tuple[int, ConsentIn]], source: str, trace_id: str) -> None:
    moment = clock.now()
    entry_ids = records.bulk_insert_ids(
        "customers_consententry",
        ("fragment_id", "channel", "purpose", "granted", "at", "evidence", "recorded_at"),
        [
            (
                fid,
                c.channel.value,
                c.purpose.value,
                c.granted,
                records.db_moment(c.at),
                c.evidence,
                records.db_moment(moment),
            )
            for fid, c in entries
        ],
    )
    latest = {
        (fid, c.channel.value, c.purpose.value): (
            fid,
            c.channel.value,
            c.purpose.value,
            c.granted,
            records.db_moment(c.at),
            entry_id,
        )
        for entry_id, (fid, c) in zip(entry_ids, entries, strict=True)
    }
    records.bulk_upsert(
        "customers_consentstate",
        ("fragment_id", "channel", "purpose", "granted", "at", "entry_id"),
        list(latest.values()),
        key=("fragment_id", "channel", "purpose"),
        update=dict.fromkeys(("granted", "at", "entry_id"), Merge.REPLACE),
    )
    publish(
        [
            NewEvent(
                events.CONSENT_CHANGED,
                c.at,
                {"channel": c.channel.value, "purpose": c.purpose.value, "granted": c.granted},
                fid,
                source=source,
                trace_id=trace_id,
            )
            for fid, c in entries
        ]
    )

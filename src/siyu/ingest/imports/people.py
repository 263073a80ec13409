"""The people of an import: asked of `customers` once, and again only when a row tells something new."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from siyu.customers.contracts import Channel, ConsentIn, IdentityKey, IdentityKind, PersonIn, Purpose
from siyu.customers.services import ensure_people
from siyu.ingest.imports.places import Places
from siyu.ingest.imports.units import Teller, Unit

# People remembered within one import, about 1 KB each. Beyond it the memory starts over; only time is lost.
MAX_REMEMBERED = 50_000


class People:
    """Fragment ids of the units of one import."""

    def __init__(self, *, shop: str, import_id: int, source: str, trace_id: str) -> None:
        self._shop = shop
        self._import_id = import_id
        self._source = source
        self._trace_id = trace_id
        self._places = Places()
        self._fragments: dict[tuple[str | None, str | None], int] = {}
        # What each person was last said to be, and since when: saying it again changes nothing.
        self._told: dict[int, tuple[Teller, datetime]] = {}

    def fragments(self, units: Sequence[Unit]) -> list[int | None]:
        """The customer of each unit, None for guests. Inside the transaction that records the units."""
        if len(self._told) > MAX_REMEMBERED:
            self._fragments.clear()
            self._told.clear()
        news = [unit for unit in units if unit.teller.is_known and not self._is_known(unit)]
        self._places.learn([dict(unit.teller.attributes) for unit in news])
        found = ensure_people([self._person(unit) for unit in news], source=self._source, trace_id=self._trace_id)
        for unit, fragment_id in zip(news, found, strict=True):
            self._fragments[unit.teller.member, unit.teller.phone] = fragment_id
            earlier = self._told.get(fragment_id)
            self._told[fragment_id] = (unit.teller, min(unit.at, earlier[1]) if earlier else unit.at)
        return [self._fragments.get((unit.teller.member, unit.teller.phone)) for unit in units]

    def _is_known(self, unit: Unit) -> bool:
        fragment_id = self._fragments.get((unit.teller.member, unit.teller.phone))
        if fragment_id is None or unit.teller.consent is not None:
            return False
        told, since = self._told[fragment_id]
        return told == unit.teller and since <= unit.at

    def _person(self, unit: Unit) -> PersonIn:
        teller = unit.teller
        keys = []
        if teller.member is not None:
            keys.append(IdentityKey(IdentityKind.MEMBER, self._shop, teller.member))
        if teller.phone is not None:
            keys.append(IdentityKey(IdentityKind.PHONE, "", teller.phone))
        return PersonIn(
            keys=tuple(keys),
            seen_at=unit.at,
            display_name=teller.name,
            attributes=dict(teller.attributes),
            consents=self._consents(unit),
            place=self._places.place_of(dict(teller.attributes)),
        )

    def _consents(self, unit: Unit) -> tuple[ConsentIn, ...]:
        if unit.teller.consent is None:
            return ()
        evidence = f"import {self._import_id} row {unit.first_row}"
        return (ConsentIn(Channel.SMS, Purpose.MARKETING, unit.teller.consent, unit.at, evidence),)

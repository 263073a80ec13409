"""Which columns of this file carry which fields."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from siyu.ingest.contracts import DateStyle, Field, Mapping, MissingColumns
from siyu.ingest.rules.headers import header_key, shown
from siyu.ingest.tables.contracts import Table

# Fields for which the first filled of several columns counts: consoles leave the better one empty at times. Money is
# not among them, because two columns of money mean two different things.
COALESCED = frozenset({Field.PAID_AT, Field.PHONE, Field.NAME, Field.TITLE, Field.SKU})


@dataclass(frozen=True)
class Plan:
    """A mapping applied to the headers of a file. Places are positions of columns."""

    mapping: Mapping
    headers: tuple[str, ...]
    fields: dict[Field, tuple[int, ...]]
    attributes: dict[str, int]
    zone: ZoneInfo
    date_style: DateStyle

    def has(self, field: Field) -> bool:
        return field in self.fields

    def header_of(self, field: Field) -> str:
        places = self.fields.get(field)
        return self.headers[places[0]] if places else field.value


def known_headers(mapping: Mapping) -> set[str]:
    """Every name that the mapping mentions: what the header row is recognised by."""
    return {name for names in (*mapping.columns.values(), *mapping.attributes.values()) for name in names}


def make_plan(table: Table, mapping: Mapping, brand_zone: ZoneInfo) -> Plan:
    """Finds the mapping's columns in the table; MissingColumns names what is needed and was not found."""
    places = {header_key(name): place for place, name in reversed(list(enumerate(table.headers)))}
    fields: dict[Field, tuple[int, ...]] = {}
    for field, names in mapping.columns.items():
        found = _found(names, places)
        if found:
            fields[field] = found if field in COALESCED else found[:1]
    _check_needed(fields, table.headers)
    taken = {place for found in fields.values() for place in found}
    attributes = {
        name: found[0]
        for name, names in mapping.attributes.items()
        if (found := _found(names, places)) and found[0] not in taken
    }
    zone = ZoneInfo(mapping.zone) if mapping.zone else brand_zone
    return Plan(mapping, table.headers, fields, attributes, zone, mapping.date_style)


def _found(names: Iterable[str], places: dict[str, int]) -> tuple[int, ...]:
    found = (places.get(header_key(name)) for name in names)
    return tuple(dict.fromkeys(place for place in found if place is not None))


def _check_needed(fields: dict[Field, tuple[int, ...]], headers: Sequence[str]) -> None:
    missing = [field.value for field in (Field.ORDER_NO, Field.PAID_AT) if field not in fields]
    if Field.AMOUNT not in fields and Field.UNIT_PRICE not in fields:
        missing.append(f"{Field.AMOUNT.value} / {Field.UNIT_PRICE.value}")
    if missing:
        raise MissingColumns(missing=", ".join(missing), found=shown(headers))

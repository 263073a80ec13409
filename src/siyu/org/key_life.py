"""What a package says about the values that it keeps sealed, so that keys can be changed, and what that shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import connection

from siyu.kernel import keys
from siyu.kernel.errors import SiyuError
from siyu.kernel.registry import Registry


@dataclass(frozen=True, slots=True)
class Resealed:
    """One step: the id to go on after (None at the end), how many were sealed anew, how many had to stay."""

    after_id: int | None
    changed: int
    stuck: int = 0


@dataclass(frozen=True)
class SealedTable:
    """A table with sealed values. `label` is a msgid; `lost` says what people lose without the keys.

    `reseal(after_id, limit)` seals the next rows under the generation that writes now, inside the caller's
    transaction; rows that have changed since they were read are left to their new writer. `check_open(limit)` opens
    some of the rows and raises KeyProblem if one does not.
    """

    name: str
    label: str
    lost: str
    column: str
    reseal: Callable[[int, int], Resealed]
    check_open: Callable[[int], None]


SEALED: Registry[SealedTable] = Registry("table of sealed values")


@dataclass(frozen=True, slots=True)
class GenerationView:
    """A generation of keys: whether it writes, and how many values of each table need it."""

    number: int
    made_at: datetime | None
    writes: bool
    on_ring: bool
    counts: Mapping[str, int]

    @property
    def value_count(self) -> int:
        return sum(self.counts.values())


class KeyInUse(SiyuError):
    code = "key_in_use"
    status = 409
    message = "%(count)s values still need key %(number)s. Run: siyu encryption-key rotate --wait"


class WritingKey(SiyuError):
    code = "writing_key"
    status = 409
    message = "Key %(number)s seals what is written now. Run siyu encryption-key rotate first."


class NoSuchKey(SiyuError):
    code = "no_such_key"
    status = 404
    message = "There is no key %(number)s on the ring."


def generations() -> list[GenerationView]:
    """Every generation that is on the ring, and those that values need although they are not."""
    ring = keys.ring(settings.SIYU.keys_path)
    counted = {table.name: dict(counts(table)) for table in SEALED}
    numbers = {*ring.generations, *(number for found in counted.values() for number in found)}
    return [
        GenerationView(
            number=number,
            made_at=ring.generations[number].made_at if number in ring.generations else None,
            writes=number == ring.writing,
            on_ring=number in ring.generations,
            counts={name: found[number] for name, found in counted.items() if number in found},
        )
        for number in sorted(numbers)
    ]


def counts(table: SealedTable) -> Iterator[tuple[int, int]]:
    """(generation, values) of a table: told by the header of each value, without opening any."""
    sql = f"SELECT substr({table.column}, 2, 2), count(*) FROM {table.name} WHERE {table.column} IS NOT NULL GROUP BY 1"
    with connection.cursor() as cursor:
        cursor.execute(sql)
        for number, count in cursor.fetchall():
            yield int.from_bytes(bytes(number), "big"), count


def outdated_count() -> int:
    """Values that are not sealed under the generation that writes."""
    return sum(view.value_count for view in generations() if not view.writes)

"""Membership: a base set and delta rows, written with the events that tell of them, folded now and then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F
from pyroaring import BitMap

from siyu.audiences import events
from siyu.audiences.models import AudienceDelta, Members
from siyu.eventlog import records
from siyu.eventlog.contracts import NewEvent, Position
from siyu.eventlog.services import publish
from siyu.kernel import clock, limits
from siyu.kernel.errors import Conflict
from siyu.kernel.failpoints import failpoint
from siyu.warehouse import bitmaps

# Customers whose entry or exit is written in one transaction: a delta and an event each.
CHANGES_PER_WRITE = limits.WRITE_BATCH_ROWS // 2
SOURCE = "audiences"


class MembersMoved(Conflict):
    """Somebody else has written members since they were read; read again."""

    code = "members_moved"


@dataclass(frozen=True)
class Held:
    """The members of an audience as stored, and the version they were read at. `rule_hash` "" is: never built."""

    ids: BitMap
    version: int
    rule_hash: str


def read(audience_id: int) -> Held:
    """The present members: base and deltas, read at one version."""
    while True:
        row = Members.objects.get(pk=audience_id)
        deltas = _deltas(audience_id)
        # A fold or an entry between the two reads shows as another version.
        if Members.objects.filter(pk=audience_id, version=row.version).exists():
            return Held(_applied(_base(row), deltas), row.version, row.rule_hash)


def _base(row: Members) -> BitMap:
    state = bytes(row.base)
    return bitmaps.decode(state) if state else BitMap()


def _deltas(audience_id: int) -> list[tuple[int, int, bool]]:
    return list(
        AudienceDelta.objects.filter(audience_id=audience_id).order_by("pk").values_list("pk", "fragment_id", "entered")
    )


def _applied(base: BitMap, deltas: Sequence[tuple[int, int, bool]]) -> BitMap:
    latest = {fragment_id: entered for _pk, fragment_id, entered in deltas}
    entered = BitMap(fragment_id for fragment_id, is_in in latest.items() if is_in)
    return (base - BitMap(latest)) | entered


def change(
    *, audience_id: int, held: Held, entered: BitMap, left: BitMap, position: Position, reason: str, trace_id: str = ""
) -> Held:
    """Writes entries and exits as deltas, with their events, inside the caller's transaction.

    Raises MembersMoved if the members are not at `held.version` any more: nothing is written twice.
    """
    moment = clock.now()
    _claim(audience_id, held.version, len(entered) - len(left))
    version = held.version + 1
    changes = [(customer_id, True) for customer_id in entered] + [(customer_id, False) for customer_id in left]
    records.bulk_insert(
        "audiences_audiencedelta",
        ("audience_id", "fragment_id", "entered", "at", "xid", "event_id"),
        [(audience_id, c, is_in, records.db_moment(moment), position.xid, position.id) for c, is_in in changes],
    )
    failpoint("audiences.change.after_deltas")
    told = {"audience_id": audience_id, "reason": reason}
    publish(
        [
            NewEvent(
                name=events.ENTERED if is_in else events.LEFT,
                occurred_at=moment,
                body=told,
                fragment_id=customer_id,
                message_id=f"audience:{audience_id}:{version}:{customer_id}",
                source=SOURCE,
                trace_id=trace_id,
            )
            for customer_id, is_in in changes
        ]
    )
    return Held((held.ids | entered) - left, version, held.rule_hash)


def _claim(audience_id: int, version: int, added_count: int) -> None:
    moved = Members.objects.filter(pk=audience_id, version=version).update(
        version=version + 1, member_count=F("member_count") + added_count
    )
    if not moved:
        raise MembersMoved()


def start_over(*, audience_id: int, ids: BitMap, rule_hash: str, as_of: datetime) -> None:
    """Puts the first members of a (new) rule in place, inside the caller's transaction.

    Nobody entered by doing anything, so no events: the set that a new definition starts with is its starting point.
    """
    # The row first: whoever writes deltas claims it, so none of the old rule can follow the clearing.
    Members.objects.filter(pk=audience_id).update(
        base=bitmaps.encode(ids), rule_hash=rule_hash, member_count=len(ids), as_of=as_of,
        rebuilt_at=clock.now(), version=F("version") + 1,
    )  # fmt: skip
    failpoint("audiences.start_over.before_clear")
    AudienceDelta.objects.filter(audience_id=audience_id).delete()


def fold(audience_id: int) -> int:
    """Works the deltas into the base; returns how many there were. The version moves: readers must not mix the two."""
    with records.transaction():
        found = Members.objects.filter(pk=audience_id)
        row = (found.select_for_update() if records.is_postgres() else found).first()
        deltas = _deltas(audience_id)
        if row is None or not deltas:
            return 0
        ids = _applied(_base(row), deltas)
        found.update(base=bitmaps.encode(ids), member_count=len(ids), version=F("version") + 1)
        failpoint("audiences.fold.before_delete")
        AudienceDelta.objects.filter(audience_id=audience_id, pk__lte=deltas[-1][0]).delete()
        return len(deltas)

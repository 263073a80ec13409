"""Who gets nothing any more, whatever they once agreed to: dead numbers, refusals, exclusions by staff."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from siyu.customers import services as customers
from siyu.customers.contracts import Channel, ConsentIn, Purpose
from siyu.eventlog import records
from siyu.kernel import clock
from siyu.messaging.contracts import Reason
from siyu.messaging.models import Outbox, Suppression
from siyu.messaging.providers.base import Fault
from siyu.messaging.queries.facts import SMS

SOURCE = "messaging"


def suppress(*, customer_ids: Sequence[int], evidence: str) -> int:
    """Excludes customers from all SMS marketing by hand; returns how many were not excluded yet."""
    with records.transaction():
        return _write(customer_ids, Reason.EXCLUDED, evidence, clock.now())


def unsuppress(*, customer_ids: Sequence[int]) -> int:
    """Takes an exclusion by hand back. Dead numbers and refusals stay."""
    with records.transaction():
        deleted, _ = Suppression.objects.filter(
            channel=SMS, reason=Reason.EXCLUDED, fragment_id__in=customer_ids
        ).delete()
        return deleted


def reason_for(fault: Fault, *, permanent: bool) -> Reason | None:
    """The reason under which a fault of this kind is remembered about a person, or None if it is not about them."""
    if not permanent:
        return None
    return {Fault.NUMBER: Reason.NUMBER_DEAD, Fault.REFUSED: Reason.OPTED_OUT}.get(fault)


def learn(rows: Sequence[Outbox], fault: Fault, *, permanent: bool, detail: str, moment: datetime) -> None:
    """Remembers what a refusal says about the people themselves, in the caller's transaction.

    The consent ledger stays as it is: it holds what people said to us. A suppression stops the messages all the same.
    """
    reason = reason_for(fault, permanent=permanent)
    if reason is not None:
        _write([row.fragment_id for row in rows], reason, detail, moment)


def withdraw(fragment_id: int, *, at: datetime, evidence: str, trace_id: str) -> None:
    """Writes a refusal into the consent ledger, for every channel that marketing uses."""
    for channel in Channel:
        consent = ConsentIn(channel, Purpose.MARKETING, granted=False, at=at, evidence=evidence[:300])
        customers.record_consent(fragment_id=fragment_id, consent=consent, source=SOURCE, trace_id=trace_id)


def _write(customer_ids: Sequence[int], reason: Reason, evidence: str, moment: datetime) -> int:
    return records.bulk_insert(
        "messaging_suppression",
        ("fragment_id", "channel", "reason", "evidence", "at"),
        [(fid, SMS, reason.value, evidence[:300], records.db_moment(moment)) for fid in customer_ids],
        ignore_conflicts=True,
    )

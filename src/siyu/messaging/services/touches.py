"""Touch budgets: checked and reserved in the claim's transaction, given back when nothing was sent."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime

from siyu.eventlog import records
from siyu.kernel.clock import to_millis
from siyu.messaging.models import TouchBudget
from siyu.messaging.queries.facts import SMS, people_of
from siyu.messaging.rules.policy import Policy, oldest_that_counts


def lock(customer_ids: Iterable[int]) -> None:
    """Holds the budgets of these people until the transaction ends, in one order everywhere (no deadlocks)."""
    people = sorted(set(people_of(customer_ids).values()))
    if not records.is_postgres():
        return  # the write transaction itself is the lock
    records.bulk_insert(
        "messaging_touchbudget",
        ("fragment_id", "channel", "touched_json"),
        [(person_id, SMS, "[]") for person_id in people],
        ignore_conflicts=True,
    )
    held = TouchBudget.objects.filter(channel=SMS, fragment_id__in=people).order_by("fragment_id")
    list(held.select_for_update().values_list("pk", flat=True))


def reserve(touched: Mapping[int, Iterable[datetime]], policy: Policy, moment: datetime) -> None:
    """Adds a touch at `moment` to each customer's budget; what no cap reaches any more is dropped."""
    people = people_of(touched)
    oldest = oldest_that_counts(policy.zone, moment)
    rows = {
        people[customer_id]: json.dumps([to_millis(at) for at in earlier if at >= oldest] + [to_millis(moment)])
        for customer_id, earlier in touched.items()
    }
    records.bulk_upsert(
        "messaging_touchbudget",
        ("fragment_id", "channel", "touched_json"),
        [(person_id, SMS, text) for person_id, text in rows.items()],
        key=("fragment_id", "channel"),
        update={"touched_json": records.Merge.REPLACE},
    )


def release(claimed_at: Mapping[int, datetime]) -> None:
    """Gives back the touches that customers had reserved at their `claimed_at`, because nothing was sent."""
    people = people_of(claimed_at)
    millis = {people[customer_id]: to_millis(at) for customer_id, at in claimed_at.items()}
    held = TouchBudget.objects.filter(channel=SMS, fragment_id__in=sorted(millis)).order_by("fragment_id")
    for row in held.select_for_update():
        touched = json.loads(row.touched_json)
        if millis[row.fragment_id] in touched:
            touched.remove(millis[row.fragment_id])
            TouchBudget.objects.filter(pk=row.pk).update(touched_json=json.dumps(touched))

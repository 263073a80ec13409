"""What an installation holds, by content: two installations to which the same happened must be equal here.

Without ids, times of processing, and how often something was tried; persons stand for themselves by their identities.
Runs in a process with Django set up over that installation.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from tests.faults import exporting

from siyu.audiences import membership
from siyu.audiences.models import Audience
from siyu.commerce.models import CustomerTotal, Order, OrderLine, Refund, RefundLine
from siyu.customers.models import ConsentEntry, ConsentState, Fragment, Identity, Profile
from siyu.eventlog.models import Event, Job, Parked
from siyu.experiments.models import Assignment
from siyu.ingest.models import Import, PoisonedRow
from siyu.links.models import Link
from siyu.messaging.models import Outbox, Plan, PlanHour, Suppression, TouchBudget
from siyu.warehouse.client import Warehouse, connect
from siyu.warehouse.models import Shipment

# Facts that happened outside keep their time; the others happen when somebody gets to them.
_TIMED = ("commerce.",)
# Started by the clock, not by what was done.
_SCHEDULED_JOBS = frozenset({"audiences.rebuild_all"})


def contents() -> dict[str, Any]:
    """Everything that must neither be lost nor doubled, as JSON."""
    named = people()
    found = {
        **_customers(named), **_orders(named), **_log(named), **_work(), **_messages(named), **_audiences(named),
        "exports": exporting.outcome(),
    }  # fmt: skip
    return json.loads(json.dumps({"people": len(named), **found}, default=str))


def people() -> dict[int, str]:
    """Fragment id → the person's identities, the same in every run over the same key ring."""
    names: dict[int, list[str]] = {pk: [] for pk in Fragment.objects.values_list("pk", flat=True)}
    for row in Identity.objects.all():
        names[row.fragment_id].append(f"{row.kind}/{row.namespace}/{bytes(row.lookup).hex()}")
    return {pk: "+".join(sorted(found)) or "nobody" for pk, found in names.items()}


def _customers(people: dict[int, str]) -> dict[str, Any]:
    return {
        "identities": sorted(people.values()),
        "profiles": sorted(
            [people[p.pk], p.display_name, p.attributes_json, str(p.first_seen_at)] for p in Profile.objects.all()
        ),
        "consents": sorted(
            [people[c.fragment_id], c.channel, c.purpose, c.granted] for c in ConsentState.objects.all()
        ),
        # Without the moment: of two files that grant the same, the ledger keeps the one that was read first.
        "consent_ledger": sorted(
            {(people[c.fragment_id], c.channel, c.purpose, c.granted) for c in ConsentEntry.objects.all()}
        ),
    }


def _orders(people: dict[int, str]) -> dict[str, Any]:
    def whose(row: Any) -> str:
        return people[row.fragment_id] if row.fragment_id else ""

    return {
        "orders": sorted(
            [o.shop, o.number, whose(o), str(o.at), o.amount_fen, o.line_count] for o in Order.objects.all()
        ),
        "lines": sorted(
            [number, bytes(key).hex(), sku, quantity, fen]
            for number, key, sku, quantity, fen in OrderLine.objects.values_list(
                "head__number", "line_key", "sku", "quantity", "amount_fen"
            )
        ),
        "refunds": sorted(
            [r.shop, r.number, whose(r), r.amount_fen, r.order.number if r.order else ""]
            for r in Refund.objects.select_related("order")
        ),
        "refund_lines": sorted(
            [number, bytes(key).hex(), fen]
            for number, key, fen in RefundLine.objects.values_list("head__number", "line_key", "amount_fen")
        ),
        "totals": sorted(
            [people[t.pk], t.order_count, t.gmv_fen, t.refunds_fen, t.net_sales_fen, str(t.last_paid_at)]
            for t in CustomerTotal.objects.all()
        ),
    }


def _log(people: dict[int, str]) -> dict[str, Any]:
    """Every event by content, and how often it is there."""
    events = Counter(
        (
            event.name,
            people[event.fragment_id] if event.fragment_id else "",
            event.occurred_at_ms if event.name.startswith(_TIMED) else 0,
            _essence(event.body),
        )
        for event in Event.objects.all()
    )
    return {"events": sorted([*key, count] for key, count in events.items())}


def _essence(body_json: str) -> str:
    """Without ids, and without the provider's words: a report has more of them than the book that is asked later."""
    body = json.loads(body_json)
    kept = {key: value for key, value in body.items() if not key.endswith("_id") and key != "detail"}
    return json.dumps(kept, sort_keys=True)


def _work() -> dict[str, Any]:
    jobs = Counter(Job.objects.exclude(kind__in=_SCHEDULED_JOBS).values_list("kind", "state"))
    counts = [json.loads(text) for text in Import.objects.order_by("sha256").values_list("counts_json", flat=True)]
    for count in counts:
        for name in ("seconds", "import_id", "job_id", "errors_file"):
            count.pop(name, None)
    return {
        "jobs": sorted([*key, count] for key, count in jobs.items()),
        "imports": counts,
        "parked": list(Parked.objects.order_by("event_id").values_list("subscriber", "error", "settled_at")),
        # A sender repeats what it got no answer for, so the same bad row may come twice.
        "set_aside": sorted(set(PoisonedRow.objects.values_list("kind", "error"))),
    }


def _messages(people: dict[int, str]) -> dict[str, Any]:
    tally: Counter[str] = Counter()
    for hour in PlanHour.objects.all():
        for name in ("sent", "delivered", "failed", "clicked", "units", "cost_milli_fen"):
            tally[name] += getattr(hour, name)
    return {
        "plans": list(
            Plan.objects.order_by("pk").values_list(
                "name", "state", "audience_count", "entered_count", "population_count", "treated_count"
            )
        ),
        "assigned": sorted([people[a.fragment_id], a.arm] for a in Assignment.objects.all()),
        "outbox": sorted(
            [people[o.fragment_id], o.state, o.reason, o.units, o.clicked_at is not None] for o in Outbox.objects.all()
        ),
        "tally": dict(sorted(tally.items())),
        "touches": sorted([people[t.fragment_id], len(json.loads(t.touched_json))] for t in TouchBudget.objects.all()),
        "links": sorted(people[pk] for pk in Link.objects.values_list("fragment_id", flat=True)),
        "suppressions": sorted([people[s.fragment_id], s.reason] for s in Suppression.objects.all()),
    }


def _audiences(people: dict[int, str]) -> dict[str, Any]:
    found = {}
    for row in Audience.objects.order_by("name"):
        members = membership.read(row.pk)
        found[row.name] = [row.state, sorted(people[pk] for pk in members.ids)]
    return {"audiences": found}


def warehouse_differences(warehouse: Warehouse | None = None) -> list[str]:
    """Where the warehouse does not say what the records say, each event counted once; empty when all has arrived."""
    wh = warehouse or connect()
    logged: dict[str, list[int]] = {}
    for name, body in Event.objects.values_list("name", "body"):
        row = logged.setdefault(name, [0, 0])
        row[0] += 1
        row[1] += int(json.loads(body).get("amount_fen", 0))
    shipped = {
        name: [count, distinct, fen]
        for name, count, distinct, fen in wh.rows(
            "SELECT toString(name), count(), uniqExact(event_id), sum(amount_fen) FROM events GROUP BY name"
        )
    }
    found = [
        f"{name}: the log has {logged.get(name)}, the warehouse {shipped.get(name)}"
        for name in sorted({*logged, *shipped})
        if name not in logged or shipped.get(name) != [logged[name][0], *logged[name]]
    ]
    profiles = wh.value("SELECT count() FROM profiles FINAL")
    if profiles != Profile.objects.count():
        found.append(f"profiles: {Profile.objects.count()} in the records, {profiles} in the warehouse")
    if Shipment.objects.filter(state="prepared").exists():
        found.append("a shipment is still prepared")
    return found

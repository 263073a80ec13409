"""The steps of a launch: fix who is meant, then enter them chunk by chunk; each is one repeatable transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from pyroaring import BitMap

from siyu.eventlog import records
from siyu.eventlog.contracts import NewEvent
from siyu.eventlog.services import publish
from siyu.experiments import queries as experiments
from siyu.experiments import services as assignments
from siyu.experiments.contracts import TREATED
from siyu.kernel import clock, ids
from siyu.kernel.errors import NotFound
from siyu.kernel.failpoints import failpoint
from siyu.links import services as links
from siyu.links.contracts import LinkIn
from siyu.messaging import events
from siyu.messaging.contracts import OutboxState, PlanState, Reason, experiment_key
from siyu.messaging.models import Plan, PlanSnapshot
from siyu.messaging.queries import facts as facts_of
from siyu.messaging.queries import population
from siyu.messaging.queries.recipients import unique_key
from siyu.messaging.rules import policy as policies
from siyu.messaging.services import transitions
from siyu.org.contracts import SYSTEM

# People entered in one transaction: each treated one is an assignment, a link and an outbox row, so below 1,000 rows.
CHUNK_PEOPLE = 300
_OUTBOX_COLUMNS = (
    "unique_key", "plan_id", "fragment_id", "channel", "state", "reason", "detail", "due_at", "tries", "asks", "alone",
    "link_token", "params_json", "units", "cost_milli_fen", "created_at", "settled_at", "trace_id",
)  # fmt: skip


@dataclass(frozen=True)
class Progress:
    """How far a launch is. `is_open` is false once it is complete or somebody has stopped it."""

    entered_count: int
    audience_count: int
    is_open: bool


def take_snapshot(*, plan_id: int) -> BitMap:
    """Fixes who is in the audience, once; a repeated launch gets the same people. Returns them."""
    kept = _kept(plan_id)
    if kept is not None:
        return kept
    row = Plan.objects.filter(pk=plan_id).first()
    if row is None:
        raise NotFound()
    members = population.of_plan(SYSTEM, row)
    failpoint("messaging.launch.before_snapshot")
    moment = clock.now()
    with records.transaction():
        taken = Plan.objects.filter(
            pk=plan_id, state__in=[PlanState.SCHEDULED, PlanState.LAUNCHING], launched_at=None
        ).update(state=PlanState.LAUNCHING, launched_at=moment, audience_count=len(members))
        if taken:
            PlanSnapshot.objects.create(plan_id=plan_id, members=members.serialize(), as_of=moment)
            failpoint("messaging.launch.before_launched_event")
            publish([_launched_event(row, len(members), moment)])
    failpoint("messaging.launch.after_snapshot")
    # Stopped, or launched by another run in the meantime: then that run's people count, or nobody.
    return members if taken else (_kept(plan_id) or BitMap())


def _kept(plan_id: int) -> BitMap | None:
    stored = PlanSnapshot.objects.filter(plan_id=plan_id).values_list("members", flat=True).first()
    return None if stored is None else BitMap.deserialize(bytes(stored))


def _launched_event(row: Plan, audience_count: int, moment: datetime) -> NewEvent:
    body = {"plan_id": row.pk, "object_id": row.pk, "channel": facts_of.SMS, "audience_count": audience_count}
    key = f"plan:{row.pk}"
    return NewEvent(
        events.PLAN_LAUNCHED, moment, body, message_id=key, source=transitions.SOURCE, trace_id=row.trace_id
    )


def enter_next(*, plan_id: int, members: BitMap) -> Progress:
    """Enters the next people of the snapshot: assigns the reachable, queues the treated, keeps every refusal's reason.

    Who can be reached is decided before the assignment, by the same rule for both arms: the arms stay comparable.
    """
    with records.transaction():
        row = Plan.objects.select_for_update().get(pk=plan_id)
        if row.state != PlanState.LAUNCHING:
            return Progress(row.entered_count, row.audience_count, is_open=False)
        chunk = list(islice(_after(members, row.cursor), CHUNK_PEOPLE))
        if chunk:
            _enter(row, chunk)
        else:
            row.state = PlanState.RUNNING
        row.save(update_fields=["state", "cursor", "entered_count", "population_count", "treated_count"])
        failpoint("messaging.launch.before_commit")
    failpoint("messaging.launch.after_commit")
    return Progress(row.entered_count, row.audience_count, is_open=row.state == PlanState.LAUNCHING)


def _after(members: BitMap, cursor: int) -> BitMap:
    place = members.rank(cursor) if cursor >= 0 else 0
    return members[place : place + CHUNK_PEOPLE]


def _enter(row: Plan, chunk: Sequence[int]) -> None:
    moment = clock.now()
    refused = _refusals(row, chunk, moment)
    reachable = [customer_id for customer_id in chunk if customer_id not in refused]
    arms = assignments.assign_units(
        key=experiment_key(row.pk), unit_ids=reachable, weights=experiments.holdout_weights(row.holdout_percent)
    )
    treated = [customer_id for customer_id in reachable if arms[customer_id] == TREATED]
    _queue(row, treated, moment)
    _suppress(row, refused, moment)
    records.wake()
    row.cursor = chunk[-1]
    row.entered_count += len(chunk)
    row.population_count += len(reachable)
    row.treated_count += len(treated)


def _refusals(row: Plan, chunk: Sequence[int], moment: datetime) -> dict[int, Reason]:
    policy = facts_of.policy_of(row.account, moment)
    known = facts_of.gather(chunk)
    decided = {customer_id: policies.refusal(facts, policy, moment) for customer_id, facts in known.items()}
    return {customer_id: reason for customer_id, reason in decided.items() if reason is not None}


def _queue(row: Plan, treated: Sequence[int], moment: datetime) -> None:
    traces = {customer_id: _trace_id(row, customer_id) for customer_id in treated}
    tokens = [""] * len(treated)
    if row.target_url:
        purpose = experiment_key(row.pk)
        tokens = links.create_links([LinkIn(row.target_url, fid, purpose, traces[fid]) for fid in treated])
    now = records.db_moment(moment)
    records.bulk_insert(
        "messaging_outbox",
        _OUTBOX_COLUMNS,
        [
            (unique_key(row.pk, fid), row.pk, fid, facts_of.SMS, OutboxState.QUEUED.value, "", "", now, 0, 0, False,
             token, "", 0, 0, now, None, traces[fid])
            for fid, token in zip(treated, tokens, strict=True)
        ],
    )  # fmt: skip


def _suppress(row: Plan, refused: Mapping[int, Reason], moment: datetime) -> None:
    """Those who cannot be reached stand in the outbox too, so that "why did she get nothing" has an answer."""
    now = records.db_moment(moment)
    outbox_ids = records.bulk_insert_ids(
        "messaging_outbox",
        _OUTBOX_COLUMNS,
        [
            (unique_key(row.pk, fid), row.pk, fid, facts_of.SMS, OutboxState.SUPPRESSED.value, reason.value, "", None,
             0, 0, False, "", "", 0, 0, now, now, _trace_id(row, fid))
            for fid, reason in refused.items()
        ],
    )  # fmt: skip
    publish(
        [
            transitions.suppressed_event(
                outbox_id=outbox_id, plan_id=row.pk, fragment_id=fid, trace_id=_trace_id(row, fid),
                reason=reason, moment=moment,
            )
            for outbox_id, (fid, reason) in zip(outbox_ids, refused.items(), strict=True)
        ]
    )  # fmt: skip


def _trace_id(row: Plan, fragment_id: int) -> str:
    """Each recipient has a trace of their own, from the message to the click; the same when a step is repeated."""
    return ids.digest16(row.trace_id, str(fragment_id)).hex()

"""Keeping memberships right: micro-batches after the warehouse has the events, and rebuilds of whole audiences."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Min, QuerySet
from pyroaring import BitMap

from siyu.audiences import documents, fused, lease, membership, planner, watermark
from siyu.audiences.contracts import AudienceState
from siyu.audiences.models import Audience, AudienceDelta, Members
from siyu.audiences.rules import Node
from siyu.customers.events import PROFILE_CHANGED
from siyu.eventlog import queries as log
from siyu.eventlog import records
from siyu.eventlog.contracts import Position, StoredEvent
from siyu.kernel import clock
from siyu.kernel.errors import NotFound, SiyuError, Unavailable, stored
from siyu.kernel.failpoints import failpoint
from siyu.warehouse import client

# Customers of one micro-batch. Fused, they cost 0.2-0.5 s whatever their number below this.
BATCH_CUSTOMERS = 500
# Events read for one micro-batch: most batches have several of one customer.
BATCH_EVENTS = 2_000
# Beyond this many waiting events (an import) evaluating every live audience once is cheaper than batch by batch.
CATCH_UP_EVENTS = 20_000
# Deltas this old, or this many of one audience, are worked into its base.
FOLD_AFTER_SECONDS = 60
FOLD_AT_DELTAS = 5_000
# How long a rebuild waits for its turn. A micro-batch lasts a second at most, a rebuild some.
TURN_SECONDS = 60.0


@dataclass(frozen=True)
class _Live:
    """A built audience that micro-batches keep: its rule written out, and the facts it follows."""

    audience_id: int
    rule: Node
    rule_hash: str
    events: frozenset[str]


# --- micro-batches ---------------------------------------------------------------------------------------------------


def evaluate_once() -> int:
    """One micro-batch: events that the warehouse has and that were not looked at yet; returns how many it passed."""
    bound = watermark.reached()
    waiting_count = bound.id - lease.position().id
    # Without live audiences the position may lag a little: a write for each trickle would wake all the others.
    if lease.position() >= bound or (waiting_count < BATCH_EVENTS and not _kept().exists()):
        return 0
    with lease.turn() as turn:
        if turn is None:
            return 0
        try:
            return _step(turn, lease.position(), bound)
        except SiyuError as error:
            lease.note_failure(error)
            raise


def _step(turn: lease.Turn, position: Position, bound: Position) -> int:
    live = _live_audiences()
    waiting_count = bound.id - position.id
    if not live:
        _move(turn, bound)
        return 0
    if waiting_count > CATCH_UP_EVENTS:
        for audience in live:
            _recompute(turn, audience, bound, reason="rebuild")
        _move(turn, bound)
        return waiting_count
    batch = _batch(position, bound, frozenset().union(*(audience.events for audience in live)))
    if not batch.events:
        return 0
    if batch.touched:
        _evaluate(turn, live, batch)
    failpoint("audiences.batch.before_move")
    _move(turn, batch.events[-1].position)
    return len(batch.events)


def _move(turn: lease.Turn, position: Position) -> None:
    with records.transaction():
        turn.move(position)


def _kept() -> QuerySet[Audience]:
    """The audiences that micro-batches keep."""
    return Audience.objects.filter(is_live=True).exclude(state=AudienceState.ARCHIVED)


def _live_audiences() -> list[_Live]:
    rows = _kept().order_by("pk")
    built = dict(Members.objects.values_list("pk", "rule_hash"))
    return [_live(row) for row in rows if built.get(row.pk) == row.rule_hash]


def _live(row: Audience) -> _Live:
    rule = documents.expanded(documents.understood(json.loads(row.rule_json)), self_id=row.pk)
    return _Live(row.pk, rule, row.rule_hash, documents.events_of(rule) | {PROFILE_CHANGED})


@dataclass(frozen=True)
class _Batch:
    """Events in log order, and whom they touch, by event name (only names that somebody follows)."""

    events: Sequence[StoredEvent]
    touched: Mapping[str, set[int]]


def _batch(position: Position, bound: Position, followed: frozenset[str]) -> _Batch:
    events: list[StoredEvent] = []
    touched: dict[str, set[int]] = defaultdict(set)
    seen: set[int] = set()
    for event in log.read(position, BATCH_EVENTS):
        if event.position > bound:
            break
        if event.fragment_id and event.name in followed:
            if event.fragment_id not in seen and len(seen) >= BATCH_CUSTOMERS:
                break
            seen.add(event.fragment_id)
            touched[event.name].add(event.fragment_id)
        events.append(event)
    return _Batch(events, touched)


def _evaluate(turn: lease.Turn, live: Sequence[_Live], batch: _Batch) -> None:
    """Audiences that follow none of the batch's events are left alone; the others are evaluated in one pass."""
    concerned = [audience for audience in live if audience.events & set(batch.touched)]
    if not concerned:
        return
    wh = client.connect()
    people = fused.people_of(wh, set().union(*batch.touched.values()))
    moment = watermark.moment_of(watermark.present())
    found = fused.evaluate(wh, [audience.rule for audience in concerned], moment, people)
    position, trace_id = batch.events[-1].position, batch.events[-1].trace_id
    for audience, now_in in zip(concerned, found, strict=True):
        held = membership.read(audience.audience_id)
        before = held.ids & people.everyone
        if before == now_in or held.rule_hash != audience.rule_hash:
            continue
        with records.transaction():
            turn.renew()
            membership.change(
                audience_id=audience.audience_id, held=held, entered=now_in - before, left=before - now_in,
                position=position, reason="event", trace_id=trace_id,
            )  # fmt: skip


# --- rebuilds --------------------------------------------------------------------------------------------------------


def rebuild(audience_id: int) -> int:
    """Computes an audience as a whole; returns its member count. Dies anywhere: run it again.

    A new rule's members are put in place silently; of a known rule entries and exits are told as events. A failure is
    kept on the audience for people to see, and raised.
    """
    row = Audience.objects.filter(pk=audience_id).exclude(state=AudienceState.ARCHIVED).first()
    if row is None:
        raise NotFound()
    try:
        with lease.turn(wait_seconds=TURN_SECONDS) as turn:
            if turn is None:
                raise Unavailable(what="The evaluation of audiences")
            _recompute(turn, _live(row), watermark.reached(), reason="rebuild")
    except SiyuError as error:
        Audience.objects.filter(pk=audience_id, rule_hash=row.rule_hash).update(
            state=AudienceState.FAILED, error=stored(error)
        )
        raise
    return Members.objects.get(pk=audience_id).member_count


def _recompute(turn: lease.Turn, audience: _Live, position: Position, *, reason: str) -> None:
    as_of = watermark.present()
    plan = planner.Plan(client.connect(), watermark.moment_of(as_of), as_of.position, lane="long")
    target = plan.members(audience.rule)
    failpoint("audiences.rebuild.after_query")
    held = membership.read(audience.audience_id)
    if held.rule_hash == audience.rule_hash:
        _apply(turn, held, target, audience_id=audience.audience_id, position=position, reason=reason)
    with records.transaction():
        turn.renew()
        if held.rule_hash != audience.rule_hash:
            membership.start_over(
                audience_id=audience.audience_id, ids=target, rule_hash=audience.rule_hash, as_of=as_of.until
            )
        Members.objects.filter(pk=audience.audience_id).update(as_of=as_of.until, rebuilt_at=clock.now())
        # The rule may have been edited while we computed: then the edit's own rebuild is still to come.
        Audience.objects.filter(pk=audience.audience_id, rule_hash=audience.rule_hash).exclude(
            state=AudienceState.ARCHIVED
        ).update(state=AudienceState.READY, error="")


def _apply(
    turn: lease.Turn, held: membership.Held, target: BitMap, *, audience_id: int, position: Position, reason: str
) -> None:
    """Writes the difference in short transactions; each leaves the membership nearer to the target."""
    while held.ids != target:
        entered = (target - held.ids)[: membership.CHANGES_PER_WRITE]
        left = (held.ids - target)[: membership.CHANGES_PER_WRITE - len(entered)]
        with records.transaction():
            turn.renew()
            held = membership.change(
                audience_id=audience_id, held=held, entered=entered, left=left, position=position, reason=reason,
            )  # fmt: skip
        failpoint("audiences.rebuild.between_writes")


def open_audience_ids() -> list[int]:
    """Every audience that is kept, in the order in which they were made (referred-to ones usually come first)."""
    return list(Audience.objects.exclude(state=AudienceState.ARCHIVED).order_by("pk").values_list("pk", flat=True))


# --- folding ---------------------------------------------------------------------------------------------------------


def fold_once() -> int:
    """Works old or many deltas into the bases; returns how many."""
    old = clock.now() - timedelta(seconds=FOLD_AFTER_SECONDS)
    waiting = AudienceDelta.objects.values("audience_id").annotate(first=Min("at"), count=Count("pk"))
    due = [row["audience_id"] for row in waiting if row["first"] <= old or row["count"] >= FOLD_AT_DELTAS]
    return sum(membership.fold(audience_id) for audience_id in due)

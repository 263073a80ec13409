"""The claim: every check of the policy and every reservation in one transaction, before the network is touched."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import OuterRef, Q, Subquery
from django.utils.translation import gettext_noop as _

from siyu.customers import queries as customers
from siyu.eventlog import records
from siyu.kernel import clock, ids
from siyu.kernel.failpoints import failpoint
from siyu.links import services as links
from siyu.messaging.contracts import OutboxState, PlanState, Reason, experiment_key
from siyu.messaging.models import Outbox, Plan, SendBatch, SmsAccount, SmsTemplate
from siyu.messaging.providers.base import SmsMessage, full_text, sms_units
from siyu.messaging.queries import facts as facts_of
from siyu.messaging.queries.forecasts import person_values
from siyu.messaging.rules import policy as policies
from siyu.messaging.rules import templates, texts
from siyu.messaging.rules.policy import Facts, Policy, Verdict
from siyu.messaging.services import touches, transitions
from siyu.org.contracts import SYSTEM

# Rows decided in one transaction while the window is closed: nothing is sent, so the batch size does not bind.
HOLD_ROWS = 300
# Longer than the provider's time-outs together; a dead sender's batch becomes "unknown" after this.
LEASE_SECONDS = 60
# 140 bits: an out_id must never repeat, not even after a restored backup.
OUT_ID_CHARS = 24
TEMPLATE_CHANGED = _("The provider's approved template no longer says what this plan says. Nothing more is sent.")


@dataclass(frozen=True)
class Claim:
    """What a claim took. Without a `batch_id` there is nothing to send; `handled_count` says how much was decided."""

    batch_id: int | None
    messages: tuple[SmsMessage, ...]
    outbox_ids: tuple[int, ...]
    handled_count: int


NOTHING = Claim(None, (), (), 0)


@dataclass(frozen=True)
class _Ready:
    """A message that may go out, rendered."""

    row: Outbox
    message: SmsMessage
    units: int


@dataclass(frozen=True)
class _Turn:
    """Whose turn it is: one plan of one account, at one moment. `names` are the provider's variables, slot by slot."""

    account: SmsAccount
    plan: Plan
    policy: Policy
    names: tuple[str, ...]
    moment: datetime


def claim_batch(*, account_id: int) -> Claim:
    """Decides the next due messages of an account and reserves those that may leave, as one batch of one plan.

    The account's row is the gate: claims of one account follow one another, on PostgreSQL too, so that rate and
    order hold with any number of workers. The caller sends the batch outside the transaction and records the results.
    """
    moment = clock.now()
    with records.transaction():
        account = _free_account(account_id, moment)
        plan = _next_plan(account_id, moment) if account else None
        if account is None or plan is None:
            return NOTHING
        names = _variables(plan)
        if names is None:
            Plan.objects.filter(pk=plan.pk).update(state=PlanState.STOPPED, problem=TEMPLATE_CHANGED)
            return Claim(None, (), (), 1)
        turn = _Turn(account, plan, facts_of.policy_of(account, moment), names, moment)
        rows = _due_rows(turn)
        claim = _reserve(turn, _clear(turn, rows), len(rows))
        failpoint("messaging.claim.before_commit")
    return claim


def _free_account(account_id: int, moment: datetime) -> SmsAccount | None:
    """The account, held until the transaction ends, if it may send now."""
    rested = Q(paused_until=None) | Q(paused_until__lte=moment)
    free = Q(free_at=None) | Q(free_at__lte=moment)
    return SmsAccount.objects.select_for_update().filter(rested, free, pk=account_id, is_active=True).first()


def _next_plan(account_id: int, moment: datetime) -> Plan | None:
    """The plan whose next message has been due longest."""
    # Ordered with a limit, not min(): a grouped minimum would read every due row of every plan.
    waiting = Outbox.objects.filter(plan=OuterRef("pk"), due_at__isnull=False).order_by("due_at")
    return (
        Plan.objects.filter(account_id=account_id, state__in=[PlanState.LAUNCHING, PlanState.RUNNING])
        .annotate(first_due=Subquery(waiting.values("due_at")[:1]))
        .filter(first_due__lte=moment)
        .order_by("first_due", "pk")
        .first()
    )


def _due_rows(turn: _Turn) -> list[Outbox]:
    is_open = policies.opens_at(turn.policy, turn.moment) <= turn.moment
    limit = turn.account.batch_size if is_open else HOLD_ROWS
    due = Outbox.objects.filter(plan=turn.plan, due_at__lte=turn.moment).order_by("due_at", "pk")
    found = list(due.select_for_update()[:limit])
    if found and found[0].alone:
        return found[:1]
    return [row for row in found if not row.alone]


def _variables(plan: Plan) -> tuple[str, ...] | None:
    """The provider's variables in the order of the text's slots; None if text and template no longer agree."""
    template = SmsTemplate.objects.filter(account_id=plan.account_id, code=plan.template_code).first()
    if template is None:
        return None
    return templates.match(texts.parse(plan.text), template.text, links.short_url(""))


def _clear(turn: _Turn, rows: Sequence[Outbox]) -> list[tuple[Outbox, Facts]]:
    """Applies the policy: refusals and delays are written, those who may be touched are returned."""
    customer_ids = [row.fragment_id for row in rows]
    touches.lock(customer_ids)
    known = facts_of.gather(customer_ids, experiment_key=experiment_key(turn.plan.pk))
    cleared: list[tuple[Outbox, Facts]] = []
    refused: dict[Reason, list[Outbox]] = defaultdict(list)
    held: dict[tuple[Reason, datetime], list[Outbox]] = defaultdict(list)
    for row in rows:
        decision = policies.may_send(known[row.fragment_id], turn.policy, turn.moment)
        if decision.verdict is Verdict.SEND:
            cleared.append((row, known[row.fragment_id]))
        elif decision.due_at is not None and decision.reason is not None:
            held[decision.reason, decision.due_at].append(row)
        elif decision.reason is not None:
            refused[decision.reason].append(row)
    for reason, group in refused.items():
        transitions.mark_suppressed(group, reason=reason, moment=turn.moment)
    for (reason, due_at), group in held.items():
        transitions.hold(group, reason=reason, due_at=due_at)
    return cleared


def _reserve(turn: _Turn, cleared: Sequence[tuple[Outbox, Facts]], handled_count: int) -> Claim:
    """Takes the touches, the rate and the rows, and writes the batch's number down before anybody sends it."""
    if not cleared:
        return Claim(None, (), (), handled_count)
    out_id = ids.new_token(OUT_ID_CHARS)
    ready = _render(turn, [row for row, _ in cleared], out_id)
    batch = SendBatch.objects.create(
        account=turn.account, plan=turn.plan, out_id=out_id, state=OutboxState.CLAIMED, size=len(ready),
        created_at=turn.moment, lease_until=turn.moment + timedelta(seconds=LEASE_SECONDS),
    )  # fmt: skip
    touches.reserve({row.fragment_id: facts.touched_at for row, facts in cleared}, turn.policy, turn.moment)
    _write_claimed(turn, ready, batch)
    free_at = turn.moment + timedelta(seconds=len(ready) / turn.account.rate_per_s)
    SmsAccount.objects.filter(pk=turn.account.pk).update(free_at=free_at)
    return Claim(batch.pk, tuple(r.message for r in ready), tuple(r.row.pk for r in ready), handled_count)


def _render(turn: _Turn, rows: Sequence[Outbox], out_id: str) -> list[_Ready]:
    customer_ids = [row.fragment_id for row in rows]
    people = {view.id: view for view in customers.customers(SYSTEM, customer_ids)}
    phones = customers.phones(SYSTEM, customer_ids)
    text, link_base = texts.parse(turn.plan.text), links.short_url("")
    ready = []
    for row in rows:
        values = person_values(people.get(row.fragment_id))
        rendered = texts.render(text, values, link_base=link_base, token=row.link_token)
        message = SmsMessage(
            phone_e164=phones[row.fragment_id],
            sign_name=turn.account.sign_name,
            template_code=turn.plan.template_code,
            params=templates.params(turn.names, rendered),
            out_id=out_id,
        )
        ready.append(_Ready(row, message, sms_units(full_text(turn.account.sign_name, rendered.body))))
    return ready


def _write_claimed(turn: _Turn, ready: Sequence[_Ready], batch: SendBatch) -> None:
    now, price_milli_fen = records.db_moment(turn.moment), turn.account.price_milli_fen
    transitions.write_each(
        [
            (OutboxState.CLAIMED.value, "", "", None, now, batch.pk, item.units, item.units * price_milli_fen,
             json.dumps(dict(item.message.params), ensure_ascii=False), item.row.pk)
            for item in ready
        ],
        ("state", "reason", "detail", "due_at", "claimed_at", "batch_id", "units", "cost_milli_fen", "params_json"),
    )  # fmt: skip

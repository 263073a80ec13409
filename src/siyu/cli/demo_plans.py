"""Plays the demo brand's recall plans of the past, through the services that a plan of today goes through.

The clock is held at the plan's own moments, and what the provider and the customers do is what the sandbox would have
them do. A plan is one transaction, from its draft to its last receipt: a worker of today never meets a message of the
past that is still due.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from siyu.audiences import queries as audiences
from siyu.cli.demo_home import sandbox
from siyu.customers import queries as customers
from siyu.eventlog import records
from siyu.kernel import clock
from siyu.links import services as links
from siyu.links.contracts import Click
from siyu.messaging import queries, services
from siyu.messaging.contracts import OutboxState
from siyu.messaging.providers.base import Callback, DeliveryState, Ok, Receipt, Reply, SmsMessage
from siyu.messaging.services import claiming, launching, plans, receipts, results
from siyu.messaging.services.claiming import Claim
from siyu.messaging.services.receipts import Received
from siyu.org.contracts import SYSTEM

PROVIDER = "aliyun"
# A plan is written a while before it is launched.
WRITTEN_BEFORE = timedelta(minutes=40)
# Between two batches, until the carrier reports a message, and until somebody answers it.
BATCH_STEP = timedelta(seconds=2)
REPORT_AFTER = timedelta(seconds=25)
REPLY_AFTER = timedelta(minutes=7)
DELIVERED, DEAD, FAILED = "DELIVERED", "MK:0001", "UNDELIV"
PAGE_ROWS = 500


@dataclass(frozen=True)
class Crowd:
    """The brand's people as the sandbox knows them: numbers by phone (E.164), and how often a message gets lost."""

    size: Any
    person_ids: Mapping[str, int]
    seed: int
    dead_share: float
    failed_share: float


@dataclass(frozen=True)
class Means:
    """By what a plan reaches people."""

    account_id: int
    template_code: str
    text: str
    target_url: str


def play(campaign: Any, crowd: Crowd, means: Means, launched_at: datetime) -> int:
    """Plays one campaign and returns its plan; if there is one of its name already, nothing changes."""
    known = [view.id for view in queries.plans(SYSTEM, limit=PAGE_ROWS).items if view.name == campaign.name]
    if known:
        return known[0]
    # Asked before, so that inside the transaction the answer is at hand and the network is left alone.
    audiences.customer_ids(SYSTEM, campaign.rule, launched_at, lane="long")
    with records.transaction():
        plan_id = _launch(campaign, means, launched_at)
        ended_at = _send(campaign, crowd, means.account_id, plan_id, launched_at)
        with clock.frozen(ended_at):
            plans.finish_plans()
    return plan_id


def reached(plan_id: int, crowd: Crowd) -> list[Any]:
    """Whom a plan's messages reached, by their number among the brand's people, and when."""
    one = sandbox("siyu.sandbox.demo.campaigns").Reached
    found = []
    for rows in _pages(plan_id):
        phones = customers.phones(SYSTEM, [row.customer_id for row in rows])
        ids = {row.customer_id: crowd.person_ids.get(phones.get(row.customer_id, "")) for row in rows}
        found += [one(ids[row.customer_id], row.sent_at) for row in rows if ids[row.customer_id] is not None]
    return found


def _pages(plan_id: int) -> Iterator[Sequence[Any]]:
    cursor: str | None = None
    while True:
        page = queries.recipients(SYSTEM, plan_id, state=OutboxState.DELIVERED, cursor=cursor, limit=PAGE_ROWS)
        yield page.items
        cursor = page.next_cursor
        if cursor is None:
            return


def _launch(campaign: Any, means: Means, launched_at: datetime) -> int:
    """The draft, the snapshot of its audience and everybody's assignment; the job itself finds nothing left to do."""
    with clock.frozen(launched_at - WRITTEN_BEFORE):
        plan_id = services.create_plan(
            viewer=SYSTEM, name=campaign.name, audience={"rule": campaign.rule}, text=means.text,
            account_id=means.account_id, target_url=means.target_url, holdout_percent=campaign.holdout_percent,
            window_days=campaign.window_days,
        )  # fmt: skip
    with clock.frozen(launched_at):
        services.launch_plan(viewer=SYSTEM, plan_id=plan_id)
        members = launching.take_snapshot(plan_id=plan_id)
        while launching.enter_next(plan_id=plan_id, members=members).is_open:
            pass
    return plan_id


def _send(campaign: Any, crowd: Crowd, account_id: int, plan_id: int, launched_at: datetime) -> datetime:
    """Sends batch by batch until nothing is due, or until the share that had left; returns when that was."""
    wanted = queries.plan(SYSTEM, plan_id).treated_count * campaign.sent
    moment, sent = launched_at, 0
    for number in count():
        if campaign.sent < 1 and sent >= wanted:
            return _hold(account_id, moment)
        with clock.frozen(moment):
            claim = claiming.claim_batch(account_id=account_id)
        if claim.batch_id is None and not claim.handled_count:
            return moment
        if claim.batch_id is not None:
            _answer(campaign, crowd, claim, f"{plan_id}^{number}", moment)
            sent += len(claim.messages)
        moment += BATCH_STEP
    raise AssertionError("unreachable")


def _hold(account_id: int, moment: datetime) -> datetime:
    """The window has closed: what is left waits for it to open again."""
    closed_at = moment + timedelta(days=1) - timedelta(hours=12)
    with clock.frozen(closed_at):
        while claiming.claim_batch(account_id=account_id).handled_count:
            pass
    return closed_at


def _answer(campaign: Any, crowd: Crowd, claim: Claim, biz_id: str, moment: datetime) -> None:
    """What the provider, the carriers and the people make of a batch."""
    with clock.frozen(moment):
        results.record_results(claim, [Ok(biz_id)] * len(claim.messages))
    codes = {message.phone_e164: _carrier_code(crowd, message) for message in claim.messages}
    with clock.frozen(moment + REPORT_AFTER):
        _report(Callback(receipts=tuple(_receipt(m, codes[m.phone_e164], biz_id, moment) for m in claim.messages)))
    arrived = [message for message in claim.messages if codes[message.phone_e164] == DELIVERED]
    _click(campaign, crowd, arrived, moment)
    _refuse(campaign, crowd, arrived, moment + REPLY_AFTER)


def _carrier_code(crowd: Crowd, message: SmsMessage) -> str:
    """The numbers that are dead in the sandbox are dead here."""
    share = sandbox("siyu.sandbox.chance").share
    phone = message.phone_e164.removeprefix("+86")
    if share(crowd.seed, "dead", phone) < crowd.dead_share:
        return DEAD
    return FAILED if share(crowd.seed, "failed", phone, message.template_code) < crowd.failed_share else DELIVERED


def _receipt(message: SmsMessage, code: str, biz_id: str, sent_at: datetime) -> Receipt:
    state = DeliveryState.DELIVERED if code == DELIVERED else DeliveryState.FAILED
    return Receipt(
        phone_e164=message.phone_e164, state=state, code=code, message="", sms_size=0, biz_id=biz_id,
        out_id=message.out_id, sent_at=sent_at, reported_at=sent_at + REPORT_AFTER,
    )  # fmt: skip


def _report(callback: Callback) -> None:
    receipts.record_callbacks([Received(callback, PROVIDER, clock.now(), "")])


def _click(campaign: Any, crowd: Crowd, arrived: Sequence[SmsMessage], moment: datetime) -> None:
    campaigns = sandbox("siyu.sandbox.demo.campaigns")
    tokens = {crowd.person_ids.get(message.phone_e164): message.params["token"] for message in arrived}
    people = [campaigns.Reached(person_id, moment) for person_id in tokens if person_id is not None]
    links.record_clicks(
        [
            Click(tokens[person_id], at, f"demo:{tokens[person_id]}", is_bot=False, agent="sandbox")
            for person_id, at in campaigns.clicks(campaign, crowd.size, people, clock.now())
        ]
    )


def _refuse(campaign: Any, crowd: Crowd, arrived: Sequence[SmsMessage], at: datetime) -> None:
    campaigns = sandbox("siyu.sandbox.demo.campaigns")
    replies = tuple(
        Reply(message.phone_e164, "R", message.sign_name, "", f"demo:{message.out_id}:{message.phone_e164}", at)
        for message in arrived
        if (person_id := crowd.person_ids.get(message.phone_e164)) is not None
        and campaigns.refuses(campaign, crowd.size, person_id)
    )
    with clock.frozen(at):
        _report(Callback(replies=replies))

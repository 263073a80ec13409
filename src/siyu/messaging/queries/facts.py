"""What the policy needs to know about many people at once, in a fixed number of queries."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.conf import settings

from siyu.customers import queries as customers
from siyu.customers.contracts import Channel, Purpose
from siyu.eventlog import records
from siyu.experiments import queries as experiments
from siyu.experiments.contracts import HOLDOUT
from siyu.kernel.clock import from_millis, local_day
from siyu.messaging.contracts import Reason, SendingWindow
from siyu.messaging.models import SmsAccount
from siyu.messaging.rules.policy import Facts, Policy
from siyu.org.contracts import SYSTEM
from siyu.org.queries import calendar

SMS = Channel.SMS.value
# Holidays last a week or two; what a longer one delays is decided again at the end of these days.
HOLIDAYS_AHEAD = 31


def policy_of(account: SmsAccount, moment: datetime) -> Policy:
    """The account's limits, in the brand's zone, for decisions at `moment`."""
    window, zone = SendingWindow(account.window_start, account.window_end), settings.SIYU.tz
    today = local_day(moment, zone)
    closed = calendar.public_holidays(today, today + timedelta(days=HOLIDAYS_AHEAD)) if account.skips_holidays else ()
    return Policy(window, zone, account.day_cap, account.month_cap, frozenset(closed))


def gather(customer_ids: Sequence[int], *, experiment_key: str | None = None) -> dict[int, Facts]:
    """The facts of each customer on the SMS channel; with an experiment, also whether it holds them out."""
    phones = customers.having_phone(SYSTEM, customer_ids)
    consents = customers.consenting(SYSTEM, customer_ids, Channel.SMS, Purpose.MARKETING)
    suppressed = _suppressions(customer_ids)
    arms = experiments.arms_of(SYSTEM, experiment_key, customer_ids) if experiment_key else {}
    made_up = customers.sandbox_people(SYSTEM, customer_ids)
    people = people_of(customer_ids)
    touches = touches_of(people)
    return {
        customer_id: Facts(
            has_phone=customer_id in phones,
            consents=customer_id in consents,
            suppression=suppressed.get(customer_id),
            is_held_out=arms.get(customer_id) == HOLDOUT,
            touched_at=touches.get(person_id, ()),
            is_of_this_world=(customer_id in made_up) == settings.SIYU.sandbox,
        )
        for customer_id, person_id in people.items()
    }


def people_of(customer_ids: Iterable[int]) -> dict[int, int]:
    """The person (root) of each id: caps are per person, also after a merge."""
    wanted = list(customer_ids)
    roots = customers.roots_of(wanted)
    return {customer_id: roots.get(customer_id, customer_id) for customer_id in wanted}


def touches_of(people: Mapping[int, int]) -> dict[int, tuple[datetime, ...]]:
    """When each person was touched lately, by root."""
    sql = "SELECT fragment_id, touched_json FROM messaging_touchbudget WHERE fragment_id IN ({places}) AND channel = %s"
    found = records.select_in(sql, sorted(set(people.values())), SMS)
    return {person_id: tuple(from_millis(millis) for millis in json.loads(text)) for person_id, text in found}


def _suppressions(customer_ids: Sequence[int]) -> dict[int, Reason]:
    sql = "SELECT fragment_id, reason FROM messaging_suppression WHERE fragment_id IN ({places}) AND channel = %s"
    return {customer_id: Reason(reason) for customer_id, reason in records.select_in(sql, customer_ids, SMS)}

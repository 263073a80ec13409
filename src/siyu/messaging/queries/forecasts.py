"""What a plan would do if it were launched now, and what its text looks like."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from siyu.customers import queries as customers
from siyu.eventlog import records
from siyu.experiments import queries as experiments
from siyu.experiments.contracts import TREATED
from siyu.kernel import clock
from siyu.kernel.errors import NotFound
from siyu.messaging.contracts import (
    MILLI_FEN_PER_FEN,
    BadText,
    Forecast,
    PlanState,
    Preview,
    Problem,
    Reason,
    experiment_key,
)
from siyu.messaging.models import Plan, SmsAccount, SmsTemplate
from siyu.messaging.providers.base import full_text, sms_chars, sms_units
from siyu.messaging.queries import facts as facts_of
from siyu.messaging.queries import population
from siyu.messaging.queries.access import check
from siyu.messaging.queries.accounts import link_base
from siyu.messaging.rules import policy as policies
from siyu.messaging.rules import review, templates, texts
from siyu.org.contracts import SYSTEM, Viewer

# People whose text is rendered to estimate units: names differ by a few characters, so 400 fix the mean well.
SAMPLE_SIZE = 400
# Stands for a link's token, which has this many characters.
SAMPLE_TOKEN = "xxxxxxx"
# People asked about in one go.
FACTS_ROWS = 5_000


def preview(
    viewer: Viewer, *, text: str, account_id: int, target_url: str = "", customer_id: int | None = None
) -> Preview:
    """The text as `customer_id` would get it, or as somebody would of whom nothing is known; with all its problems."""
    check(viewer)
    account = _account(account_id)
    base = link_base()
    problems = list(review.check(text, sign_name=account.sign_name, link_base=base, has_target=bool(target_url)))
    try:
        parsed = texts.parse(text)
    except BadText:
        return Preview("", 0, 0, "", None, tuple(problems))
    code = approved_code(account.pk, parsed)
    if code is None and not problems:
        problems.append(_not_approved(parsed))
    values = _values(viewer, customer_id)
    body = "" if _unrenderable(problems) else texts.render(parsed, values, link_base=base, token=SAMPLE_TOKEN).body
    shown = full_text(account.sign_name, body)
    provider_text = templates.provider_form(parsed, base)
    return Preview(shown, sms_chars(shown), sms_units(shown), provider_text, code, tuple(problems))


def plan_forecast(viewer: Viewer, plan_id: int) -> Forecast:
    """The forecast of a stored plan."""
    check(viewer)
    row = Plan.objects.filter(pk=plan_id).first()
    if row is None:
        raise NotFound()
    at = row.scheduled_at if row.state == PlanState.SCHEDULED else None
    return _forecast(viewer, row, json.loads(row.audience_json), at)


def forecast(
    viewer: Viewer, *, audience: Mapping[str, Any], holdout_percent: int, text: str, target_url: str, account_id: int
) -> Forecast:
    """The forecast of a plan that is still being written; nothing is stored."""
    check(viewer)
    draft = Plan(pk=0, holdout_percent=holdout_percent, text=text, target_url=target_url, account=_account(account_id))
    return _forecast(viewer, draft, audience, None)


def _forecast(viewer: Viewer, plan: Plan, audience: Mapping[str, Any], at: datetime | None) -> Forecast:
    moment = at or clock.now()
    account = plan.account
    policy = facts_of.policy_of(account, moment)
    members = population.members(viewer, audience)
    suppressed, reachable = _divide(members, policy, moment)
    weights = experiments.holdout_weights(plan.holdout_percent)
    key = experiment_key(plan.pk)
    treated = [unit for unit in reachable if experiments.preview_arm(key, unit, weights) == TREATED]
    shown = preview(viewer, text=plan.text, account_id=account.pk, target_url=plan.target_url)
    units, is_exact = (0, True) if shown.problems and not shown.text else _units(plan.text, account, treated)
    opening = policies.opens_at(policy, moment)
    return Forecast(
        audience_count=len(members),
        reachable_count=len(reachable),
        suppressed=suppressed,
        holdout_count=len(reachable) - len(treated),
        treated_count=len(treated),
        unit_count=units,
        cost_fen=-(-units * account.price_milli_fen // MILLI_FEN_PER_FEN),
        is_exact=is_exact,
        waits_until=opening if opening > moment else None,
        problems=shown.problems,
        as_of=clock.now(),
    )


def _divide(
    members: Iterable[int], policy: policies.Policy, moment: datetime
) -> tuple[dict[Reason, int], list[int]]:
    """Counts by reason of those who cannot be reached, and the others."""
    suppressed: Counter[Reason] = Counter()
    reachable: list[int] = []
    for chunk in records.chunked(members, FACTS_ROWS):
        for customer_id, facts in facts_of.gather(chunk).items():
            reason = policies.refusal(facts, policy, moment)
            if reason is None:
                reachable.append(customer_id)
            else:
                suppressed[reason] += 1
    return dict(suppressed), reachable


def _units(source: str, account: SmsAccount, treated: Sequence[int]) -> tuple[int, bool]:
    """Billed units of the treated: all rendered if they are few, otherwise a mean of evenly spaced ones."""
    if not treated:
        return 0, True
    step = max(1, len(treated) // SAMPLE_SIZE)
    sample = treated[::step][:SAMPLE_SIZE] if step > 1 else list(treated)
    text, base = texts.parse(source), link_base()
    people = {view.id: view for view in customers.customers(SYSTEM, sample)}
    total = 0
    for customer_id in sample:
        values = person_values(people.get(customer_id))
        body = texts.render(text, values, link_base=base, token=SAMPLE_TOKEN).body
        total += sms_units(full_text(account.sign_name, body))
    return -(-total * len(treated) // len(sample)), len(sample) == len(treated)


def person_values(view: customers.CustomerView | None) -> dict[str, Any]:
    """What a text may say about this person; of somebody unknown nothing, so that fallbacks serve."""
    if view is None:
        return texts.person_values(name="", member_no="", attributes={})
    return texts.person_values(name=view.display_name, member_no=view.member_no, attributes=view.attributes)


def _values(viewer: Viewer, customer_id: int | None) -> dict[str, Any]:
    return person_values(customers.customer(viewer, customer_id) if customer_id is not None else None)


def _account(account_id: int) -> SmsAccount:
    row = SmsAccount.objects.filter(pk=account_id).first()
    if row is None:
        raise NotFound()
    return row


def approved_code(account_id: int, text: texts.Text) -> str | None:
    """The code of the approved template that says what `text` says, or None."""
    base = link_base()
    for row in SmsTemplate.objects.filter(account_id=account_id).order_by("code"):
        if templates.match(text, row.text, base) is not None:
            return row.code
    return None


def _not_approved(text: texts.Text) -> Problem:
    return Problem(
        "not_approved",
        message="No approved template of this account says this. Register it with the provider as: %(text)s",
        data={"text": templates.provider_form(text, link_base())},
    )


def _unrenderable(problems: Sequence[Problem]) -> bool:
    return any(problem.code in ("no_fallback", "unknown_variable", "link_filter") for problem in problems)

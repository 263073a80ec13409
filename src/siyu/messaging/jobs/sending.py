"""The pump that sends: claim in one transaction, the network outside any, the answer in another transaction."""

from __future__ import annotations

import time

from siyu.kernel.errors import stored
from siyu.kernel.failpoints import failpoint
from siyu.messaging.contracts import MixedWorlds
from siyu.messaging.queries.accounts import provider_for
from siyu.messaging.queries.work import Work, accounts_with_work
from siyu.messaging.services import claiming, plans, results

# A batch at the lowest useful rate; longer waits are left to the worker, which looks again by itself.
MAX_RATE_PAUSE_SECONDS = 1.0


def send_once() -> int:
    """One batch of each account that has something due; returns how many messages were decided or settled."""
    handled = results.expire_leases()
    for work in accounts_with_work():
        handled += _send_batch(work)
    return handled or plans.finish_plans()


def _send_batch(work: Work) -> int:
    try:
        provider = provider_for(work.provider)
    except MixedWorlds as error:
        return results.rest_account(account_id=work.account_id, problem=stored(error))
    time.sleep(min(work.wait_seconds, MAX_RATE_PAUSE_SECONDS))
    claim = claiming.claim_batch(account_id=work.account_id)
    if claim.batch_id is None:
        return claim.handled_count
    failpoint("messaging.send.claimed")
    answers = provider.send(claim.messages)
    failpoint("messaging.send.answered")
    results.record_results(claim, answers)
    failpoint("messaging.send.recorded")
    return claim.handled_count

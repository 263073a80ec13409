"""The pump: each endpoint with something due gets a thread and a lease of its own, so that one that hangs holds up
nobody else. A delivery goes out at least once: whoever is killed between the answer and its record sends it again,
under the same message id."""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q

from siyu.eventlog import records
from siyu.eventlog.contracts import LeaseLost
from siyu.eventlog.runner import close_connection
from siyu.kernel import clock
from siyu.kernel.failpoints import failpoint
from siyu.org.queries import root, staff_with
from siyu.org.services.notices import notify
from siyu.webhooks import kinds, rules, services
from siyu.webhooks.contracts import DeliveryState, EndpointState
from siyu.webhooks.models import Delivery, Endpoint
from siyu.webhooks.permissions import WEBHOOKS_MANAGE
from siyu.webhooks.transport import Connection, Outcome

# Endpoints served at the same time by one worker.
SLOTS = 16
# Of them so many at most that have been failing: receivers that hang must leave room for those that answer.
TROUBLED_SLOTS = SLOTS // 2
# Deliveries read at once, and recorded together: after a kill so many come twice at most.
BATCH_ROWS = 50
# No longer than this between the first answer of a batch and its record.
BATCH_SECONDS = 5.0
# Longer than a batch with a time-out at its end.
LEASE_SECONDS = 60
# After so long a thread makes room for another endpoint.
TURN_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class _Attempt:
    delivery_id: int
    attempts: int
    outcome: Outcome


def endpoints_due(*, besides: Sequence[int] = ()) -> list[int]:
    """Endpoints with something due that nobody serves, those first that were served longest ago."""
    moment = clock.now()
    due = Delivery.objects.filter(endpoint=OuterRef("pk"), state=DeliveryState.WAITING, due_at__lte=moment)
    found = Endpoint.objects.filter(_free(moment), Exists(due), state=EndpointState.ACTIVE).exclude(pk__in=besides)
    return list(found.order_by(F("lease_until").asc(nulls_first=True), "pk").values_list("pk", flat=True))


def _free(moment: object) -> Q:
    rested = Q(rest_until=None) | Q(rest_until__lte=moment)
    return rested & (Q(lease_owner="") | Q(lease_until__lte=moment))


def serve(endpoint_id: int) -> int:
    """Sends what is due to one endpoint, for its turn or until it fails; returns how many attempts were made."""
    owner = f"{os.getpid()}.{threading.get_ident()}.{secrets.token_hex(4)}"
    if not _take(endpoint_id, owner):
        return 0
    row = Endpoint.objects.get(pk=endpoint_id)
    connection = Connection(row.url, sandbox=settings.SIYU.sandbox)
    made, ends_at = 0, time.monotonic() + TURN_SECONDS
    try:
        while time.monotonic() < ends_at:
            attempts = _send_batch(row, connection)
            if not attempts:
                break
            failpoint("webhooks.send.answered")
            _record(row, owner, attempts)
            made += len(attempts)
            if not attempts[-1].outcome.succeeded:
                break
    except LeaseLost:
        # Somebody else took over; what was not recorded comes again.
        return made
    finally:
        connection.close()
        Endpoint.objects.filter(pk=endpoint_id, lease_owner=owner).update(lease_owner="", lease_until=clock.now())
    return made


def _take(endpoint_id: int, owner: str) -> bool:
    moment = clock.now()
    until = moment + timedelta(seconds=LEASE_SECONDS)
    with records.transaction():
        free = Endpoint.objects.filter(_free(moment), pk=endpoint_id, state=EndpointState.ACTIVE)
        return bool(free.update(lease_owner=owner, lease_until=until))


def _send_batch(row: Endpoint, connection: Connection) -> list[_Attempt]:
    """Outside any transaction. Ends early at a failure: the endpoint rests before anything else is tried."""
    due = Delivery.objects.filter(endpoint=row, state=DeliveryState.WAITING, due_at__lte=clock.now())
    secret = services.secret_of(row)
    made: list[_Attempt] = []
    ends_at = time.monotonic() + BATCH_SECONDS
    for delivery in due.order_by("due_at", "pk")[:BATCH_ROWS]:
        outcome = connection.post(delivery.body.encode(), _headers(delivery, secret))
        made.append(_Attempt(delivery.pk, delivery.attempts + 1, outcome))
        if not outcome.succeeded or time.monotonic() > ends_at:
            break
    return made


def _headers(delivery: Delivery, secret: str) -> dict[str, str]:
    timestamp = int(clock.now().timestamp())
    return {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Siyu-Webhooks/1",
        "Siyu-Id": delivery.message_id,
        "Siyu-Event": delivery.event,
        "Siyu-Timestamp": str(timestamp),
        "Siyu-Signature": rules.signature(secret, timestamp, delivery.body.encode()),
    }


def _record(row: Endpoint, owner: str, attempts: Sequence[_Attempt]) -> None:
    """Writes a batch down and renews the lease; LeaseLost if it is somebody else's by now."""
    moment = clock.now()
    with records.transaction():
        until = moment + timedelta(seconds=LEASE_SECONDS)
        if not Endpoint.objects.filter(pk=row.pk, lease_owner=owner).update(lease_until=until):
            raise LeaseLost
        for attempt in attempts:
            _record_one(attempt)
        _record_health(row.pk, attempts)


def _record_one(attempt: _Attempt) -> None:
    outcome, moment = attempt.outcome, clock.now()
    due_at = None if outcome.succeeded else rules.next_due(attempt.attempts, moment)
    state = DeliveryState.DONE if outcome.succeeded else DeliveryState.WAITING if due_at else DeliveryState.FAILED
    values = {
        "state": state, "attempts": attempt.attempts, "status": outcome.status, "answer": outcome.answer,
        "problem": outcome.problem, "duration_ms": outcome.duration_ms,
        "finished_at": None if state is DeliveryState.WAITING else moment,
    }  # fmt: skip
    if due_at is not None:
        values["due_at"] = due_at
    Delivery.objects.filter(pk=attempt.delivery_id).update(**values)


def _record_health(endpoint_id: int, attempts: Sequence[_Attempt]) -> None:
    """How the endpoint is doing: well again, resting, or paused after a day of failures, of which its managers hear."""
    row, last, moment = Endpoint.objects.get(pk=endpoint_id), attempts[-1].outcome, clock.now()
    if any(attempt.outcome.succeeded for attempt in attempts):
        row.failing_since, row.failure_count, row.problem, row.rest_until = None, 0, "", None
    if not last.succeeded:
        row.failing_since = row.failing_since or moment
        row.failure_count += 1
        row.problem = last.problem
        row.rest_until = moment + timedelta(seconds=rules.rest_seconds(row.failure_count))
        if row.state == EndpointState.ACTIVE and rules.is_to_be_paused(row.failing_since, row.failure_count, moment):
            row.state, row.paused_at = EndpointState.PAUSED, moment
            people = staff_with(WEBHOOKS_MANAGE, node_path=root().path)
            notify(kind=kinds.PAUSED, staff_ids=people, object_id=row.pk, data={"name": row.name})
    row.save(
        update_fields=["failing_since", "failure_count", "problem", "rest_until", "state", "paused_at"]
    )


class Dispatcher:
    """Threads that serve endpoints side by side, at most one for each endpoint."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # Who is served, and whether they had been failing when it began.
        self._busy: dict[int, bool] = {}
        self._pool: ThreadPoolExecutor | None = None

    def start_due(self) -> int:
        """Gives every endpoint that is due a free thread; returns how many began. Waits for none of them."""
        with self._lock:
            begun = self._chosen() if len(self._busy) < SLOTS else {}
            self._busy |= begun
            pool = self._pool = self._pool or ThreadPoolExecutor(SLOTS, thread_name_prefix="webhooks")
        for endpoint_id in begun:
            pool.submit(self._serve, endpoint_id)
        return len(begun)

    def _chosen(self) -> dict[int, bool]:
        due = endpoints_due(besides=sorted(self._busy))
        troubled = set(Endpoint.objects.filter(pk__in=due, failure_count__gt=0).values_list("pk", flat=True))
        room = TROUBLED_SLOTS - sum(self._busy.values())
        waiting = set([pk for pk in due if pk in troubled][max(room, 0) :])
        chosen = [pk for pk in due if pk not in waiting][: SLOTS - len(self._busy)]
        return {pk: pk in troubled for pk in chosen}

    def _serve(self, endpoint_id: int) -> None:
        try:
            serve(endpoint_id)
        finally:
            close_connection()
            with self._lock:
                self._busy.pop(endpoint_id, None)

    def stop(self) -> None:
        """Waits for those that are being served; nothing new begins. For programs that end, such as tests."""
        if self._pool is not None:
            self._pool.shutdown(wait=True)


DISPATCHER = Dispatcher()

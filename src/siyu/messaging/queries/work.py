"""What the pumps look at before they open a transaction: an idle worker must not write, since writes wake others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from siyu.kernel import clock
from siyu.messaging.contracts import PlanState
from siyu.messaging.models import Outbox, Plan, SmsAccount


@dataclass(frozen=True)
class Work:
    """An account with something due. `wait_seconds` is what its rate still asks for."""

    account_id: int
    provider: str
    wait_seconds: float


def accounts_with_work() -> list[Work]:
    """Accounts that are not resting and have a plan at work with a message that is due."""
    moment = clock.now()
    due = Outbox.objects.filter(plan=OuterRef("pk"), due_at__lte=moment)
    plans = Plan.objects.filter(state__in=[PlanState.LAUNCHING, PlanState.RUNNING]).filter(Exists(due))
    found = SmsAccount.objects.filter(Q(paused_until=None) | Q(paused_until__lte=moment), is_active=True)
    return [
        Work(row.pk, row.provider, _seconds_until(row.free_at, moment))
        for row in found.filter(pk__in=plans.values("account_id")).order_by("pk")
    ]


def _seconds_until(free_at: datetime | None, moment: datetime) -> float:
    return max(0.0, (free_at - moment).total_seconds()) if free_at else 0.0

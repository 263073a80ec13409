"""Reads of the outbox: who got, did not get, or waits for a message, and why."""

from __future__ import annotations

from django.db.models import QuerySet

from siyu.customers import queries as customers
from siyu.kernel.paging import MAX_PAGE_ROWS, Page, decode_cursor, encode_cursor
from siyu.messaging.contracts import OutboxState, Reason, RecipientView, experiment_key
from siyu.messaging.models import Outbox
from siyu.messaging.queries.access import check
from siyu.org.contracts import Viewer

# Messages shown in a customer's profile.
MAX_MESSAGES = 50


def unique_key(plan_id: int, fragment_id: int) -> str:
    """What makes a plan reach a customer once."""
    return f"{experiment_key(plan_id)}:{fragment_id}"


def recipients(
    viewer: Viewer,
    plan_id: int,
    *,
    state: OutboxState | None = None,
    reason: Reason | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[RecipientView]:
    """A plan's messages, optionally of one state and reason: the list behind every count."""
    check(viewer)
    found = Outbox.objects.filter(plan_id=plan_id)
    if state is not None:
        found = found.filter(state=state)
    if reason is not None:
        found = found.filter(reason=reason)
    if cursor:
        found = found.filter(pk__gt=decode_cursor(cursor, int)[0])
    size = min(limit, MAX_PAGE_ROWS)
    # Ids first, from the index alone: sorting whole rows of a large plan would read them all.
    row_ids = list(found.order_by("pk").values_list("pk", flat=True)[: size + 1])
    more = encode_cursor(row_ids[size - 1]) if len(row_ids) > size else None
    rows = _with_plan(Outbox.objects.filter(pk__in=row_ids[:size])).order_by("pk")
    return Page([_view(row) for row in rows], more)


def messages_of(viewer: Viewer, customer_id: int) -> list[RecipientView]:
    """A customer's messages, newest first, over all fragments of the person; NotFound outside the viewer's scope."""
    customers.customer(viewer, customer_id)
    found = Outbox.objects.filter(fragment_id__in=customers.fragments_of(customer_id))
    return [_view(row) for row in _with_plan(found).order_by("-pk")[:MAX_MESSAGES]]


def _with_plan(found: QuerySet[Outbox]) -> QuerySet[Outbox]:
    return found.select_related("plan")


def _view(row: Outbox) -> RecipientView:
    return RecipientView(
        id=row.pk,
        plan_id=row.plan_id,
        plan_name=row.plan.name,
        customer_id=row.fragment_id,
        state=OutboxState(row.state),
        reason=Reason(row.reason) if row.reason else None,
        detail=row.detail,
        unit_count=row.units,
        created_at=row.created_at,
        due_at=row.due_at,
        sent_at=row.sent_at,
        settled_at=row.settled_at,
        clicked_at=row.clicked_at,
        trace_id=row.trace_id,
    )

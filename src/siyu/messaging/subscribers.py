"""What `messaging` does with what others tell: clicks of its links, callbacks of its providers."""

from __future__ import annotations

from collections.abc import Sequence

from siyu.eventlog.contracts import StoredEvent, Subscriber
from siyu.ingest.inbox import InboxRow
from siyu.kernel.clock import from_millis
from siyu.links import events as link_events
from siyu.messaging.kinds import ALIYUN
from siyu.messaging.services import receipts
from siyu.messaging.services.receipts import Received


def take_clicks(batch: Sequence[StoredEvent]) -> None:
    """Marks the first click of each recipient of a plan; automated visits are left out."""
    clicks = [(event, event.body) for event in batch if event.fragment_id is not None]
    receipts.record_clicks(
        [
            (body["purpose"], event.fragment_id, event.occurred_at)
            for event, body in clicks
            if event.fragment_id is not None and body["purpose"].startswith("plan:") and not body["bot"]
        ]
    )


CLICKS = Subscriber("messaging.clicks", take_clicks, names=frozenset({link_events.CLICKED}))


def take_receipts(rows: Sequence[InboxRow]) -> None:
    """Takes provider callbacks over, inside the resolver's transaction."""
    receipts.record_callbacks(
        [
            Received(ALIYUN.parse_callback(row.body), ALIYUN.name, from_millis(row.received_at_ms), row.trace_id)
            for row in rows
        ]
    )

"""When the pumps send: every insert makes a part that must be merged, every shipment some transactions of the records.

A single event goes at once, a trickle at most twice a second. While a job fills the log, as an import does, much goes
at a time, and the rest of it as soon as the job has ended.
"""

from __future__ import annotations

import time
from collections.abc import Collection

from siyu.eventlog import queries as log
from siyu.eventlog.contracts import Position
from siyu.eventlog.jobs import stopping
from siyu.kernel import clock
from siyu.warehouse.models import Stream
from siyu.warehouse.services import streams

# Between two shipments of a trickle.
REST_SECONDS = 0.5
# This many events that wait at once did not trickle in.
FILLING_EVENTS = 200
# A job is waited for this long, which is how far the warehouse lags behind an import.
PATIENCE_SECONDS = 2.0
LOOK_SECONDS = 0.1


def rest(names: Collection[str], *, full_rows: int) -> None:
    """Returns when it is time to send what these streams have not had: when `full_rows` wait, or sooner, as above."""
    held = Stream.objects.filter(pk__in=names, awaits_drop=False)
    position = min((streams.position_of(stream) for stream in held), default=None)
    if position is None:
        return
    until = time.monotonic() + PATIENCE_SECONDS
    while FILLING_EVENTS <= _waiting(position) < full_rows and log.is_job_running():
        if time.monotonic() > until or stopping.wait(LOOK_SECONDS):
            return
    if 0 < _waiting(position) < FILLING_EVENTS:
        moved_at = max((stream.moved_at for stream in held if stream.moved_at), default=None)
        rested_seconds = (clock.now() - moved_at).total_seconds() if moved_at else REST_SECONDS
        stopping.wait(min(max(REST_SECONDS - rested_seconds, 0.0), REST_SECONDS))


def _waiting(position: Position) -> int:
    """About how many events lie behind a position: ids have few gaps, and counting would read them all."""
    head = log.head()
    return max(head.id - position.id, 1) if head > position else 0

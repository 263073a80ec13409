"""Faults on demand: which of them are switched on, and whether one strikes this time.

Held in memory: a restarted sandbox behaves well again.
"""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass
from random import Random
from typing import Any

# Faults of a request, before or after the message is accepted, and faults of the reports.
REQUEST_FAULTS = frozenset(
    {
        "http_500",  # an error page, nothing accepted
        "http_503_after_accept",  # an error answer, although accepted
        "timeout_before",  # silence, nothing accepted
        "timeout_after_accept",  # silence, although accepted
        "reset_before",  # the connection breaks, nothing accepted
        "reset_after_accept",  # the connection breaks, although accepted
        "garbage",  # HTTP 200 with something that is no JSON, although accepted
        "throttling",  # Throttling.User
        "system_error",  # isp.SYSTEM_ERROR
        "business_limit",  # isv.BUSINESS_LIMIT_CONTROL whatever was sent
        "amount_not_enough",  # isv.AMOUNT_NOT_ENOUGH
    }
)
REPORT_FAULTS = frozenset(
    {
        "duplicate_receipts",  # the report comes twice
        "drop_receipts",  # the report never comes
        "mixed_results",  # the message fails at the carrier, with changing codes
    }
)
KINDS = REQUEST_FAULTS | REPORT_FAULTS
# Seconds of silence of the time-out faults, longer than any sensible client waits.
DEFAULT_SILENCE_SECONDS = 30.0


@dataclass
class Fault:
    """One switched-on fault. ``count`` is how often it may still strike; None means without end."""

    kind: str
    share: float = 1.0
    seed: int = 1
    count: int | None = None
    seconds: float = DEFAULT_SILENCE_SECONDS
    struck: int = 0


class FaultBoard:
    """The faults that are on, at most one of each kind. Draws follow the fault's own seed, in order of
    asking.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: dict[str, tuple[Fault, Random]] = {}

    def switch_on(self, fault: Fault) -> None:
        """Turns a fault on, in place of one of the same kind; ValueError if it cannot be meant."""
        if fault.kind not in KINDS:
            raise ValueError(f"unknown fault {fault.kind!r}; known: {', '.join(sorted(KINDS))}")
        if not 0 <= fault.share <= 1:
            raise ValueError("share is a number from 0 to 1")
        if fault.count is not None and fault.count < 1:
            raise ValueError("count is at least 1")
        with self._lock:
            self._faults[fault.kind] = (fault, Random(fault.seed))  # noqa: S311 - simulation, no secret

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def strikes(self, *kinds: str) -> Fault | None:
        """The first fault among `kinds` that strikes now; this counts as one strike."""
        with self._lock:
            for kind in kinds:
                fault, random = self._faults.get(kind, (None, None))
                if fault is not None and random is not None and random.random() < fault.share:
                    self._count(fault)
                    return fault
        return None

    def listing(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(fault) for fault, _ in self._faults.values()]

    def _count(self, fault: Fault) -> None:
        fault.struck += 1
        if fault.count is not None:
            fault.count -= 1
            if fault.count == 0:
                del self._faults[fault.kind]

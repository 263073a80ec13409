"""What other packages hand to `ingest`: who understands which rows of the inbox."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from siyu.ingest.inbox import InboxRow
from siyu.kernel.registry import Registry


@dataclass(frozen=True)
class InboxKind:
    """`handle` takes rows of its kind inside the resolver's transaction, in order; it raises on a row it cannot take.

    It writes to the records only (no network): what it does happens exactly once, together with the cursor's move.
    """

    name: str
    handle: Callable[[Sequence[InboxRow]], None]


INBOX_KINDS: Registry[InboxKind] = Registry("inbox kind")

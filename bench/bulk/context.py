"""What the blocks of one load share: the next ids, where stores and guides ended up, the moment of it all."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import polars as pl

from siyu.sandbox.demo.size import Size

Frames = dict[str, pl.DataFrame]


@dataclass
class Context:
    """One load.

    `stores` has store (place in the organisation), node_id and store_name; `staff` has guide (place), staff_id and
    guide_name. `sandbox` marks the people as invented. Ids are dense and given in the order in which they are taken.
    """

    size: Size
    stores: pl.DataFrame
    staff: pl.DataFrame
    now_ms: int
    now_text: str
    trace_id: str
    sandbox: bool
    source: str = "bulk"
    # The transaction that writes, on a store that numbers them.
    xid: int = 0
    taken: Counter[str] = field(default_factory=Counter)

    def take(self, kind: str, count: int) -> int:
        """The first of `count` fresh ids."""
        first = self.taken[kind] + 1
        self.taken[kind] += count
        return first

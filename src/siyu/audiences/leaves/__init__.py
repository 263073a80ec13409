"""The kinds of conditions that Siyu itself brings; other packages add theirs to `registries.LEAVES`."""

from __future__ import annotations

from siyu.audiences import registries
from siyu.audiences.leaves import orders, people, ranks


def register() -> None:
    for kind in (*orders.KINDS, *people.KINDS, *ranks.KINDS):
        registries.LEAVES.add(kind.name, kind)

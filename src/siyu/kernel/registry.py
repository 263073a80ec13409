"""Registries: what packages offer to one another without importing one another.

Each is filled in a package's ``AppConfig.ready()`` and by outside packages through the entry point ``siyu.plugins``.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import entry_points
from typing import Generic, TypeVar

T = TypeVar("T")


class Registry(Generic[T]):
    """Named things in the order in which they were added. A name can be taken once; an unknown one is a KeyError."""

    def __init__(self, what: str) -> None:
        self.what = what
        self._things: dict[str, T] = {}

    def add(self, name: str, thing: T) -> T:
        """Registers `thing`; the same object twice is fine (ready() may run again), another one is refused."""
        held = self._things.get(name)
        if held is not None and held is not thing and held != thing:
            raise ValueError(f"{self.what} {name!r} is registered already")
        self._things[name] = thing
        return thing

    def get(self, name: str) -> T:
        try:
            return self._things[name]
        except KeyError:
            known = ", ".join(sorted(self._things)) or "none"
            raise KeyError(f"no {self.what} {name!r}; known: {known}") from None

    def __contains__(self, name: object) -> bool:
        return name in self._things

    def __iter__(self) -> Iterator[T]:
        return iter(self._things.values())

    def __len__(self) -> int:
        return len(self._things)

    def names(self) -> list[str]:
        return list(self._things)


def load_plugins() -> list[str]:
    """Imports every installed ``siyu.plugins`` entry point and calls it; returns their names."""
    loaded = []
    for entry in entry_points(group="siyu.plugins"):
        entry.load()()
        loaded.append(entry.name)
    return loaded

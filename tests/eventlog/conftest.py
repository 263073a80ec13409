"""A kind of event and of job that only these tests use."""

from __future__ import annotations

import pytest

from siyu.eventlog import registries
from siyu.eventlog.contracts import EventType
from siyu.kernel.registry import Registry


@pytest.fixture
def thing_happened() -> str:
    """The name of a registered event."""
    name = "tests.thing_happened"
    registries.EVENTS.add(name, EventType(name, "A thing happened", {}))
    return name


@pytest.fixture
def own_jobs(monkeypatch: pytest.MonkeyPatch) -> Registry[registries.JobKind]:
    """An empty registry of job kinds for the length of a test."""
    kinds: Registry[registries.JobKind] = Registry("job kind")
    monkeypatch.setattr(registries, "JOBS", kinds)
    return kinds

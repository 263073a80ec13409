"""The provider of these tests: the sandbox's stand-in over HTTP, one per test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.messaging import StandIn, endpoint_settings, start_stand_in
from tests.support.sandbox import Receiver

from siyu.messaging.queries import provider_for


@pytest.fixture
def stand_in(tmp_path: Path, settings: Any) -> Iterator[StandIn]:
    """A stand-in that the SMS accounts of this test send to."""
    receiver = Receiver()
    sandbox = start_stand_in(tmp_path, receiver)
    settings.SIYU = settings.SIYU.model_copy(update=endpoint_settings(sandbox.port))
    provider_for.cache_clear()
    yield StandIn(sandbox, receiver, tmp_path)
    provider_for.cache_clear()
    sandbox.stop()
    receiver.stop()

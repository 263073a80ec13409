"""A sandbox of one's own per test: time held, nothing in the background, the brand's side as a real receiver."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.ports import free_port
from tests.support.sandbox import Caller, HeldClock, Receiver, configure

from siyu.sandbox.server import Sandbox


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.stop()


@pytest.fixture
def sandbox(tmp_path: Path, clock: HeldClock, receiver: Receiver) -> Iterator[Sandbox]:
    configure(tmp_path, sms_callback_url=receiver.url("/callback"))
    sandbox = Sandbox(tmp_path, clock=clock)
    sandbox.start(background=False)
    yield sandbox
    sandbox.stop()


@pytest.fixture
def caller(sandbox: Sandbox, clock: HeldClock) -> Caller:
    return Caller(sandbox, clock)


@pytest.fixture
def port() -> int:
    """Of a stand-in in a process of its own, which may be started again there."""
    return free_port()

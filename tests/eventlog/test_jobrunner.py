"""The process that waits for a job: made when it is quiet, replaced when it died, gone with whoever holds its input."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator

import pytest

from siyu.eventlog import jobrunner


@pytest.fixture
def spare(monkeypatch: pytest.MonkeyPatch) -> Iterator[jobrunner.Spare]:
    monkeypatch.setattr(jobrunner, "QUIET_SECONDS", 0.0)
    held = jobrunner.Spare()
    yield held
    held.dismiss()


def taken(spare: jobrunner.Spare) -> subprocess.Popen[bytes]:
    spare.keep()
    process = spare.take()
    assert process is not None
    return process


def test_none_is_made_before_it_is_quiet(spare: jobrunner.Spare, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobrunner, "QUIET_SECONDS", 3_600.0)
    assert (spare.keep(), spare.take()) == (0, None)


def test_it_ends_with_its_input(spare: jobrunner.Spare) -> None:
    process = taken(spare)
    assert spare.take() is None
    assert process.poll() is None
    jobrunner._end(process)
    assert process.returncode == 0


def test_a_dead_one_is_replaced_and_is_given_no_job(spare: jobrunner.Spare) -> None:
    spare.keep()
    first = spare._process
    assert first is not None
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    assert jobrunner._given(first, 1) is None
    spare.keep()
    assert spare._process is not first


def test_one_that_lives_is_kept(spare: jobrunner.Spare) -> None:
    spare.keep()
    first = spare._process
    spare.keep()
    assert spare._process is first

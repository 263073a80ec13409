"""The supervisor's files under SIYU_HOME/run: the lock that makes it the only one, and what it is running.

The state file changes only when a process starts or ends; memory, CPU and health are measured by whoever asks.
"""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psutil

from siyu.kernel.errors import SiyuError

# Two readings of a process's start differ by rounding only; a recycled process id by much more.
SAME_START_SECONDS = 1.0


class AlreadyRunning(SiyuError):
    code = "already_running"
    status = 409
    message = "Siyu runs already on %(home)s (pid %(pid)s). Stop it with: siyu down"


@dataclass(frozen=True)
class ProcessEntry:
    """One child as the state file holds it. `created` tells a living process from a recycled process id."""

    name: str
    pid: int
    created: float
    started_at: float
    restarts: int
    port: int | None


@dataclass(frozen=True)
class SupervisorState:
    pid: int
    created: float
    started_at: float
    phase: str
    task: str
    processes: list[ProcessEntry] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)


def run_folder(home: Path) -> Path:
    return home / "run"


def state_path(home: Path) -> Path:
    return run_folder(home) / "supervisor.json"


class SupervisorLock:
    """Held for the supervisor's life; the kernel lets go of it however the supervisor ends."""

    def __init__(self, home: Path) -> None:
        self._path = run_folder(home) / "supervisor.lock"
        self._home = home
        self._handle: int | None = None

    def take(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(handle)
            state = read(self._home)
            raise AlreadyRunning(home=self._home, pid=state.pid if state else "?") from error
        self._handle = handle

    def release(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def is_held(home: Path) -> bool:
    """Whether a supervisor runs on this home now."""
    try:
        handle = os.open(run_folder(home) / "supervisor.lock", os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False


def write(home: Path, state: SupervisorState) -> None:
    path = state_path(home)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(asdict(state)))
    os.replace(fresh, path)


def read(home: Path) -> SupervisorState | None:
    """What the last supervisor wrote, or None. It may be dead: ask `is_held`."""
    try:
        document: dict[str, Any] = json.loads(state_path(home).read_text())
        processes = [ProcessEntry(**entry) for entry in document.pop("processes")]
        return SupervisorState(**document, processes=processes)
    except (OSError, ValueError, TypeError, KeyError):
        return None


def living(pid: int, created: float) -> psutil.Process | None:
    """The process with this id, if it is still the same one and not a zombie."""
    try:
        process = psutil.Process(pid)
        same = abs(process.create_time() - created) < SAME_START_SECONDS
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.Error:
        return None


def end_leftovers(home: Path, *, grace_seconds: float) -> list[str]:
    """Ends children that outlived a killed supervisor; returns their names. Only when holding the lock."""
    state = read(home)
    if state is None:
        return []
    left = {entry.name: process for entry in state.processes if (process := living(entry.pid, entry.created))}
    for process in left.values():
        _quietly(process.terminate)
    _, stubborn = psutil.wait_procs(list(left.values()), timeout=grace_seconds)
    for process in stubborn:
        _quietly(process.kill)
    psutil.wait_procs(stubborn, timeout=5)
    return list(left)


def _quietly(act: Any) -> None:
    """Runs `act`; a process that has ended meanwhile is what was wanted."""
    try:
        act()
    except psutil.NoSuchProcess:
        return

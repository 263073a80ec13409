"""One child process: start it with its output in a pipe, watch it, end it."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

from siyu.cli.supervisor import lifeline
from siyu.cli.supervisor.logs import CHUNK_BYTES, RotatingLog
from siyu.cli.supervisor.processes import ProcessSpec
from siyu.cli.supervisor.state import ProcessEntry

# Pause before a restart: doubles from the first to the last, and starts anew after a calm minute.
FIRST_PAUSE_SECONDS = 0.5
LAST_PAUSE_SECONDS = 30.0
CALM_SECONDS = 60.0


# Threads of a server would each keep an arena of freed memory; jemalloc (Polars) gives pages back when idle.
MEMORY_SETTINGS = {
    "MALLOC_ARENA_MAX": "2",
    "MALLOC_TRIM_THRESHOLD_": "1048576",
    "_RJEM_MALLOC_CONF": "background_thread:true,dirty_decay_ms:1000,muzzy_decay_ms:0",
}


class RunningCommand:
    """A command with its output going to a log. Started from the main thread only: the kernel's
    notice of a parent's death is tied to the thread that started the child."""

    def __init__(self, command: Sequence[str], log: RotatingLog, environment: Mapping[str, str]) -> None:
        self.log = log
        self.command = tuple(command)
        self.started_at = time.time()
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**MEMORY_SETTINGS, **environment, lifeline.VARIABLE: str(os.getpid()), "PYTHONUNBUFFERED": "1"},
            # Ctrl+C goes to the supervisor alone, which then stops the children in order.
            process_group=0,
        )
        assert self.process.stdout is not None
        self.pipe = self.process.stdout
        os.set_blocking(self.pipe.fileno(), False)
        self.created = psutil.Process(self.process.pid).create_time()

    def drain(self) -> int:
        """Moves what the child has written into its log; bytes moved, 0 for none now, -1 when the pipe is closed."""
        try:
            data = os.read(self.pipe.fileno(), CHUNK_BYTES)
        except BlockingIOError:
            return 0
        if data:
            self.log.write(data)
        return len(data) or -1

    def send(self, number: signal.Signals) -> None:
        if self.process.poll() is None:
            self.process.send_signal(number)


class Child:
    """A process that is meant to run always: its spec, its present run, and its history."""

    def __init__(self, spec: ProcessSpec, log_folder: Path) -> None:
        self.spec = spec
        self.log = RotatingLog(log_folder / f"{spec.name}.log")
        self.run: RunningCommand | None = None
        self.restarts = 0
        self.failures_in_a_row = 0
        self.restart_at = 0.0
        self.last_exit: int | None = None
        self.kill_at: float | None = None

    def start(self, environment: Mapping[str, str]) -> None:
        self.run = RunningCommand(self.spec.command, self.log, environment)
        self.kill_at = None

    @property
    def pid(self) -> int | None:
        return self.run.process.pid if self.run else None

    def reap(self) -> bool:
        """True once when the child has just ended; sets when it may start again."""
        if self.run is None or self.run.process.poll() is None:
            return False
        while self.run.drain() > 0:
            continue
        self.run.pipe.close()
        self.last_exit = self.run.process.returncode
        calm = time.time() - self.run.started_at > CALM_SECONDS
        self.failures_in_a_row = 1 if calm else self.failures_in_a_row + 1
        pause = min(FIRST_PAUSE_SECONDS * 2 ** (self.failures_in_a_row - 1), LAST_PAUSE_SECONDS)
        self.restart_at = time.monotonic() + pause
        self.run = None
        return True

    def end(self) -> None:
        """Asks the child to stop; `insist` kills it when its grace is over."""
        if self.run is not None and self.kill_at is None:
            self.kill_at = time.monotonic() + self.spec.grace_seconds
            self.run.send(signal.SIGTERM)

    def insist(self) -> None:
        if self.run is not None and self.kill_at is not None and time.monotonic() >= self.kill_at:
            self.run.send(signal.SIGKILL)

    def kill(self) -> None:
        if self.run is not None:
            self.run.send(signal.SIGKILL)

    def entry(self) -> ProcessEntry | None:
        if self.run is None:
            return None
        return ProcessEntry(
            name=self.spec.name,
            pid=self.run.process.pid,
            created=self.run.created,
            started_at=self.run.started_at,
            restarts=self.restarts,
            port=self.spec.port,
        )

"""The supervisor's loop: one thread, one step at a time, woken by output, signals and ending children."""

from __future__ import annotations

import os
import selectors
import signal
import socket
import time
from collections.abc import Callable, Sequence
from enum import StrEnum
from types import FrameType
from typing import Any

import psutil

from siyu.cli.supervisor import state as states
from siyu.cli.supervisor.child import Child, RunningCommand
from siyu.cli.supervisor.health import HealthWatch
from siyu.cli.supervisor.logs import RotatingLog, tail
from siyu.cli.supervisor.ports import check_ports
from siyu.cli.supervisor.processes import ProcessSpec
from siyu.kernel.errors import SiyuError
from siyu.kernel.settings import Settings

# The loop looks around at least this often, though signals and output wake it at once.
TICK_SECONDS = 0.1
IDLE_TICK_SECONDS = 1.0
# Children that outlived a killed supervisor got its signal already; they finish their last step.
LEFTOVER_GRACE_SECONDS = 20.0
# A process that ends this often before it was healthy once will not come up by trying again.
MAX_FAILED_STARTS = 3
# A first start has to read its stores; longer than this is a hang.
START_SECONDS = 90.0
# Checks that may fail in a row, 5 s apart, before a hanging process is restarted.
MAX_FAILED_CHECKS = 12


class Phase(StrEnum):
    PREPARING = "preparing"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"


class StartFailed(SiyuError):
    code = "start_failed"
    status = 500
    message = "%(process)s did not start. Its last lines (%(log)s):\n%(lines)s"


class Supervisor:
    """Runs the processes of one SIYU_HOME.

    `preparing` are command lines that must succeed before the rest starts (the warehouse runs beside them);
    `afterwards` run once all processes are healthy, and their failure is told but stops nothing. `on_change` is
    called after each turn of the loop, `on_running` once, when processes and `afterwards` are through.
    """

    def __init__(
        self,
        settings: Settings,
        specs: Sequence[ProcessSpec],
        *,
        preparing: Sequence[Sequence[str]] = (),
        afterwards: Sequence[Sequence[str]] = (),
        on_change: Callable[[Supervisor], None] | None = None,
        on_running: Callable[[], None] | None = None,
    ) -> None:
        self.settings = settings
        self.log_folder = settings.home / "logs"
        self.phase = Phase.PREPARING
        self.failure: SiyuError | None = None
        self.failed_tasks: list[str] = []
        self.started_at = time.time()
        self._specs = list(specs)
        self._preparing = list(preparing)
        self._afterwards = list(afterwards)
        self._announced = False
        self._on_change = on_change
        self._on_running = on_running
        self._lock = states.SupervisorLock(settings.home)
        self.health = HealthWatch(settings.home)
        self._selector = selectors.DefaultSelector()
        self._task: RunningCommand | None = None
        self._asked_to_stop = 0
        self._deadline = 0.0
        self.children: dict[str, Child] = {}
        self._environment = {**os.environ, "SIYU_HOME": str(settings.home)}

    def run(self) -> None:
        """Starts everything, supervises until a signal, stops everything. Raises StartFailed, PortTaken, ..."""
        self._lock.take()
        try:
            states.end_leftovers(self.settings.home, grace_seconds=LEFTOVER_GRACE_SECONDS)
            check_ports(self._specs, self.settings.host)
            self.children = {spec.name: Child(spec, self.log_folder) for spec in self._specs}
            with _Signals(self._selector, self._on_signal):
                self.health.start()
                self._loop()
        finally:
            self.health.stop()
            self._lock.release()
        if self.failure is not None:
            raise self.failure

    # ---- the loop ----------------------------------------------------------------------------------------------

    def _loop(self) -> None:
        self._deadline = time.monotonic() + START_SECONDS
        if "warehouse" in self.children:
            self._start("warehouse")
        while not self._is_over():
            self._wait()
            self._reap()
            self._step()
            if self._on_change:
                self._on_change(self)

    def _is_over(self) -> bool:
        nobody = all(child.run is None for child in self.children.values()) and self._task is None
        return self.phase is Phase.STOPPING and nobody

    def _wait(self) -> None:
        calm = self.phase is Phase.RUNNING and all(child.run for child in self.children.values())
        for key, _ in self._selector.select(IDLE_TICK_SECONDS if calm else TICK_SECONDS):
            key.data()

    def _step(self) -> None:
        if self._asked_to_stop and self.phase is not Phase.STOPPING:
            self._stop()
        match self.phase:
            case Phase.PREPARING:
                self._prepare()
            case Phase.STARTING:
                self._watch_start()
            case Phase.RUNNING:
                self._keep_running()
            case Phase.STOPPING:
                self._continue_stop()

    def _prepare(self) -> None:
        if self._task is not None:
            return
        if self._preparing:
            self._start_task(self._preparing.pop(0))
            return
        self.phase = Phase.STARTING
        self._deadline = time.monotonic() + START_SECONDS
        for name, child in self.children.items():
            if child.run is None:
                self._start(name)

    def _watch_start(self) -> None:
        if all(self.is_healthy(name) for name in self.children):
            self.phase = Phase.RUNNING
            self._changed()
            return
        if time.monotonic() > self._deadline:
            slow = next(name for name in self.children if not self.is_healthy(name))
            self._fail(slow, self.children[slow].log)
        self._restart_due()

    def _keep_running(self) -> None:
        for name, child in self.children.items():
            if child.pid and self.health.failures(name, child.pid) >= MAX_FAILED_CHECKS:
                child.end()
            child.insist()
        self._restart_due()
        self._follow_up()

    def _follow_up(self) -> None:
        """Runs what comes after the start, one by one, then announces that all is done."""
        if self._task is not None or self._announced:
            return
        if self._afterwards:
            self._start_task(self._afterwards.pop(0))
            return
        self._announced = True
        self._changed()
        if self._on_running:
            self._on_running()

    def _restart_due(self) -> None:
        for name, child in self.children.items():
            if child.run is None and time.monotonic() >= child.restart_at:
                child.restarts += 1
                self._start(name)

    # ---- stopping ----------------------------------------------------------------------------------------------

    def _on_signal(self) -> None:
        self._asked_to_stop += 1
        if self._asked_to_stop > 1:
            # Asked twice by somebody who does not want to wait: the stores survive a kill.
            for child in self.children.values():
                child.kill()

    def _stop(self) -> None:
        self.phase = Phase.STOPPING
        if self._task is not None:
            self._task.send(signal.SIGTERM)
        self._changed()

    def _continue_stop(self) -> None:
        """Ends the lowest rank that still runs: those who take work in first, the warehouse last."""
        running = [child for child in self.children.values() if child.run is not None]
        if self._task is not None or not running:
            return
        rank = min(child.spec.stop_rank for child in running)
        for child in running:
            if child.spec.stop_rank == rank:
                child.end()
            child.insist()

    def _fail(self, name: str, log: RotatingLog) -> None:
        """Remembers why the start failed, and stops what runs."""
        path = log.path
        if self.failure is None:
            self.failure = StartFailed(process=name, log=path, lines=tail(path))
        if self.phase is not Phase.STOPPING:
            self._stop()

    # ---- children ----------------------------------------------------------------------------------------------

    def is_healthy(self, name: str) -> bool:
        pid = self.children[name].pid
        return pid is not None and self.health.healthy(name, pid)

    def _start(self, name: str) -> None:
        child = self.children[name]
        child.start(self._environment)
        assert child.run is not None
        self._register(child.run)
        self._changed()

    def _start_task(self, command: Sequence[str]) -> None:
        self._task = RunningCommand(command, RotatingLog(self.log_folder / "setup.log"), self._environment)
        self._register(self._task)
        self._changed()

    @property
    def task(self) -> str:
        """What is being done besides the processes: ``siyu migrate`` and the like, empty for nothing."""
        return "siyu " + " ".join(self._task.command[3:]) if self._task else ""

    def _register(self, run: RunningCommand) -> None:
        def moved() -> None:
            if run.drain() < 0:
                self._selector.unregister(run.pipe)

        self._selector.register(run.pipe, selectors.EVENT_READ, moved)

    def _unregister(self, run: RunningCommand) -> None:
        if run.pipe.fileno() in self._selector.get_map():
            self._selector.unregister(run.pipe)

    def _reap(self) -> None:
        for name, child in self.children.items():
            if child.run is None or child.run.process.poll() is None:
                continue
            self._unregister(child.run)
            was_healthy = self.health.ever_healthy(name, child.run.process.pid)
            child.reap()
            self._changed()
            hopeless = not was_healthy and child.failures_in_a_row >= MAX_FAILED_STARTS
            if hopeless and self.phase in (Phase.PREPARING, Phase.STARTING):
                self._fail(name, child.log)
        self._restart_warehouse_while_preparing()
        self._reap_task()

    def _restart_warehouse_while_preparing(self) -> None:
        if self.phase is Phase.PREPARING and "warehouse" in self.children:
            child = self.children["warehouse"]
            if child.run is None and time.monotonic() >= child.restart_at and not self._asked_to_stop:
                child.restarts += 1
                self._start("warehouse")

    def _reap_task(self) -> None:
        task = self._task
        if task is None or task.process.poll() is None:
            return
        self._unregister(task)
        while task.drain() > 0:
            continue
        task.pipe.close()
        name, self._task = self.task, None
        if task.process.returncode != 0 and not self._asked_to_stop:
            self.failed_tasks.append(name)
            if self.phase is Phase.PREPARING:
                self._fail(name, task.log)
        task.log.close()

    def _changed(self) -> None:
        entries = [entry for child in self.children.values() if (entry := child.entry())]
        states.write(
            self.settings.home,
            states.SupervisorState(
                pid=os.getpid(),
                created=psutil.Process().create_time(),
                started_at=self.started_at,
                phase=self.phase if self._announced or self.phase is not Phase.RUNNING else Phase.STARTING,
                task=self.task,
                processes=entries,
                waiting=[name for name, child in self.children.items() if child.run is None],
            ),
        )
        self.health.watch(
            {
                name: (child.spec, child.run.process.pid, child.run.started_at)
                for name, child in self.children.items()
                if child.run
            }
        )


class _Signals:
    """Turns SIGTERM, SIGINT, SIGHUP into calls from the loop; an ending child (SIGCHLD) only wakes it."""

    HANDLED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

    def __init__(self, selector: selectors.BaseSelector, on_signal: Callable[[], None]) -> None:
        self._selector = selector
        self._on_signal = on_signal
        self._former: dict[signal.Signals, Any] = {}

    def __enter__(self) -> None:
        self._reader, self._writer = socket.socketpair()
        for end in (self._reader, self._writer):
            end.setblocking(False)
        self._former_fd = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        for number in (*self.HANDLED, signal.SIGCHLD):
            self._former[number] = signal.signal(number, _ignore)
        self._selector.register(self._reader, selectors.EVENT_READ, self._read)

    def __exit__(self, *_: object) -> None:
        signal.set_wakeup_fd(self._former_fd)
        for number, former in self._former.items():
            signal.signal(number, former)
        self._selector.unregister(self._reader)
        self._reader.close()
        self._writer.close()

    def _read(self) -> None:
        for number in self._reader.recv(64):
            if number in self.HANDLED:
                self._on_signal()


def _ignore(number: int, frame: FrameType | None) -> None:
    """A Python handler has to exist for the wake-up to happen; the work is done in the loop."""

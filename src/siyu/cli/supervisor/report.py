"""What runs, measured now: for `siyu status`, the status screen and programs."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import Any

import psutil

from siyu.cli.command import table
from siyu.cli.language import gettext as _
from siyu.cli.supervisor import state as states
from siyu.cli.supervisor.health import is_healthy
from siyu.cli.supervisor.processes import ProcessSpec, plan
from siyu.kernel.settings import Settings

# CPU shares are measured over this long when somebody asks once.
CPU_SAMPLE_SECONDS = 0.2
MIB = 1024 * 1024


@dataclass(frozen=True)
class ProcessReport:
    name: str
    state: str
    health: bool
    pid: int | None
    port: int | None
    uptime_seconds: float
    restarts: int
    memory_bytes: int
    cpu_percent: float


@dataclass(frozen=True)
class Report:
    running: bool
    phase: str
    task: str
    pid: int | None
    address: str
    processes: list[ProcessReport]

    @property
    def memory_bytes(self) -> int:
        return sum(process.memory_bytes for process in self.processes)

    @property
    def all_healthy(self) -> bool:
        return self.running and bool(self.processes) and all(process.health for process in self.processes)

    def document(self) -> dict[str, Any]:
        return {**asdict(self), "memory_bytes": self.memory_bytes, "healthy": self.all_healthy}

    def text(self) -> str:
        if not self.running:
            return _("Siyu is not running here. Start it with: siyu up")
        header = (_("process"), _("state"), "pid", _("port"), _("memory"), _("CPU"), _("up for"), _("restarts"))
        rows = [_row(process) for process in self.processes]
        rows.append((_("all"), _(self.phase), str(self.pid or ""), "", f"{self.memory_bytes / MIB:.0f} MB", "", "", ""))
        lines = [table(rows, header=header), *([_("now: %s") % self.task] if self.task else []), self.address]
        return "\n".join(lines)


def console_address(settings: Settings) -> str:
    return f"http://{settings.host}:{settings.web_port}/"


def collect(settings: Settings) -> Report:
    """The state of this home's processes. Takes a fifth of a second, for the CPU shares."""
    state = states.read(settings.home)
    if state is None or not states.is_held(settings.home):
        return Report(False, "stopped", "", None, console_address(settings), [])
    entries = {entry.name: entry for entry in state.processes}
    living = {name: process for name, entry in entries.items() if (process := states.living(entry.pid, entry.created))}
    supervisor = states.living(state.pid, state.created)
    if supervisor:
        living["supervisor"] = supervisor
    cpu = _cpu_percent(living)
    reports = [_of(spec, entries.get(spec.name), living, cpu, settings) for spec in plan(settings)]
    if supervisor:
        reports.append(_of_supervisor(state, supervisor, cpu))
    return Report(True, state.phase, state.task, state.pid, console_address(settings), reports)


def _of(
    spec: ProcessSpec,
    entry: states.ProcessEntry | None,
    living: dict[str, psutil.Process],
    cpu: dict[str, float],
    settings: Settings,
) -> ProcessReport:
    process = living.get(spec.name)
    if entry is None or process is None:
        return ProcessReport(spec.name, "waiting", False, None, spec.port, 0.0, entry.restarts if entry else 0, 0, 0.0)
    healthy = is_healthy(spec, settings.home, started_at=entry.started_at)
    return ProcessReport(
        name=spec.name,
        state="healthy" if healthy else "starting",
        health=healthy,
        pid=entry.pid,
        port=spec.port,
        uptime_seconds=round(time.time() - entry.started_at, 1),
        restarts=entry.restarts,
        memory_bytes=memory_bytes(process),
        cpu_percent=cpu.get(spec.name, 0.0),
    )


def _of_supervisor(state: states.SupervisorState, process: psutil.Process, cpu: dict[str, float]) -> ProcessReport:
    uptime = round(time.time() - state.started_at, 1)
    share = cpu.get("supervisor", 0.0)
    return ProcessReport("supervisor", "healthy", True, state.pid, None, uptime, 0, memory_bytes(process), share)


def memory_bytes(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def _cpu_percent(processes: dict[str, psutil.Process]) -> dict[str, float]:
    """Share of one core per process over a short while."""
    before = {name: _cpu_seconds(process) for name, process in processes.items()}
    started = time.monotonic()
    time.sleep(CPU_SAMPLE_SECONDS)
    spent = time.monotonic() - started
    return {name: round(100 * (_cpu_seconds(process) - before[name]) / spent, 1) for name, process in processes.items()}


def _cpu_seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system)


def _row(process: ProcessReport) -> tuple[str, ...]:
    return (
        process.name,
        _(process.state),
        str(process.pid or "–"),
        str(process.port or ""),
        f"{process.memory_bytes / MIB:.0f} MB",
        f"{process.cpu_percent:.0f} %",
        duration(process.uptime_seconds),
        str(process.restarts),
    )


def duration(seconds: float) -> str:
    """``45s``, ``3m 20s``, ``5h 12m``, ``3d 4h``."""
    whole = int(seconds)
    for unit, name, smaller, smaller_name in ((86400, "d", 3600, "h"), (3600, "h", 60, "m"), (60, "m", 1, "s")):
        if whole >= unit:
            return f"{whole // unit}{name} {whole % unit // smaller}{smaller_name}"
    return f"{whole}s"

"""Which processes an installation has, where each starts in the code, and how its health shows."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from siyu.kernel.settings import Settings

# Each is a function of the settings that serves until SIGTERM. Named, not imported: a process loads only its own code.
ENTRIES = {
    "warehouse": "siyu.warehouse.front.server:serve",
    "collector": "siyu.collector.server:serve",
    "web": "siyu.cli.serving:serve_web",
    "worker": "siyu.eventlog.worker:run",
    "sandbox": "siyu.sandbox.server:serve",
}
NEEDS_RECORDS = frozenset({"web", "worker"})


@dataclass(frozen=True)
class ProcessSpec:
    """One process to run. `host` and `port` are where its health is asked for; without a port, its heartbeat counts.

    `stop_rank` orders the stop, lower first. `grace_seconds` lie between SIGTERM and SIGKILL.
    """

    name: str
    host: str
    port: int | None
    port_setting: str
    health_path: str
    stop_rank: int
    grace_seconds: float
    command: tuple[str, ...]


def program(*arguments: str) -> tuple[str, ...]:
    """The command line of this program with the Python and the code that run now."""
    return (sys.executable, "-m", "siyu.cli", *arguments)


def plan(settings: Settings) -> list[ProcessSpec]:
    """The processes that these settings ask for, in starting order."""
    host = reachable_host(settings.host)
    found = []
    if settings.embedded_warehouse:
        # It closes its files last and may be amid a large merge.
        found.append(_serving("warehouse", "127.0.0.1", settings.warehouse_port, "/ping", rank=2, grace_seconds=30.0))
    found += [
        _serving("collector", host, settings.collector_port, "/healthz", rank=0, grace_seconds=15.0),
        _serving("web", host, settings.web_port, "/healthz", rank=0, grace_seconds=15.0),
        ProcessSpec("worker", host, None, "", "", 1, 30.0, program("worker")),
    ]
    if settings.sandbox:
        found.append(_serving("sandbox", "127.0.0.1", settings.sandbox_port, "/healthz", rank=1, grace_seconds=10.0))
    return found


def _serving(name: str, host: str, port: int, path: str, *, rank: int, grace_seconds: float) -> ProcessSpec:
    setting = f"SIYU_{name.upper()}_PORT"
    return ProcessSpec(name, host, port, setting, path, rank, grace_seconds, program(name))


def reachable_host(host: str) -> str:
    """Where this machine reaches a server that listens on `host`."""
    return "127.0.0.1" if host in ("0.0.0.0", "::", "") else host  # noqa: S104 (compared, not bound)

"""Health of processes: an HTTP answer, or a fresh heartbeat where there is no port."""

from __future__ import annotations

import http.client
import threading
import time
from pathlib import Path

from siyu.cli.supervisor.lifeline import HEARTBEAT_SECONDS, heartbeat_path
from siyu.cli.supervisor.processes import ProcessSpec

# A process under load answers late; one that takes longer than this counts as one failed check.
TIMEOUT_SECONDS = 3.0
# Between rounds of checks, while something is starting and afterwards.
BUSY_INTERVAL_SECONDS = 0.15
CALM_INTERVAL_SECONDS = 5.0
# A heartbeat older than three beats has stopped.
HEARTBEAT_MAX_AGE_SECONDS = 3 * HEARTBEAT_SECONDS


def is_healthy(spec: ProcessSpec, home: Path, *, started_at: float) -> bool:
    """Whether the process answers now. `started_at` (Unix seconds) hides the heartbeat of an earlier one."""
    if spec.port is None:
        return _beats(heartbeat_path(home, spec.name), started_at)
    return _answers(spec.host, spec.port, spec.health_path)


def _answers(host: str, port: int, path: str) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", path, headers={"User-Agent": "siyu-health"})
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _beats(path: Path, started_at: float) -> bool:
    try:
        beat_at = path.stat().st_mtime
    except OSError:
        return False
    # File times are coarser than the clock by up to a tick of the kernel.
    return beat_at >= started_at - 0.05 and time.time() - beat_at < HEARTBEAT_MAX_AGE_SECONDS


class HealthWatch:
    """Checks all running children from one thread, so that a hanging one never stops the supervisor's loop."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._lock = threading.Lock()
        self._targets: dict[str, tuple[ProcessSpec, int, float]] = {}
        self._failures: dict[tuple[str, int], int] = {}
        self._healthy: set[tuple[str, int]] = set()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="health", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()

    def watch(self, targets: dict[str, tuple[ProcessSpec, int, float]]) -> None:
        """The processes to check: name → (spec, pid, started at)."""
        with self._lock:
            self._targets = dict(targets)

    def healthy(self, name: str, pid: int) -> bool:
        with self._lock:
            return (name, pid) in self._healthy and not self._failures.get((name, pid))

    def ever_healthy(self, name: str, pid: int) -> bool:
        with self._lock:
            return (name, pid) in self._healthy

    def failures(self, name: str, pid: int) -> int:
        """Failed checks in a row."""
        with self._lock:
            return self._failures.get((name, pid), 0)

    def _loop(self) -> None:
        while not self._stopped.is_set():
            with self._lock:
                targets = dict(self._targets)
            calm = bool(targets)
            for name, (spec, pid, started_at) in targets.items():
                good = is_healthy(spec, self._home, started_at=started_at)
                calm = calm and good
                self._note((name, pid), good)
            self._stopped.wait(CALM_INTERVAL_SECONDS if calm else BUSY_INTERVAL_SECONDS)

    def _note(self, key: tuple[str, int], good: bool) -> None:
        with self._lock:
            if good:
                self._healthy.add(key)
                self._failures.pop(key, None)
            else:
                self._failures[key] = self._failures.get(key, 0) + 1

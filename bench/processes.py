"""What processes cost: peaks while work is done, and what they take when nothing is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from types import TracebackType

import psutil

MIB = 2**20
SAMPLE_SECONDS = 0.1


class Peaks:
    """Watches resident memory while its block runs; `found` has each process's highest, in MiB."""

    def __init__(self, living: Callable[[], Mapping[str, psutil.Process]]) -> None:
        self.found: dict[str, float] = {}
        self._living = living
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Peaks:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(SAMPLE_SECONDS):
            for name, process in self._living().items():
                try:
                    self.found[name] = max(self.found.get(name, 0.0), process.memory_info().rss / MIB)
                except psutil.NoSuchProcess:
                    continue


def memory_mib(processes: Mapping[str, psutil.Process]) -> dict[str, tuple[float, float]]:
    """Resident and proportional memory of each: the latter shares what several processes map."""
    found = {}
    for name, process in processes.items():
        full = process.memory_full_info()
        found[name] = (full.rss / MIB, getattr(full, "pss", full.rss) / MIB)
    return found


def cpu_percent(processes: Mapping[str, psutil.Process], seconds: float) -> dict[str, float]:
    """Percent of one core that each takes over a while."""
    before, started = {name: _cpu_seconds(p) for name, p in processes.items()}, time.perf_counter()
    time.sleep(seconds)
    spent = time.perf_counter() - started
    return {name: 100 * (_cpu_seconds(p) - before[name]) / spent for name, p in processes.items()}


def _cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system

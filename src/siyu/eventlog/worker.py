"""The worker process: subscribers, pumps, jobs and schedules in threads, until it is told to stop."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Sequence

from django.db import connection

from siyu.eventlog import jobrunner, jobs, records, registries, runner, schedules, statistics, wakeup
from siyu.eventlog.contracts import Subscriber
from siyu.kernel.errors import SiyuError
from siyu.kernel.settings import Settings

log = logging.getLogger(__name__)
# Nothing wakes a time: schedules and leases of dead workers are looked at this often.
IDLE_SECONDS = 5.0
# While others write all the time, as an import does, each of their commits would wake every thread: a look this often
# is enough. The first commit after a pause wakes at once.
LOOK_SECONDS = 0.2
# A handful of events was passed on: the next few may gather, because each pass is a transaction that others wait for.
SMALL_PASS_EVENTS = 1_000
GATHER_SECONDS = 0.25
# Back-off after an error grows from the first to the second.
FIRST_PAUSE_SECONDS = 0.2
LAST_PAUSE_SECONDS = 15.0
# On SIGTERM a thread gets this long to end its step; then its lease runs out like a killed one's.
STOP_SECONDS = 20.0
# Jobs that a child of this process runs or is about to claim: the other threads leave them alone.
_apart: set[int] = set()
_starting = threading.Lock()


class Worker:
    """The threads of one worker process. `start`, then `stop` and `join`."""

    def __init__(self, *, job_threads: int) -> None:
        self.waker = wakeup.Waker()
        self._threads: list[threading.Thread] = []
        inside = [subscriber for subscriber in registries.SUBSCRIBERS if not subscriber.own_transaction]
        self._add("subscribers", lambda: self._pass_on(inside), IDLE_SECONDS)
        for subscriber in registries.SUBSCRIBERS:
            if subscriber.own_transaction:
                self._add(subscriber.name, _running(subscriber), IDLE_SECONDS)
        for pump in registries.PUMPS:
            self._add(pump.name, pump.run_once, pump.idle_seconds)
        for number in range(job_threads):
            self._add(f"jobs-{number + 1}", _run_next_job, IDLE_SECONDS)
        self._add("schedules", schedules.start_due, IDLE_SECONDS)
        if records.is_postgres():
            self._add("statistics", _renew_statistics, statistics.LOOK_SECONDS)
        if any(kind.own_process for kind in registries.JOBS):
            self._add("spare", jobrunner.spare.keep, IDLE_SECONDS)

    def _add(self, name: str, work: Callable[[], int], idle_seconds: float) -> None:
        thread = threading.Thread(target=self._loop, args=(name, work, idle_seconds), name=name, daemon=True)
        self._threads.append(thread)

    def start(self) -> None:
        self.waker.start()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        jobs.stopping.set()
        self.waker.stop()

    def join(self) -> None:
        for thread in self._threads:
            thread.join(STOP_SECONDS)
        jobrunner.spare.dismiss()

    def _pass_on(self, subscribers: Sequence[Subscriber]) -> int:
        """A batch for each subscriber that runs in the cursor's transaction."""
        passed = sum(runner.run_once(subscriber) for subscriber in subscribers)
        if 0 < passed < SMALL_PASS_EVENTS:
            jobs.stopping.wait(GATHER_SECONDS)
        return passed

    def _loop(self, name: str, work: Callable[[], int], idle_seconds: float) -> None:
        pause_seconds = FIRST_PAUSE_SECONDS
        while not self.waker.stopped:
            seen, looked_at = self.waker.generation, time.monotonic()
            try:
                busy = work()
                pause_seconds = FIRST_PAUSE_SECONDS
            except Exception as error:
                known = isinstance(error, (*runner.PASSING_ERRORS, SiyuError))
                log.warning("%s: %r; next try in %.1f s", name, error, pause_seconds, exc_info=not known)
                connection.close()
                self.waker.wait(self.waker.generation, pause_seconds)
                pause_seconds = min(pause_seconds * 2, LAST_PAUSE_SECONDS)
                continue
            if not busy:
                self.waker.wait(seen, idle_seconds)
                jobs.stopping.wait(max(0.0, looked_at + LOOK_SECONDS - time.monotonic()))
        connection.close()


def _run_next_job() -> int:
    """Runs the job that has waited longest, in a child process if its kind asks for one."""
    with _starting:
        found = jobs.next_waiting(besides=_apart)
        apart = found is not None and found[1] in registries.JOBS and registries.JOBS.get(found[1]).own_process
        if found and apart:
            _apart.add(found[0])
    if found is None:
        return 0
    if not apart:
        return int(jobs.run_job(job_id=found[0]))
    try:
        jobrunner.run_apart(found[0])
    finally:
        _apart.discard(found[0])
    return 1


def _renew_statistics() -> int:
    """No commit calls for it sooner, as it would for other work."""
    jobs.stopping.wait(statistics.LOOK_SECONDS)
    return statistics.renew()


def _running(subscriber: Subscriber) -> Callable[[], int]:
    return lambda: runner.run_once(subscriber)


def run(settings: Settings) -> None:
    """Runs a worker until SIGTERM or SIGINT. Django is set up by the caller."""
    worker = Worker(job_threads=settings.job_threads)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop())
    worker.start()
    log.info("worker %s is ready", os.getpid())
    while not worker.waker.stopped:
        signal.pause()
    worker.join()

"""One job in a process of its own: `python -m siyu.eventlog.jobrunner`, which gets the job's id on its standard input.

For work that needs much memory or holds the interpreter for long: when it ends, all of it is given back, and the
worker's other threads never wait for it. The job claims itself, so two starts of it do no harm.

Loading what such work needs takes a second, so a quiet worker keeps one *spare*: a process that has loaded and waits.
"""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress

# Seconds between looks at the stop flag while a child works.
LOOK_SECONDS = 0.2
# A new spare is made when nobody has needed one for this long: whoever waits for an import's figures goes first, and
# so does everything that starts with the worker.
QUIET_SECONDS = 10.0


class Spare:
    """The process that waits for the next job, if there is one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._needed_at = time.monotonic()

    def keep(self) -> int:
        """Sees to it that there is one, once it is quiet. A step of the worker, without a backlog."""
        with self._lock:
            if self._process is not None and self._process.poll() is not None:
                _end(self._process)
                self._process = None
            if self._process is None and time.monotonic() - self._needed_at >= QUIET_SECONDS:
                self._process = _start()
        return 0

    def take(self) -> subprocess.Popen[bytes] | None:
        """The process, which is the caller's from now on."""
        with self._lock:
            taken, self._process = self._process, None
        self.note_need()
        return taken

    def note_need(self) -> None:
        """It is not quiet: a job is running, or has just been given out."""
        self._needed_at = time.monotonic()

    def dismiss(self) -> None:
        """Ends it."""
        process = self.take()
        if process is not None:
            _end(process)


spare = Spare()


def run_apart(job_id: int) -> None:
    """Runs a job in a child process and waits for it; a stopping worker asks the child to give the job back.

    ChildProcessError if the child died: the job's lease runs out, and somebody takes it over.
    """
    from siyu.eventlog import jobs

    child = _given(spare.take(), job_id) or _given(_start(), job_id)
    if child is None:
        raise ChildProcessError(f"the process of job {job_id} did not start")
    asked = False
    while child.poll() is None:
        if jobs.stopping.is_set() and not asked:
            child.terminate()
            asked = True
        with suppress(subprocess.TimeoutExpired):
            child.wait(LOOK_SECONDS)
        spare.note_need()
    _end(child)
    if child.returncode and not asked:
        raise ChildProcessError(f"the process of job {job_id} ended with code {child.returncode}")


def _start() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "siyu.eventlog.jobrunner"], stdin=subprocess.PIPE, bufsize=0)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Without its input it goes; waits for that."""
    if process.stdin is not None:
        process.stdin.close()
    process.wait()


def _given(child: subprocess.Popen[bytes] | None, job_id: int) -> subprocess.Popen[bytes] | None:
    """The child with its job, or None if there is none or it has died. Its input stays open: it ends with us."""
    if child is None or child.stdin is None:
        return None
    try:
        child.stdin.write(b"%d\n" % job_id)
    except BrokenPipeError:
        _end(child)
        return None
    return child


def main() -> None:
    """The child: loads, waits for its job, runs it; gives it back on SIGTERM, ends when the worker is gone."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "siyu.config.settings")
    import django

    django.setup()
    from siyu.eventlog import jobs, registries

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: jobs.stopping.set())
    for kind in registries.JOBS:
        if kind.own_process:
            kind.prepare()
    # What is loaded stays: later collections need not walk it.
    gc.collect()
    gc.freeze()
    line = sys.stdin.readline()
    if line:
        threading.Thread(target=_end_with_worker, name="lifeline", daemon=True).start()
        jobs.run_job(job_id=int(line))


def _end_with_worker() -> None:
    """The input ends when the worker does, however it dies; the job's lease runs out, and somebody takes it over."""
    # Past the buffer, whose lock would be missed at a normal end.
    while os.read(sys.stdin.fileno(), 1):
        pass
    os._exit(1)


if __name__ == "__main__":
    main()

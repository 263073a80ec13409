"""Background work in steps: a thread that does what is due, sleeps until more is, and can be woken."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

_log = logging.getLogger(__name__)
# Seconds between two looks when nothing is known to be due. A look is one indexed query.
IDLE_SECONDS = 2.0


class Stepper:
    """Runs `step` again and again in a thread. `step` returns the seconds until it wants to run again, or
    None.
    """

    def __init__(self, name: str, step: Callable[[], float | None]) -> None:
        self._step = step
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Makes the next step come at once."""
        self._wake.set()

    def stop(self) -> None:
        """Lets a running step finish and ends the thread."""
        self._stop.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            try:
                pause = self._step()
            except Exception:
                # One damaged settings file or full disk must not end the stand-in; it is logged and tried
                # again.
                _log.exception("the step of %s failed", threading.current_thread().name)
                pause = None
            self._wake.wait(IDLE_SECONDS if pause is None else min(max(pause, 0.0), IDLE_SECONDS))

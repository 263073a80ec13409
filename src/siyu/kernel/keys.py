"""The key ring of this process, renewed when its file changes: a rotation reaches every process within a second."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from siyu.kernel import clock
from siyu.kernel.crypto import KeyProblem, KeyRing

# How long a process may not know of a change. `siyu encryption-key rotate` waits for longer than this before it writes.
RENEWAL_SECONDS = 1.0

Stamp = tuple[int, int, int]


class _Holder:
    """The ring with the stamp of the file that it was read from. One per process; threads share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ring: KeyRing | None = None
        self._stamp: Stamp | None = None
        self._path: Path | None = None
        self._looked_at = 0.0

    def get(self, path: Path) -> KeyRing:
        if self._ring is not None and path == self._path and time.monotonic() - self._looked_at < RENEWAL_SECONDS:
            return self._ring
        with self._lock:
            return self._renewed(path)

    def _renewed(self, path: Path) -> KeyRing:
        stamp = _stamp(path)
        if self._ring is None or stamp != self._stamp or path != self._path:
            if stamp is None and self._ring is not None and path == self._path:
                raise KeyProblem(f"the key ring {path} has gone")
            self._ring = KeyRing.load_or_create(path, clock.now())
            self._stamp, self._path = _stamp(path), path
        self._looked_at = time.monotonic()
        return self._ring

    def forget(self) -> None:
        with self._lock:
            self._ring = self._stamp = self._path = None


_holder = _Holder()


def ring(path: Path) -> KeyRing:
    """The keys of the installation whose ring lies at `path`, made on first use."""
    return _holder.get(path)


def renew() -> None:
    """Reads the file again at the next use: for whoever has just changed it."""
    _holder.forget()


def _stamp(path: Path) -> Stamp | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size

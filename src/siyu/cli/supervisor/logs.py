"""Log files of the processes: written by the supervisor from their output, rotated by size."""

from __future__ import annotations

import os
from pathlib import Path

# One file of a process; with the kept ones, a process holds at most 40 MB of the disk.
MAX_BYTES = 10 * 1024 * 1024
KEPT_FILES = 3
# Read from a child's pipe at a time.
CHUNK_BYTES = 64 * 1024


class RotatingLog:
    """An append-only file that becomes ``name.log.1`` and so on when it is full. A full disk loses only lines."""

    def __init__(self, path: Path, *, max_bytes: int = MAX_BYTES) -> None:
        self.path = path
        self._max_bytes = max_bytes
        path.parent.mkdir(parents=True, exist_ok=True)
        self._open()

    def _open(self) -> None:
        self._handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._size = os.fstat(self._handle).st_size

    def write(self, data: bytes) -> None:
        if self._size and self._size + len(data) > self._max_bytes:
            self._rotate()
        try:
            self._size += os.write(self._handle, data)
        except OSError:
            # The disk is full: the process must go on, and its own store will say so more loudly than a log can.
            return

    def _rotate(self) -> None:
        os.close(self._handle)
        for number in range(KEPT_FILES - 1, 0, -1):
            older = self.path.with_suffix(f".log.{number}")
            if older.exists():
                os.replace(older, self.path.with_suffix(f".log.{number + 1}"))
        os.replace(self.path, self.path.with_suffix(".log.1"))
        self._open()

    def close(self) -> None:
        os.close(self._handle)


def tail(path: Path, *, lines: int = 12, max_bytes: int = 16 * 1024) -> str:
    """The last lines of a log, for somebody who has to see at once why a process ended."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - max_bytes))
            text = file.read().decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])

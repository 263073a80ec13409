"""Ties a process to its supervisor: when that is killed, the process stops by itself instead of living on unseen."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from pathlib import Path

# Set by the supervisor for its children; holds its process id.
VARIABLE = "SIYU_SUPERVISOR_PID"
PR_SET_PDEATHSIG = 1
# Only where the kernel cannot tell us: how often a child looks whether its parent still lives.
POLL_SECONDS = 1.0
# How often the worker, which has no port, shows that it lives.
HEARTBEAT_SECONDS = 5.0


def follow_supervisor() -> None:
    """Called first thing in a supervised process; does nothing in one that somebody started by hand."""
    parent = os.environ.get(VARIABLE)
    if not parent:
        return
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    else:
        threading.Thread(target=_watch, args=(int(parent),), name="lifeline", daemon=True).start()
    # It may have died before the line above took hold.
    if os.getppid() != int(parent):
        sys.exit("the supervisor has gone")


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(POLL_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)


def heartbeat_path(home: Path, name: str) -> Path:
    return home / "run" / f"{name}.heartbeat"


def start_heartbeat(home: Path, name: str) -> None:
    """Touches the process's heartbeat file from a thread, for as long as the process can run Python at all."""
    path = heartbeat_path(home, name)
    path.parent.mkdir(parents=True, exist_ok=True)

    def beat() -> None:
        while True:
            path.touch()
            time.sleep(HEARTBEAT_SECONDS)

    threading.Thread(target=beat, name="heartbeat", daemon=True).start()

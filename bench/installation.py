"""A whole installation under watch: its processes by name, and commands whose memory counts too."""

from __future__ import annotations

import json
import threading
from typing import Any

import psutil
from tests.faults.harness import Site, wait_until

# The worker's child: it works at one job or waits for the next.
JOB_PROCESS = "process of a job"


def living(site: Site) -> dict[str, psutil.Process]:
    """The supervisor, its children by name, and the worker's own child."""
    state = json.loads((site.home / "run" / "supervisor.json").read_text())
    pids = {"supervisor": state["pid"], **{entry["name"]: entry["pid"] for entry in state["processes"]}}
    found = {name: psutil.Process(pid) for name, pid in pids.items()}
    children = found["worker"].children()
    return {**found, JOB_PROCESS: children[0]} if children else found


def watched(site: Site, command: dict[str, psutil.Process], *arguments: str) -> Any:
    """Runs a command and returns its document; while it runs, its process stands in `command`."""
    done: list[Any] = []
    thread = threading.Thread(target=lambda: done.append(site.siyu(*arguments)))
    thread.start()
    name = f"siyu {arguments[0]}"
    children = wait_until(lambda: _commands(arguments[0]), seconds=30, what=f"{name} runs")
    command[name] = children[0]
    thread.join()
    command.pop(name)
    if not done:
        raise RuntimeError(f"{name} failed")
    return done[0]


def _commands(word: str) -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if word in child.cmdline()]

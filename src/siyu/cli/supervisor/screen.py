"""The status screen of `siyu up`: one table that refreshes in place; plain lines where there is no terminal."""

from __future__ import annotations

import shutil
import sys
import time
from typing import TYPE_CHECKING

from siyu.cli.command import table
from siyu.cli.language import gettext as _
from siyu.cli.supervisor.report import MIB, duration, memory_bytes
from siyu.cli.supervisor.state import living

if TYPE_CHECKING:
    from siyu.cli.supervisor.supervisor import Supervisor

# Often enough to look alive, seldom enough to cost nothing.
REFRESH_SECONDS = 2.0


class Screen:
    """Handed to the supervisor as `on_change`. `footer` may be set later; it is shown once everything runs."""

    def __init__(self) -> None:
        self.footer = ""
        self.is_terminal = sys.stderr.isatty()
        self._drawn_lines = 0
        self._drawn_at = 0.0
        self._said = ""

    def show(self, supervisor: Supervisor) -> None:
        summary = self._summary(supervisor)
        if summary == self._said and not (self.is_terminal and time.monotonic() - self._drawn_at > REFRESH_SECONDS):
            return
        if self.is_terminal:
            self._draw(supervisor)
        elif summary != self._said:
            self._say(summary)
        self._said = summary
        self._drawn_at = time.monotonic()

    def _summary(self, supervisor: Supervisor) -> str:
        states = ", ".join(f"{name} {_(_state(supervisor, name))}" for name in supervisor.children)
        return f"{_(supervisor.phase.value)}: {states}" + (f"; {supervisor.task}" if supervisor.task else "")

    def _say(self, line: str) -> None:
        sys.stderr.write(f"{time.strftime('%H:%M:%S')} {line}\n")
        sys.stderr.flush()

    def _draw(self, supervisor: Supervisor) -> None:
        rows = [_row(supervisor, name) for name in supervisor.children]
        header = (_("process"), _("state"), "pid", _("port"), _("memory"), _("up for"), _("restarts"))
        lines = table(rows, header=header).splitlines()
        if supervisor.task:
            lines.append(_("now: %s") % supervisor.task)
        if supervisor.failed_tasks:
            lines.append(_("failed: %s (see setup.log in the logs folder)") % ", ".join(supervisor.failed_tasks))
        if self.footer and supervisor.phase == "running":
            lines += ["", *self.footer.splitlines()]
        lines.append(_("Ctrl+C stops everything.") if supervisor.phase != "stopping" else _("Stopping …"))
        up = f"\x1b[{self._drawn_lines}A" if self._drawn_lines else ""
        # A line that wraps would take two rows, and the next drawing would start at the wrong one.
        width = shutil.get_terminal_size().columns - 1
        sys.stderr.write(up + "".join(f"\x1b[K{line[:width]}\n" for line in lines) + "\x1b[J")
        sys.stderr.flush()
        self._drawn_lines = len(lines)


def _state(supervisor: Supervisor, name: str) -> str:
    child = supervisor.children[name]
    stopping = supervisor.phase == "stopping"
    if child.run is None:
        return "stopped" if stopping else "waiting"
    if stopping:
        return "stopping"
    return "healthy" if supervisor.is_healthy(name) else "starting"


def _row(supervisor: Supervisor, name: str) -> tuple[str, ...]:
    child = supervisor.children[name]
    entry = child.entry()
    process = living(entry.pid, entry.created) if entry else None
    return (
        name,
        _(_state(supervisor, name)),
        str(entry.pid if entry else "–"),
        str(child.spec.port or ""),
        f"{memory_bytes(process) / MIB:.0f} MB" if process else "",
        duration(time.time() - entry.started_at) if entry else "",
        str(child.restarts),
    )

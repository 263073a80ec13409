"""`siyu status`: which processes run, since when, and what they cost."""

from __future__ import annotations

from siyu.cli.command import Answer, Output, command
from siyu.cli.supervisor import report
from siyu.kernel import settings as siyu_settings


@command()
def status(out: Output) -> Answer:
    """Show processes with pid, port, health, memory, CPU, uptime, restarts. Exit code 1 unless all are healthy."""
    found = report.collect(siyu_settings.load())
    return Answer(found.document(), found.text(), 0 if found.all_healthy else 1)

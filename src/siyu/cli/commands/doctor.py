"""`siyu doctor`: one line per misconfiguration, with what to do."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from pydantic import ValidationError

from siyu.cli.command import Answer, Output, command, table
from siyu.cli.doctor.findings import Finding, Level, red
from siyu.cli.language import gettext as _
from siyu.kernel import settings as siyu_settings

MARKS = {Level.GREEN: "✓", Level.AMBER: "!", Level.RED: "✗"}


@command(needs_settings=False)
def doctor(out: Output) -> Answer:
    """Name each misconfiguration in one line with what to do. Exit code 1 if something does not work."""
    try:
        settings = siyu_settings.load()
    except ValidationError as error:
        return _answer([_unreadable(problem) for problem in error.errors()])
    from siyu.cli.doctor.examinations import examine

    return _answer(examine(settings))


def _unreadable(problem: Any) -> Finding:
    name = "SIYU_" + "_".join(str(part) for part in problem["loc"]).upper()
    return red(name, f"{problem['msg']} ({problem.get('input')!r})", _("Correct it in the environment or in siyu.env."))


def _answer(found: list[Finding]) -> Answer:
    healthy = all(finding.level is not Level.RED for finding in found)
    rows = [(MARKS[one.level], one.subject, one.seen + (f" → {one.to_do}" if one.to_do else "")) for one in found]
    return Answer({"healthy": healthy, "findings": [asdict(one) for one in found]}, table(rows), 0 if healthy else 1)

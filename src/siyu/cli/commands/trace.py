"""`siyu trace ID`: the chain of rows that carry one trace id, through every package."""

from __future__ import annotations

import re

import click

from siyu.cli.command import Answer, Output, command, table
from siyu.cli.language import gettext as _
from siyu.eventlog import registries
from siyu.eventlog.contracts import TraceRow
from siyu.kernel.errors import InvalidInput

TRACE_ID = re.compile(r"^[0-9a-f]{32}$")


@command()
@click.argument("trace_id")
def trace(out: Output, trace_id: str) -> Answer:
    """Print everything that one trace id (32 hex characters) went through, oldest first."""
    if not TRACE_ID.match(trace_id.lower()):
        raise InvalidInput(reason="A trace id has 32 hexadecimal characters.")
    rows = [row for source in registries.TRACES for row in source(trace_id.lower())]
    rows.sort(key=lambda row: row.at)
    document = {
        "trace_id": trace_id.lower(),
        "rows": [{"at": row.at, "where": row.where, "what": row.what, "detail": dict(row.detail)} for row in rows],
    }
    if not rows:
        return Answer(document, _("No row carries this trace id."), 1)
    return Answer(document, table([_line(row) for row in rows]))


def _line(row: TraceRow) -> tuple[str, ...]:
    detail = " ".join(f"{name}={value}" for name, value in row.detail.items())
    return (row.at.isoformat(timespec="milliseconds"), row.where, row.what, detail)

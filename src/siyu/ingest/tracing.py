"""The hops of a trace that `ingest` knows: imports and rows set aside."""

from __future__ import annotations

from siyu.eventlog.contracts import TraceRow
from siyu.ingest.models import Import, PoisonedRow

# One trace has one import or one request; more would be a mistake that nobody reads to the end.
MAX_ROWS = 50


def imports_and_poison(trace_id: str) -> list[TraceRow]:
    rows = [
        TraceRow(row.created_at, "ingest.import", row.file_name, {"import_id": row.pk, "job_id": row.job_id})
        for row in Import.objects.filter(trace_id=trace_id)[:MAX_ROWS]
    ]
    rows += [
        TraceRow(row.set_aside_at, "ingest.poisoned", row.kind, {"row_id": row.pk, "error": row.error})
        for row in PoisonedRow.objects.filter(trace_id=trace_id)[:MAX_ROWS]
    ]
    return rows

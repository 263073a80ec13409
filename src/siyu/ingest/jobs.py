"""Background entry points of `ingest`."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from siyu.eventlog.jobs import JobContext
from siyu.ingest import services
from siyu.ingest.models import Import


def prepare() -> None:
    """Loads what an import needs."""
    import_module("siyu.ingest.imports.run")


def import_orders(context: JobContext) -> dict[str, Any]:
    """The job `ingest.import_orders`; args: import_id. Killed and run again, it goes on where it was."""
    # Reading tables takes 40 MB of libraries; a worker that imports nothing does without.
    from siyu.ingest.imports.run import ImportRun

    row = Import.objects.get(pk=context.args["import_id"])
    counts = ImportRun(context, row).run()
    services.end_import(import_id=row.pk, counts=counts)
    return counts

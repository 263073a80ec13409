"""The demo brand's way into the stores: the same mappings and imports of files that a person would use."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from siyu.cli import demo_home
from siyu.cli.command import Output
from siyu.cli.jobs import follow_job
from siyu.cli.language import gettext as _
from siyu.customers import queries as customers
from siyu.eventlog import jobs
from siyu.ingest import queries, services
from siyu.ingest.contracts import ImportState, Mapping
from siyu.kernel.errors import SiyuError
from siyu.kernel.settings import Settings
from siyu.org.contracts import SYSTEM


class DemoImportFailed(SiyuError):
    code = "demo_import_failed"
    status = 500
    message = "The demo's file %(file)s could not be imported: %(reason)s"


def is_wanted(settings: Settings) -> bool:
    """Whether a new installation still lacks its demo: not loaded yet, and no customers of somebody's own."""
    if demo_home.is_loaded(settings):
        return False
    begun = demo_home.folder(settings).exists()
    return begun or customers.count(SYSTEM) == 0


def save_mappings(layouts: Iterable[Any]) -> None:
    """Keeps the mapping of each layout under its name, for the demo's files and for those that somebody adds."""
    for layout in layouts:
        services.save_mapping(mapping=Mapping.from_json(layout.mapping()), viewer=SYSTEM)


def import_files(out: Output, files: Sequence[tuple[Path, str]]) -> list[int]:
    """Imports files by (path, mapping) and returns the jobs; what was imported before is left out.

    One after the other: who comes first gets the first id, and everything that follows from ids, such as who is held
    out of a plan, is then the same in every installation of the same day.
    """
    known = {view.file_name for view in queries.imports(SYSTEM, limit=200) if view.state is ImportState.DONE}
    return [_import(out, path, mapping) for path, mapping in files if path.name not in known]


def _import(out: Output, path: Path, mapping: str) -> int:
    out.progress(_("Importing %s …") % path.name)
    job_id = services.start_import(file=path, mapping=queries.mapping(SYSTEM, mapping), viewer=SYSTEM).job_id
    # In this process, unless a worker was faster: with a worker or without, the demo is loaded when this ends.
    jobs.run_job(job_id=job_id)
    ended = follow_job(out, job_id)
    if ended.exit_code:
        raise DemoImportFailed(file=path.name, reason=ended.document["error"])
    return job_id

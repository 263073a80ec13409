"""Reads of `ingest`: imports, mappings, the head of a file. Only for viewers of all customers."""

from __future__ import annotations

import json
from pathlib import Path

from siyu.eventlog import queries as eventlog
from siyu.eventlog.contracts import JobView
from siyu.ingest.contracts import (
    JOB_KIND,
    ImportState,
    ImportView,
    Mapping,
    Preview,
    StoredFile,
    UnknownMapping,
    is_about_file,
)
from siyu.ingest.imports import storage
from siyu.ingest.mappings.builtin import BUILTIN
from siyu.ingest.models import Import, ImportMapping
from siyu.ingest.rules import headers
from siyu.kernel import errors
from siyu.kernel.errors import NotAllowed, NotFound
from siyu.org.contracts import Viewer

MAX_LISTED = 200


def import_view(viewer: Viewer, import_id: int) -> ImportView:
    """One import; NotFound if there is none with this id."""
    _check(viewer)
    row = Import.objects.filter(pk=import_id).exclude(job_id=None).first()
    if row is None or row.job_id is None:
        raise NotFound()
    return _view(row, eventlog.job(row.job_id))


def imports(viewer: Viewer, *, before_id: int | None = None, limit: int = 50) -> list[ImportView]:
    """Imports, newest first."""
    _check(viewer)
    found = Import.objects.exclude(job_id=None).order_by("-pk")
    if before_id is not None:
        found = found.filter(pk__lt=before_id)
    rows = list(found[: min(limit, MAX_LISTED)])
    newest = max((row.job_id or 0 for row in rows), default=0)
    jobs = {job.id: job for job in eventlog.jobs(kind=JOB_KIND, before_id=newest + 1, limit=len(rows))}
    return [_view(row, jobs[row.job_id]) for row in rows if row.job_id in jobs]


def errors_file(viewer: Viewer, import_id: int) -> Path:
    """The file of rejected rows; NotFound if nothing was rejected or the import has not ended."""
    view = import_view(viewer, import_id)
    if not view.has_errors_file:
        raise NotFound()
    return storage.errors_path(import_id)


def mapping_names(viewer: Viewer) -> list[str]:
    """Built-in names first, then saved ones."""
    _check(viewer)
    return [*BUILTIN, *ImportMapping.objects.order_by("name").values_list("name", flat=True)]


def mapping(viewer: Viewer, name: str) -> Mapping:
    """The mapping of a name; UnknownMapping lists those that exist."""
    _check(viewer)
    if name in BUILTIN:
        return BUILTIN[name]
    row = ImportMapping.objects.filter(name=name).first()
    if row is None:
        raise UnknownMapping(name=name, known=", ".join(mapping_names(viewer)))
    return Mapping.from_json(row.document_json)


def header_key(header: str) -> str:
    """What a column's name is compared by: case, blanks and punctuation do not count."""
    return headers.header_key(header)


def preview(viewer: Viewer, file: StoredFile) -> Preview:
    """The head of a stored file with a proposed mapping; raises a FileProblem that says what to do."""
    _check(viewer)
    # Reading tables takes 40 MB of libraries, which only this page of the web process needs.
    from siyu.ingest.imports import head

    return head.preview(file)


def _view(row: Import, job: JobView) -> ImportView:
    counts = json.loads(row.counts_json) or dict(job.result or {})
    return ImportView(
        id=row.pk,
        job_id=job.id,
        file_name=row.file_name,
        file_id=row.sha256,
        size_bytes=row.size_bytes,
        mapping=Mapping.from_json(row.mapping_json),
        dry_run=row.dry_run,
        state=ImportState(job.state.value),
        done=job.done,
        total=job.total,
        counts=counts,
        error=job.error,
        needs_correction=is_about_file(errors.code_of(job.error)),
        has_errors_file=bool(counts.get("errors_file")),
        created_by=row.created_by,
        trace_id=row.trace_id,
        created_at=row.created_at,
        finished_at=row.finished_at,
    )


def _check(viewer: Viewer) -> None:
    if not viewer.all_customers:
        raise NotAllowed()

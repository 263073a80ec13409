"""Verbs of `ingest`: keep uploads, start, stop and resume imports, save mappings."""

from __future__ import annotations

import json
from collections.abc import Mapping as AnyMapping
from pathlib import Path
from typing import Any, BinaryIO

from django.utils import translation

from siyu.audit.contracts import Target
from siyu.eventlog import records
from siyu.eventlog import services as eventlog
from siyu.ingest import actions, queries
from siyu.ingest.contracts import JOB_KIND, InvalidMapping, Mapping, StartedImport, StoredFile
from siyu.ingest.imports import storage
from siyu.ingest.mappings.builtin import BUILTIN
from siyu.ingest.models import Import, ImportMapping
from siyu.ingest.tables.files import ByteSource, kind_of
from siyu.kernel import clock, ids
from siyu.kernel.errors import InvalidInput, NotAllowed, NotFound
from siyu.kernel.failpoints import failpoint
from siyu.org import auditing
from siyu.org.contracts import Viewer

# Characters of a mapping's name; the column is as long.
MAX_NAME_LENGTH = 60


def check_upload(*, size_bytes: int, viewer: Viewer) -> None:
    """Before an upload of that size is read: NotAllowed, FileTooLarge or DiskFull if it could not be kept."""
    _check(viewer)
    storage.check_upload(size_bytes)


def store_file(*, stream: BinaryIO, file_name: str, viewer: Viewer) -> StoredFile:
    """Keeps an upload and checks that it can be an order file at all; raises a FileProblem otherwise."""
    _check(viewer)
    stored = storage.store(stream, file_name)
    kind_of(ByteSource(storage.path_of(stored.file_id)))
    return stored


def start_import(*, file: Path | StoredFile, mapping: Mapping, viewer: Viewer, dry_run: bool = False) -> StartedImport:
    """Queues the import of a file (a path is stored first). A dry run counts everything and changes nothing."""
    _check(viewer)
    stored = _stored(file, viewer) if isinstance(file, Path) else file
    storage.path_of(stored.file_id)
    trace_id = ids.new_trace_id()
    with records.transaction():
        row = Import.objects.create(
            file_name=stored.file_name,
            sha256=stored.file_id,
            size_bytes=stored.size_bytes,
            mapping_json=json.dumps(mapping.to_json(), ensure_ascii=False),
            dry_run=dry_run,
            language=translation.get_language() or "",
            created_by=viewer.staff_id,
            trace_id=trace_id,
            created_at=clock.now(),
        )
        failpoint("ingest.import.before_queue")
        row.job_id = eventlog.start_job(
            kind=JOB_KIND, args={"import_id": row.pk}, created_by=viewer.staff_id, trace_id=trace_id
        )
        row.save(update_fields=["job_id"])
        after = {"mapping": mapping.name, "dry_run": dry_run, "size_bytes": stored.size_bytes}
        auditing.record(viewer, actions.STARTED, _target(row), after=after)
    return StartedImport(row.pk, row.job_id)


def cancel_import(*, import_id: int, viewer: Viewer) -> None:
    """Asks an import to stop; what it has recorded stays, and it can be resumed."""
    with records.transaction():
        eventlog.cancel_job(job_id=_job_id(import_id, viewer))
        auditing.record(viewer, actions.CANCELLED, _target(Import.objects.get(pk=import_id)))


def resume_import(*, import_id: int, viewer: Viewer) -> None:
    """Goes on with a failed or cancelled import after its last transaction."""
    with records.transaction():
        eventlog.retry_job(job_id=_job_id(import_id, viewer))
        auditing.record(viewer, actions.RESUMED, _target(Import.objects.get(pk=import_id)))


def end_import(*, import_id: int, counts: AnyMapping[str, Any]) -> None:
    """Keeps the counts of an import that has ended well (its job may be cleared away one day)."""
    with records.transaction():
        Import.objects.filter(pk=import_id).update(
            counts_json=json.dumps(dict(counts), ensure_ascii=False), finished_at=clock.now()
        )


def save_mapping(*, mapping: Mapping, viewer: Viewer) -> None:
    """Saves a mapping under its name, replacing the one that has it; built-in names are taken."""
    _check(viewer)
    checked = Mapping.from_json(mapping.to_json())
    if checked.name in BUILTIN or len(checked.name) > MAX_NAME_LENGTH:
        raise InvalidMapping(reason="the name %(key)s is taken or too long", key=checked.name)
    with records.transaction():
        known = ImportMapping.objects.filter(name=checked.name).values_list("document_json", flat=True).first()
        auditing.record(
            viewer, actions.MAPPING_SAVED, Target(actions.MAPPING, checked.name, checked.name),
            before=json.loads(known) if known else None, after=checked.to_json(),
        )  # fmt: skip
        ImportMapping.objects.update_or_create(
            name=checked.name,
            defaults={
                "document_json": json.dumps(checked.to_json(), ensure_ascii=False),
                "saved_by": viewer.staff_id,
                "saved_at": clock.now(),
            },
        )


def delete_mapping(*, name: str, viewer: Viewer) -> None:
    """Removes a saved mapping; imports keep the copy that they ran with."""
    _check(viewer)
    with records.transaction():
        known = ImportMapping.objects.filter(name=name).first()
        if known is None:
            raise NotFound()
        auditing.record(
            viewer, actions.MAPPING_DELETED, Target(actions.MAPPING, name, name), before=json.loads(known.document_json)
        )
        known.delete()


def take_errors_file(*, import_id: int, viewer: Viewer) -> Path:
    """The file of rejected rows for a download, which is written down first. NotFound where no row was rejected."""
    path = queries.errors_file(viewer, import_id)
    with records.transaction():
        auditing.record(viewer, actions.REJECTED_EXPORTED, _target(Import.objects.get(pk=import_id)))
    return path


def _target(row: Import) -> Target:
    return Target(actions.IMPORT, row.pk, row.file_name)


def _stored(path: Path, viewer: Viewer) -> StoredFile:
    try:
        with path.open("rb") as stream:
            return store_file(stream=stream, file_name=path.name, viewer=viewer)
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise InvalidInput(reason=f"{path}: {error.strerror}") from error


def _job_id(import_id: int, viewer: Viewer) -> int:
    _check(viewer)
    job_id = Import.objects.filter(pk=import_id).values_list("job_id", flat=True).first()
    if job_id is None:
        raise NotFound()
    return job_id


def _check(viewer: Viewer) -> None:
    """Import files hold everybody's data: only who may see all customers handles them."""
    if not viewer.all_customers:
        raise NotAllowed()

"""Imports of order files: upload, start, follow, stop, resume; the file of rejected rows; saved mappings."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from django.core import signing
from django.http import FileResponse, HttpRequest, HttpResponse
from ninja import Body, File, Router, UploadedFile

from siyu.api.authentication import needs, viewer
from siyu.api.idempotency import DOCUMENTED, once
from siyu.api.schemas.imports import FileOut, ImportIn, ImportOut, ImportPage, MappingNames
from siyu.api.schemas.paging import Cursor, Limit
from siyu.ingest import queries, services
from siyu.ingest.contracts import FileProblem, Mapping, StoredFile
from siyu.ingest.permissions import IMPORTS_RUN, IMPORTS_VIEW
from siyu.kernel.paging import decode_cursor, encode_cursor
from siyu.org.contracts import Viewer

router = Router()
# Nobody can name a file that they were not given: the answer to an upload is signed.
SALT = "siyu.api.import-file"


@router.post("/files", response={201: FileOut}, auth=needs(IMPORTS_RUN))
def upload_file(request: HttpRequest, file: File[UploadedFile]) -> Any:
    """Upload an order file (CSV or XLSX, plain or .gz). The same file again is the same file."""
    seen_by = viewer(request)
    stored = services.store_file(stream=cast("BinaryIO", file.file), file_name=file.name or "", viewer=seen_by)
    preview = queries.preview(seen_by, stored)
    return {
        "file": signing.dumps([stored.file_id, stored.file_name, stored.size_bytes], salt=SALT, compress=True),
        "file_name": stored.file_name,
        "size_bytes": stored.size_bytes,
        "kind": preview.kind,
        "encoding": preview.encoding,
        "headers": preview.headers,
        "repeated_headers": preview.repeated_headers,
        "header_known": preview.header_known,
        "rows": preview.rows,
        "first_row": preview.first_row,
        "mapping": preview.suggestion.mapping.to_json(),
        "columns": preview.suggestion.columns,
    }


@router.get("", response=ImportPage, auth=needs(IMPORTS_VIEW))
def list_imports(request: HttpRequest, cursor: Cursor = None, limit: Limit = 50) -> Any:
    """Imports, newest first."""
    before_id = decode_cursor(cursor, int)[0] if cursor else None
    found = queries.imports(viewer(request), before_id=before_id, limit=limit + 1)
    more = encode_cursor(found[limit - 1].id) if len(found) > limit else None
    return {"items": found[:limit], "next_cursor": more}


@router.post("", response={201: ImportOut}, openapi_extra=DOCUMENTED, auth=needs(IMPORTS_RUN))
def start_import(request: HttpRequest, body: ImportIn) -> Any:
    """Start the import of an uploaded file. Rows that were imported before count as duplicates and change nothing."""
    seen_by = viewer(request)
    stored = _stored(body.file)
    mapping = _mapping(seen_by, body.mapping)

    def start() -> ImportOut:
        started = services.start_import(file=stored, mapping=mapping, viewer=seen_by, dry_run=body.dry_run)
        return ImportOut.model_validate(queries.import_view(seen_by, started.import_id))

    return once(request, start)


def _stored(token: str) -> StoredFile:
    try:
        return StoredFile(*signing.loads(token, salt=SALT))
    except signing.BadSignature as error:
        raise FileProblem(reason="upload it again") from error


def _mapping(seen_by: Viewer, given: str | dict[str, object]) -> Mapping:
    return queries.mapping(seen_by, given) if isinstance(given, str) else Mapping.from_json(given)


@router.get("/mappings", response=MappingNames, auth=needs(IMPORTS_VIEW))
def list_mappings(request: HttpRequest) -> Any:
    """Names of mappings: built-in ones first, then saved ones."""
    return {"items": queries.mapping_names(viewer(request))}


@router.get("/mappings/{name}", response=dict[str, Any], auth=needs(IMPORTS_VIEW))
def get_mapping(request: HttpRequest, name: str) -> Any:
    """A mapping document."""
    return queries.mapping(viewer(request), name).to_json()


@router.put("/mappings/{name}", response=dict[str, Any], auth=needs(IMPORTS_RUN))
def save_mapping(request: HttpRequest, name: str, body: Body[dict[str, Any]]) -> Any:
    """Save a mapping under a name; built-in names are taken."""
    seen_by = viewer(request)
    services.save_mapping(mapping=Mapping.from_json({**body, "name": name}), viewer=seen_by)
    return queries.mapping(seen_by, name).to_json()


@router.delete("/mappings/{name}", response={204: None}, auth=needs(IMPORTS_RUN))
def delete_mapping(request: HttpRequest, name: str) -> Any:
    """Delete a saved mapping. Imports keep the copy that they ran with."""
    services.delete_mapping(name=name, viewer=viewer(request))
    return HttpResponse(status=204)


@router.get("/{int:import_id}", response=ImportOut, auth=needs(IMPORTS_VIEW))
def get_import(request: HttpRequest, import_id: int) -> Any:
    """One import with its progress and counts."""
    return queries.import_view(viewer(request), import_id)


@router.get("/{int:import_id}/errors", response={200: None}, auth=needs(IMPORTS_VIEW))
def get_errors_file(request: HttpRequest, import_id: int) -> FileResponse:
    """The rejected rows with their numbers and reasons, as a CSV file. 404 if there are none."""
    path = services.take_errors_file(import_id=import_id, viewer=viewer(request))
    return FileResponse(path.open("rb"), as_attachment=True, filename=f"import-{import_id}-{path.name}")


@router.post("/{int:import_id}/cancel", response=ImportOut, auth=needs(IMPORTS_RUN))
def cancel_import(request: HttpRequest, import_id: int) -> Any:
    """Stop an import after its present transaction; what it has recorded stays."""
    seen_by = viewer(request)
    services.cancel_import(import_id=import_id, viewer=seen_by)
    return queries.import_view(seen_by, import_id)


@router.post("/{int:import_id}/resume", response=ImportOut, auth=needs(IMPORTS_RUN))
def resume_import(request: HttpRequest, import_id: int) -> Any:
    """Go on with a failed or cancelled import after its last transaction."""
    seen_by = viewer(request)
    services.resume_import(import_id=import_id, viewer=seen_by)
    return queries.import_view(seen_by, import_id)

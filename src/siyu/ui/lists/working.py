"""Bulk actions and exports: what is done at once, what becomes a job, and the files that exports make."""

from __future__ import annotations

import io
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import IO, Any

import xlsxwriter
from django.conf import settings
from django.http import QueryDict
from django.utils import translation
from pyroaring import BitMap64

from siyu.eventlog import records
from siyu.kernel import spreadsheets
from siyu.kernel.errors import InvalidInput, NotAllowed, NotFound
from siyu.kernel.failpoints import failpoint
from siyu.kernel.ids import IdSet
from siyu.org.contracts import Viewer
from siyu.ui import registries
from siyu.ui.contracts import BulkAction, ListKind

# As many are changed or written while the browser waits; more become a job with progress.
DIRECT_ROWS = 200
DIRECT_EXPORT_ROWS = 1_000
# Ids whose rows are fetched together for a file.
EXPORT_CHUNK = 500
FORMATS = ("csv", "xlsx")
# What a worksheet holds, its head included.
XLSX_MAX_ROWS = 1_048_576
# Files of exports are fetched soon or not at all.
KEPT = timedelta(days=7)


def kind_of(list_key: str, viewer: Viewer) -> ListKind:
    """A registered list that the viewer may see."""
    if list_key not in registries.LISTS:
        raise NotFound()
    kind = registries.LISTS.get(list_key)
    if kind.permission:
        viewer.require(kind.permission)
    return kind


def action_of(kind: ListKind, action_key: str, viewer: Viewer) -> BulkAction:
    action = kind.action(action_key)
    if action is None:
        raise NotFound()
    if action.permission:
        viewer.require(action.permission)
    return action


def require_export(kind: ListKind, viewer: Viewer) -> None:
    if kind.export is None or kind.ids is None:
        raise NotAllowed()
    if kind.export.permission:
        viewer.require(kind.export.permission)


def form_of(action: BulkAction, viewer: Viewer, given: Mapping[str, Any] | None) -> Any:
    """The action's form with what was posted, or None for an action that asks for nothing."""
    return action.form(viewer, given) if action.form is not None else None


def values_of(action: BulkAction, viewer: Viewer, given: QueryDict) -> Mapping[str, Any]:
    """The cleaned values of an action's form; InvalidInput with its first complaint."""
    form = form_of(action, viewer, given)
    if form is None:
        return {}
    if not form.is_valid():
        raise InvalidInput(reason=" ".join(str(error) for errors in form.errors.values() for error in errors))
    cleaned: Mapping[str, Any] = form.cleaned_data
    return cleaned


def apply_all(action: BulkAction, viewer: Viewer, ids: Iterable[int], values: Mapping[str, Any]) -> int:
    """Applies an action chunk by chunk, one transaction each; returns how many rows changed."""
    changed = 0
    for chunk in records.chunked(ids, action.chunk):
        with records.transaction():
            changed += action.apply(viewer, chunk, values)
    return changed


def ids_after(ids: BitMap64, last: int) -> Iterator[int]:
    """The ids of a selection that follow one, in order."""
    return islice(ids, ids.rank(last), None)


# --- files -----------------------------------------------------------------------------------------------------------


def heads(kind: ListKind, columns: Sequence[str], language: str) -> list[str]:
    """The head line, in the language of the person who asked."""
    assert kind.export is not None
    with translation.override(language):
        return [str(kind.export.heads[key]) for key in columns if key in kind.export.heads]


def exported(kind: ListKind, viewer: Viewer, ids: IdSet, columns: Sequence[str]) -> Iterator[Sequence[Any]]:
    """The rows of these ids as plain values."""
    assert kind.export is not None
    wanted = [key for key in columns if key in kind.export.heads]
    for chunk in records.chunked(ids, EXPORT_CHUNK):
        yield from kind.export.rows(viewer, chunk, wanted)


def write_file(path: Path, file_format: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Writes a whole file beside its place and moves it there, so that a killed job leaves none that is cut off."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(".part")
    with half.open("wb") as file:
        _write(file, file_format, head, rows)
    failpoint("ui.export.before_move")
    half.replace(path)


def file_bytes(file_format: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """A small file at once."""
    file = io.BytesIO()
    _write(file, file_format, head, rows)
    return file.getvalue()


def _write(file: IO[bytes], file_format: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    if file_format == "xlsx":
        _write_xlsx(file, head, rows)
    else:
        file.writelines(piece.encode() for piece in spreadsheets.csv_pieces(head, rows))


def _write_xlsx(file: IO[bytes], head: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "remove_timezone": True,
               "default_date_format": "yyyy-mm-dd hh:mm"}  # fmt: skip
    with xlsxwriter.Workbook(file, options) as book:
        sheet = book.add_worksheet()
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, head, book.add_format({"bold": True}))
        for number, row in enumerate(rows, start=1):
            if number >= XLSX_MAX_ROWS:
                raise InvalidInput(
                    reason="An Excel sheet holds %(most)s rows. Export as CSV, or filter the list.", most=XLSX_MAX_ROWS
                )
            sheet.write_row(number, 0, [spreadsheets.guarded(value) for value in row])


def export_path(job_id: int, file_format: str) -> Path:
    folder: Path = settings.SIYU.files_path / "exports"
    return folder / f"{job_id}.{file_format}"


def drop_old_files() -> None:
    """Removes files of exports that nobody fetched in time, and halves that killed jobs left."""
    oldest = time.time() - KEPT.total_seconds()
    for path in export_path(0, "csv").parent.glob("*.*"):
        if path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)

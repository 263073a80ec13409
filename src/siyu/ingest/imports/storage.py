"""Where import files lie: ``files/imports/<sha256>``, so that the same file is kept once; errors files beside them."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from siyu.ingest.contracts import EmptyFile, FileTooLarge, StoredFile
from siyu.ingest.tables.limits import CHUNK_BYTES
from siyu.kernel.disk import check_room, full_disk_as_error
from siyu.kernel.errors import NotFound
from siyu.kernel.failpoints import failpoint


def check_upload(size_bytes: int) -> None:
    """FileTooLarge or DiskFull for an upload of that size: said before it is read, not after an hour of it."""
    if size_bytes > settings.SIYU.import_max_mb * 1024**2:
        raise FileTooLarge(limit=settings.SIYU.import_max_mb)
    # It lies there twice for a moment: as it came in, and as it is kept.
    check_room(temporary_folder(), 2 * size_bytes)


def store(stream: BinaryIO, file_name: str) -> StoredFile:
    """Copies an upload into the installation's files, durable when this returns; refuses what is over the limit."""
    limit_bytes = settings.SIYU.import_max_mb * 1024**2
    digest = hashlib.sha256()
    size_bytes = 0
    with full_disk_as_error(), tempfile.NamedTemporaryFile(dir=temporary_folder(), delete=False) as copy:
        try:
            while chunk := stream.read(CHUNK_BYTES):
                size_bytes += len(chunk)
                if size_bytes > limit_bytes:
                    raise FileTooLarge(limit=settings.SIYU.import_max_mb)
                digest.update(chunk)
                copy.write(chunk)
            if not size_bytes:
                raise EmptyFile()
            copy.flush()
            os.fsync(copy.fileno())
            failpoint("ingest.import.before_store")
            Path(copy.name).replace(_folder() / digest.hexdigest())
        except BaseException:
            Path(copy.name).unlink(missing_ok=True)
            raise
    return StoredFile(digest.hexdigest(), Path(file_name).name[:255] or "upload", size_bytes)


def path_of(file_id: str) -> Path:
    """The stored file; NotFound if there is none (ids are checked, so that none leads elsewhere)."""
    path = _folder() / file_id
    if len(file_id) != 64 or not file_id.isalnum() or not path.is_file():
        raise NotFound()
    return path


def errors_path(import_id: int) -> Path:
    folder = _folder() / "errors"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{import_id}.csv"


def encoding_note(file_id: str) -> Path:
    """Where the encoding of a stored file is remembered: its name is its content, so that it cannot change."""
    folder = _folder() / "encodings"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / file_id


def temporary_folder() -> Path:
    folder: Path = settings.SIYU.files_path / "tmp"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _folder() -> Path:
    folder: Path = settings.SIYU.files_path / "imports"
    folder.mkdir(parents=True, exist_ok=True)
    return folder

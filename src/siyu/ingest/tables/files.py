"""What a file is, by its first bytes and not by its name, and its unpacked bytes as a stream."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from siyu.ingest.contracts import DamagedFile, EmptyFile, UnpacksTooLarge, WrongFileType
from siyu.ingest.tables import limits

GZIP_MAGIC = b"\x1f\x8b"
ZIP_MAGIC = b"PK\x03\x04"


def _(msgid: str) -> str:
    """Marks a msgid for the catalogue; the edge translates it."""
    return msgid


# What people upload by mistake, by its first bytes.
REFUSED = (
    (b"%PDF", "PDF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"RIFF", _("media")),
    (b"\xd0\xcf\x11\xe0", _("old Excel (.xls)")),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf", "7z"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ", "xz"),
    (b"\x28\xb5\x2f\xfd", "Zstandard"),
    (b"PK\x05\x06", _("empty ZIP")),
    (b"SQLite format 3", "SQLite"),
    (b"PAR1", "Parquet"),
    (b"\x7fELF", _("program")),
    (b"MZ\x90", _("program")),
    (b"<!DOCTYPE", "HTML"),
    (b"<!doctype", "HTML"),
    (b"<html", "HTML"),
    (b"<?xml", "XML"),
    (b"{\\rtf", "RTF"),
)


class ByteSource:
    """A file's unpacked bytes in chunks, as often as wanted; `position` says how much of the file has been read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size_bytes = path.stat().st_size
        self.position = 0
        self.is_gzip = self._first(2) == GZIP_MAGIC
        # A small gzip is unpacked once: finding the encoding needs all of it, and so does reading.
        self._kept: list[bytes] | None = None

    def _first(self, count: int) -> bytes:
        with self.path.open("rb") as file:
            return file.read(count)

    def chunks(self) -> Iterator[bytes]:
        """Chunks of about a megabyte. DamagedFile for a broken gzip, UnpacksTooLarge for a bomb."""
        if self._kept is not None:
            for count, chunk in enumerate(self._kept, start=1):
                self.position = self.size_bytes * count // len(self._kept)
                yield chunk
            return
        kept: list[bytes] | None = [] if self.is_gzip else None
        unpacked_bytes = 0
        for chunk in self._unpacked():
            unpacked_bytes += len(chunk)
            if unpacked_bytes > limits.MAX_TEXT_BYTES:
                raise UnpacksTooLarge(limit=limits.MAX_TEXT_BYTES // 1024**2)
            if kept is not None and unpacked_bytes <= limits.KEPT_BYTES:
                kept.append(chunk)
            else:
                kept = None
            yield chunk
        self._kept = kept

    def _unpacked(self) -> Iterator[bytes]:
        with self.path.open("rb") as raw:
            file = cast("BinaryIO", gzip.GzipFile(fileobj=raw)) if self.is_gzip else raw
            while chunk := self._read(file):
                self.position = raw.tell()
                yield chunk

    def _read(self, file: BinaryIO) -> bytes:
        try:
            return file.read(limits.CHUNK_BYTES)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise DamagedFile(kind="gzip") from error


def kind_of(source: ByteSource) -> str:
    """ "xlsx" or "text"; EmptyFile or WrongFileType for everything else."""
    head = next(source.chunks(), b"")
    if not head.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0"):
        raise EmptyFile()
    if head.startswith(ZIP_MAGIC):
        return "xlsx"
    if head.startswith(GZIP_MAGIC):
        raise WrongFileType(kind=_("doubly compressed gzip"))
    for magic, kind in REFUSED:
        if head.startswith(magic):
            raise WrongFileType(kind=kind)
    return "text"

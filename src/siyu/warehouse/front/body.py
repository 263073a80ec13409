"""Request bodies: chunked or counted, compressed or not, read piece by piece; and multipart forms."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import BinaryIO, Protocol

# Both come with clickhouse-connect, which compresses with them.
import lz4.frame
from backports import zstd

from .errors import BAD_ARGUMENTS, CANNOT_READ_ALL_DATA, TOO_LARGE, UNKNOWN_COMPRESSION, FrontError

# Bytes read at a time, and handed to the engine at a time.
PIECE_BYTES = 1024 * 1024
# Bytes of a query with its inline values, or of a form with its external tables: these are held in memory whole.
MAX_HELD_BYTES = 64 * 1024 * 1024
# Characters of one chunk-size line.
_MAX_CHUNK_LINE = 128


class _Decoder(Protocol):
    def decompress(self, data: bytes, /) -> bytes: ...


class Body:
    """A request's body as its sender meant it. `read` gives b"" at the end and raises if the sender broke off."""

    def __init__(self, source: BinaryIO, *, length: int | None, chunked: bool, encoding: str) -> None:
        self._source = source
        self._left = 0 if chunked else (length or 0)
        self._chunked = chunked
        self._raw_done = not chunked and not self._left
        self._decoder = _decoder(encoding)
        self._fed = False
        self._kept = b""

    def read(self, size: int = PIECE_BYTES) -> bytes:
        """Up to `size` bytes, decoded."""
        while len(self._kept) < size and not self._raw_done:
            raw = self._read_raw()
            if raw:
                self._fed = True
                self._kept += self._decoder.decompress(raw) if self._decoder else raw
        piece, self._kept = self._kept[:size], self._kept[size:]
        if not piece and self._raw_done:
            self._check_end()
        return piece

    def push_back(self, piece: bytes) -> None:
        self._kept = piece + self._kept

    def read_all(self) -> bytes:
        """Everything, up to `MAX_HELD_BYTES`."""
        pieces, size = [], 0
        while piece := self.read():
            size += len(piece)
            if size > MAX_HELD_BYTES:
                raise FrontError(TOO_LARGE, f"The request is larger than {MAX_HELD_BYTES} bytes.")
            pieces.append(piece)
        return b"".join(pieces)

    def drain(self, limit: int) -> bool:
        """Reads on without use, so that the caller gets to see the answer. False if over `limit` bytes are left."""
        self._kept = b""
        while not self._raw_done:
            limit -= len(self._read_raw())
            if limit < 0:
                return False
        return True

    def _read_raw(self) -> bytes:
        if self._chunked and not self._left:
            self._left = self._next_chunk()
            if not self._left:
                self._raw_done = True
                return b""
        piece = self._source.read(min(self._left, PIECE_BYTES))
        if not piece:
            raise ConnectionAbortedError("the caller broke off in the middle of a body")
        self._left -= len(piece)
        if not self._left:
            if self._chunked:
                self._source.readline(_MAX_CHUNK_LINE)
            else:
                self._raw_done = True
        return piece

    def _next_chunk(self) -> int:
        line = self._source.readline(_MAX_CHUNK_LINE)
        if not line:
            raise ConnectionAbortedError("the caller broke off in the middle of a body")
        try:
            size = int(line.split(b";")[0], 16)
        except ValueError:
            raise FrontError(BAD_ARGUMENTS, "A chunk of the request has no size.") from None
        if not size:
            while self._source.readline(_MAX_CHUNK_LINE) not in {b"\r\n", b"\n", b""}:
                pass  # trailers
        return size

    def _check_end(self) -> None:
        if self._fed and self._decoder is not None and not getattr(self._decoder, "eof", True):
            raise FrontError(CANNOT_READ_ALL_DATA, "The compressed body ends too early.")


def _decoder(encoding: str) -> _Decoder | None:
    if encoding in {"", "identity"}:
        return None
    if encoding in {"gzip", "deflate"}:
        return zlib.decompressobj(zlib.MAX_WBITS | 32)
    if encoding == "lz4":
        return lz4.frame.LZ4FrameDecompressor()
    if encoding == "zstd":
        return zstd.ZstdDecompressor()
    raise FrontError(UNKNOWN_COMPRESSION, f"Unknown compression method {encoding!r}; use zstd, lz4, gzip or deflate.")


@dataclass(frozen=True)
class FormPart:
    name: str
    file_name: str | None
    content: bytes


def parse_form(content_type: str, content: bytes) -> list[FormPart]:
    """The parts of a multipart/form-data body."""
    boundary = _attribute(content_type, "boundary")
    if not boundary:
        raise FrontError(BAD_ARGUMENTS, "The form has no boundary.")
    mark = b"\r\n--" + boundary.encode("latin-1")
    return [_part(piece) for piece in (b"\r\n" + content).split(mark)[1:-1]]


def _part(piece: bytes) -> FormPart:
    head, found, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
    if not found:
        raise FrontError(BAD_ARGUMENTS, "A part of the form has no head.")
    for line in head.decode(errors="replace").split("\r\n"):
        if line.lower().startswith("content-disposition:"):
            name = _attribute(line, "name")
            if name:
                return FormPart(name, _attribute(line, "filename"), content)
    raise FrontError(BAD_ARGUMENTS, "A part of the form has no name.")


def _attribute(line: str, name: str) -> str | None:
    for piece in line.split(";")[1:]:
        key, _, value = piece.strip().partition("=")
        if key.lower() == name:
            return value.strip('"')
    return None

"""Which encoding a text is in, and the text as UTF-8 bytes. Order of the trials: mark, strict UTF-8, GB18030."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from siyu.ingest.contracts import UnknownEncoding
from siyu.ingest.tables.files import ByteSource

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NAMES = frozenset({"utf-8-sig", "utf-16", "utf-8", "gb18030"})
# GB18030 takes nearly any bytes; what it cannot mean lands in the private use area. Real texts have next to none.
_PRIVATE = re.compile("[\ue000-\uf8ff]")
_NOT_ASCII = re.compile("[^\x00-\x7f]")
MAX_PRIVATE_SHARE = 0.02


def detect(source: ByteSource, note: Path | None = None) -> str:
    """The encoding of the whole text: the first non-ASCII letter may stand in its last line.

    All of it is decoded for that. `note` is where the answer is kept for the next time, of a file that never changes.
    """
    noted = _noted(note)
    if noted:
        return noted
    encoding = _found(source)
    if note is not None:
        with suppress(OSError):  # a full disk: it is found out again
            note.write_text(f"{encoding}\n")
    return encoding


def _noted(note: Path | None) -> str | None:
    """What was written down, unless it was cut short."""
    try:
        text = note.read_text() if note is not None else ""
    except OSError:
        return None
    name = text.removesuffix("\n")
    return name if name in _NAMES and name != text else None


def _found(source: ByteSource) -> str:
    head = next(source.chunks(), b"")
    for mark, encoding in MARKS:
        if head.startswith(mark):
            _try(source, encoding)
            return encoding
    try:
        _try(source, "utf-8")
    except UnknownEncoding:
        _try(source, "gb18030")
        return "gb18030"
    return "utf-8"


def _try(source: ByteSource, encoding: str) -> None:
    """Decodes everything; UnknownEncoding at the first byte that does not fit."""
    decoder = codecs.getincrementaldecoder(encoding)(errors="strict")
    private_count = other_count = offset = 0
    for chunk in source.chunks():
        # Most of most files means itself in all of these encodings but one, where letters take two bytes each.
        if encoding != "utf-16" and chunk.isascii() and b"\0" not in chunk and not decoder.getstate()[0]:
            offset += len(chunk)
            continue
        text = _decode(decoder, chunk, offset)
        if "\0" in text:
            raise UnknownEncoding(position=offset + max(chunk.find(b"\0"), 0))
        if encoding == "gb18030" and not text.isascii():
            private_count += len(_PRIVATE.findall(text))
            other_count += len(_NOT_ASCII.findall(text))
            if private_count > other_count * MAX_PRIVATE_SHARE:
                raise UnknownEncoding(position=offset)
        offset += len(chunk)
    _decode(decoder, b"", offset, final=True)


def _decode(decoder: codecs.IncrementalDecoder, chunk: bytes, offset: int, *, final: bool = False) -> str:
    try:
        return decoder.decode(chunk, final)
    except UnicodeDecodeError as error:
        raise UnknownEncoding(position=offset + error.start) from error


def utf8_chunks(source: ByteSource, encoding: str) -> Iterator[bytes]:
    """The text as UTF-8 without a mark. `encoding` comes from `detect`, so nothing fails to decode here."""
    if encoding == "utf-8":
        yield from source.chunks()
        return
    if encoding == "utf-8-sig":
        chunks = source.chunks()
        yield next(chunks, b"").removeprefix(codecs.BOM_UTF8)
        yield from chunks
        return
    decoder = codecs.getincrementaldecoder(encoding)(errors="strict")
    for chunk in source.chunks():
        yield decoder.decode(chunk).encode()

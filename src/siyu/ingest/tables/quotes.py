"""Where records of delimited text end, and whether its quotation marks are in order (then Polars may read it)."""

from __future__ import annotations

import re
from functools import lru_cache

_QUOTE = b'"'


def last_record_end(text: bytes) -> int:
    """The offset after the last whole record of `text`, which begins at a record; 0 if none ends in it."""
    end = text.rfind(b"\n") + 1
    while end and text.count(_QUOTE, 0, end) % 2:
        # Inside a quoted cell: the record can only have ended before that cell was opened.
        end = text.rfind(b"\n", 0, text.rfind(_QUOTE, 0, end)) + 1
    return end


def is_well_quoted(text: bytes, delimiter: str) -> bool:
    """Whether every quotation mark encloses a whole cell or is doubled inside one.

    Readers disagree about all other marks (``5" nails``), so such text goes to the exact, slower reader.
    """
    if _QUOTE not in text:
        return True
    return _QUOTE not in _quoted_cell(delimiter).sub(b"", b"\n" + text)


@lru_cache(maxsize=8)
def _quoted_cell(delimiter: str) -> re.Pattern[bytes]:
    mark = re.escape(delimiter.encode())
    return re.compile(rb'"(?<=[' + mark + rb'\n]")[^"]*(?:""[^"]*)*"(?=[' + mark + rb"\n]|\r\n|\r?\Z)")

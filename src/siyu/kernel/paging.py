"""Cursors for lists: opaque, URL-safe, and refused when somebody edits them."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from siyu.kernel.errors import InvalidInput

T = TypeVar("T")
# A page never holds more rows than this, whatever the caller asks for: a request must stay cheap.
MAX_PAGE_ROWS = 500
# The largest number that a column of the records holds.
MAX_KEY = 2**63 - 1


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of a list: its rows, and the cursor of the next page or None at the end."""

    items: list[T]
    next_cursor: str | None


def encode_cursor(*key: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, *kinds: type) -> list[Any]:
    """The key inside a cursor made by `encode_cursor`, its parts of these kinds (int or str).

    InvalidInput for anything else: a cursor comes back from the address, where anybody may have edited it.
    """
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, RecursionError) as error:
        raise damaged() from error
    if not isinstance(key, list) or len(key) != len(kinds) or not all(map(_fits, key, kinds)):
        raise damaged()
    return key


def _fits(part: Any, kind: type) -> bool:
    if type(part) is not kind:
        return False
    return not isinstance(part, int) or abs(part) <= MAX_KEY


def damaged() -> InvalidInput:
    """What to raise for a cursor whose parts fit their kinds, but not the list."""
    return InvalidInput(reason="The page cursor is damaged. Start again from the first page.")

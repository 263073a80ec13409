"""Identifiers: trace ids, message ids, unguessable tokens, and the stable hashes behind unique keys."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from typing import Protocol

# 58 characters without 0/O and 1/l/I, so that a printed code can be typed.
TOKEN_ALPHABET = "23456789abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"
MAX_CUSTOMER_ID = 2**32 - 1


class IdSet(Protocol):
    """Ids of rows, however they are held: a set, a list or a bitmap."""

    def __contains__(self, item: int, /) -> bool: ...
    def __iter__(self) -> Iterator[int]: ...
    def __len__(self) -> int: ...


def new_trace_id() -> str:
    """32 hex characters, the W3C trace-id form."""
    return secrets.token_hex(16)


def new_token(length: int = 10) -> str:
    """A random code of `length` characters of `TOKEN_ALPHABET` (58 bits for 10)."""
    return "".join(secrets.choice(TOKEN_ALPHABET) for _ in range(length))


def digest16(*parts: str | bytes) -> bytes:
    """A 16-byte BLAKE2b digest over length-prefixed parts: a unique key that fits a small index."""
    state = hashlib.blake2b(digest_size=16)
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        state.update(len(raw).to_bytes(4, "big"))
        state.update(raw)
    return state.digest()

"""The key ring: encrypts personal data and secrets, and finds personal data again by keyed hash.

A ring file holds numbered *generations*, each with a key that encrypts and a key for look-up hashes. One of them
*writes*; all of them read. Cipher text is ``version byte ‖ generation (2) ‖ nonce (12) ‖ AES-256-GCM output``, so every
sealed value names its generation. A look-up hash (HMAC-SHA-256, 16 bytes kept) names none: while several generations
are on the ring, one asks for a value's hashes under each of them.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FORMAT_VERSION = 1
HEADER_BYTES = 15
# Two bytes in the header of a sealed value.
MAX_GENERATION = 65_535


class KeyProblem(Exception):
    """The key ring cannot be read, or does not hold the key that a value needs."""


@dataclass(frozen=True, slots=True)
class Generation:
    """The keys of one number. `made_at` is unknown for rings from before keys could be changed."""

    number: int
    key: bytes
    lookup_key: bytes
    made_at: datetime | None


class KeyRing:
    """The generations by number, and which of them writes. Immutable; `create` or `load` makes one."""

    def __init__(self, generations: dict[int, Generation], writing: int) -> None:
        if writing not in generations:
            raise KeyProblem("the key ring does not hold the generation that writes")
        self.generations = generations
        self.writing = writing
        self._ciphers = {number: AESGCM(generation.key) for number, generation in generations.items()}
        # The one that writes first: it finds nearly everything.
        self._lookup_keys = [
            generations[number].lookup_key for number in sorted(generations, key=lambda n: (n != writing, -n))
        ]

    @classmethod
    def create(cls, path: Path, made_at: datetime | None = None) -> KeyRing:
        """Writes a new ring at `path` (mode 0600); refuses to replace one, since that would lose the data."""
        ring = cls({1: _generation(1, made_at)}, 1)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            _write(file, ring)
        return cls.load(path)

    @classmethod
    def load(cls, path: Path) -> KeyRing:
        """Reads a ring; KeyProblem names the file when it is missing or damaged."""
        try:
            document = json.loads(path.read_text())
            return cls(*_read(document))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise KeyProblem(f"cannot read the key ring {path}: {error}") from error

    @classmethod
    def load_or_create(cls, path: Path, made_at: datetime | None = None) -> KeyRing:
        try:
            return cls.create(path, made_at)
        except FileExistsError:
            return cls.load(path)

    def save(self, path: Path) -> None:
        """Replaces the file at `path` at once: whoever reads meanwhile gets the old ring or this one, complete."""
        fresh = path.with_name(path.name + ".new")
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            _write(file, self)
        os.replace(fresh, path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)  # a ring that is forgotten in a power cut would take what it has sealed with it
        finally:
            os.close(folder)

    def with_new(self, made_at: datetime) -> KeyRing:
        """This ring and one generation more, which reads but does not write yet."""
        number = max(self.generations) + 1
        if number > MAX_GENERATION:
            raise KeyProblem("the key ring has run out of numbers")
        return KeyRing({**self.generations, number: _generation(number, made_at)}, self.writing)

    def with_writing(self, number: int) -> KeyRing:
        return KeyRing(self.generations, number)

    def without(self, number: int) -> KeyRing:
        """This ring without a generation; KeyProblem for the one that writes."""
        return KeyRing({n: kept for n, kept in self.generations.items() if n != number}, self.writing)

    def encrypt(self, text: str, context: str) -> bytes:
        """Encrypts `text`, bound to `context` (say ``"phone"``): it cannot be moved to another field."""
        nonce = os.urandom(12)
        sealed = self._ciphers[self.writing].encrypt(nonce, text.encode(), context.encode())
        return bytes([FORMAT_VERSION]) + self.writing.to_bytes(2, "big") + nonce + sealed

    def decrypt(self, sealed: bytes, context: str) -> str:
        """The text again; KeyProblem if the key is gone, the context differs or the value was changed."""
        number = generation_of(sealed)
        if number not in self._ciphers:
            raise KeyProblem(f"key {number} is not on the ring")
        try:
            return self._ciphers[number].decrypt(sealed[3:15], sealed[15:], context.encode()).decode()
        except InvalidTag as error:
            raise KeyProblem("the value does not match its key or field") from error

    def lookup_hash(self, value: str, context: str) -> bytes:
        """16 bytes that find `value` in an index without revealing it, under the generation that writes."""
        return _hash(self._lookup_keys[0], value, context)

    def lookup_hashes(self, value: str, context: str) -> list[bytes]:
        """The hashes under which `value` may stand, the one that is written now first."""
        return [_hash(key, value, context) for key in self._lookup_keys]


def generation_of(sealed: bytes) -> int:
    """The number of the keys that a sealed value needs."""
    if len(sealed) <= HEADER_BYTES or sealed[0] != FORMAT_VERSION:
        raise KeyProblem("not a sealed value")
    return int.from_bytes(sealed[1:3], "big")


def _generation(number: int, made_at: datetime | None) -> Generation:
    return Generation(number, secrets.token_bytes(32), secrets.token_bytes(32), made_at)


def _hash(key: bytes, value: str, context: str) -> bytes:
    return hmac.new(key, context.encode() + b"\0" + value.encode(), hashlib.sha256).digest()[:16]


def _write(file: Any, ring: KeyRing) -> None:
    document = {
        "writing": ring.writing,
        "generations": {
            str(number): {
                "key": generation.key.hex(),
                "lookup": generation.lookup_key.hex(),
                "made_at": generation.made_at.isoformat() if generation.made_at else None,
            }
            for number, generation in ring.generations.items()
        },
    }
    json.dump(document, file)
    file.flush()
    os.fsync(file.fileno())


def _read(document: dict[str, Any]) -> tuple[dict[int, Generation], int]:
    """The current form, and the first one: numbered keys with one look-up key for all, the newest of which writes."""
    if "generations" not in document:
        lookup_key = bytes.fromhex(document["lookup"])
        keys = {int(number): bytes.fromhex(key) for number, key in document["keys"].items()}
        return {n: Generation(n, key, lookup_key, None) for n, key in keys.items()}, max(keys)
    found = {
        int(number): Generation(
            int(number),
            bytes.fromhex(entry["key"]),
            bytes.fromhex(entry["lookup"]),
            datetime.fromisoformat(entry["made_at"]) if entry["made_at"] else None,
        )
        for number, entry in document["generations"].items()
    }
    return found, int(document["writing"])

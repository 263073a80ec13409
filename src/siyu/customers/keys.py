"""The key ring of this process, and what is kept of an identity: a keyed hash, and the value sealed or in clear."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from siyu.customers.contracts import SEALED_KINDS, IdentityKey, IdentityKind
from siyu.kernel import ids, keys
from siyu.kernel.crypto import KeyRing

TAIL_DIGITS = 4
TAIL_FIELD = "phone-tail"


def ring() -> KeyRing:
    """The installation's keys, made on first use, renewed when they are rotated."""
    return keys.ring(settings.SIYU.keys_path)


def lookups(key: IdentityKey) -> list[bytes]:
    """The hashes under which an identity may stand: one per generation of keys, the one that is written now first.

    Keyed for sealed kinds; plain, and only one, for a shop's own numbers.
    """
    if key.kind in SEALED_KINDS:
        return ring().lookup_hashes(key.value, key.kind.value)
    return [ids.digest16(key.kind.value, key.namespace, key.value)]


def tail_lookups(phone_tail: str) -> list[bytes]:
    """Find phones by their last four digits (many phones share one)."""
    return ring().lookup_hashes(phone_tail, TAIL_FIELD)


@dataclass(frozen=True, slots=True)
class Sealed:
    """The columns of an identity row."""

    lookup: bytes
    tail_lookup: bytes | None
    value: str
    sealed: bytes | None


def seal(key: IdentityKey) -> Sealed:
    """What is stored of `key`: all of it under one generation, the one that its sealed value names."""
    if key.kind not in SEALED_KINDS:
        return Sealed(lookups(key)[0], None, key.value, None)
    now = ring()
    return Sealed(
        lookup=now.lookup_hash(key.value, key.kind.value),
        tail_lookup=now.lookup_hash(key.value[-TAIL_DIGITS:], TAIL_FIELD),
        value="",
        sealed=now.encrypt(key.value, key.kind.value),
    )


def open_value(kind: IdentityKind, sealed: bytes) -> str:
    """A sealed identity again, such as an E.164 phone."""
    return ring().decrypt(sealed, kind.value)


def open_phone(sealed: bytes) -> str:
    """The E.164 phone again."""
    return open_value(IdentityKind.PHONE, sealed)

"""The secret of an installation's warehouse: one file, readable by its owner only."""

from __future__ import annotations

import contextlib
import hmac
import os
import secrets
from pathlib import Path

# Bytes of randomness; written as twice as many hex characters.
SECRET_BYTES = 32


def load_or_create(path: Path) -> str:
    """The secret in `path`; made on first use. Two processes that race both get the winner's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as handle:
            handle.write(secrets.token_hex(SECRET_BYTES))
            handle.flush()
            os.fsync(handle.fileno())
        with contextlib.suppress(FileExistsError):  # somebody was first, and theirs counts
            os.link(fresh, path)
    finally:
        fresh.unlink()
    return load(path)


def load(path: Path) -> str:
    """The secret in `path`. A file that others may read is refused: it is a secret no longer."""
    if path.stat().st_mode & 0o077:
        raise PermissionError(f"{path} must be readable by its owner only (chmod 600)")
    secret = path.read_text().strip()
    if len(secret) < SECRET_BYTES:
        raise ValueError(f"{path} holds no secret")
    return secret


def matches(given: str | None, secret: str) -> bool:
    """Compares in constant time."""
    return given is not None and hmac.compare_digest(given.encode(), secret.encode())

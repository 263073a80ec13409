"""Who may hand something in: the callback secret in providers' addresses, and the write keys of shops.

Free of Django, because the collector asks here for each request. Both are files of SIYU_HOME with mode 0600: write keys
only as hashes, the callback secret in clear, because it is part of an address that a person copies into a console.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from siyu.kernel import clock, ids
from siyu.kernel.settings import Settings

# Recognisable in a leak scan, and tells people what it is.
WRITE_KEY_PREFIX = "siyu_wk_"
# 187 bits: nobody guesses an address.
CALLBACK_SECRET_LENGTH = 32


def callback_secret_path(settings: Settings) -> Path:
    return settings.home / "keys" / "callback.secret"


def ensure_callback_secret(settings: Settings) -> str:
    """The secret of this installation's callback addresses; made on the first call."""
    path = callback_secret_path(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    secret = ids.new_token(CALLBACK_SECRET_LENGTH)
    with os.fdopen(handle, "w") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    return secret


def sms_callback_url(settings: Settings, provider: str = "aliyun") -> str:
    """The address to enter at an SMS provider for its delivery reports."""
    return f"{settings.collector_base}/callbacks/sms/{provider}/{ensure_callback_secret(settings)}"


def is_callback_secret(given: str, expected: str) -> bool:
    """Compares in constant time: the time of the answer tells nothing."""
    return hmac.compare_digest(given.encode(), expected.encode())


@dataclass(frozen=True)
class WriteKey:
    """A key as it is kept: the shop whose orders it may bring (empty: any), and the hash of its text."""

    shop: str
    label: str
    key_hash: str
    created_at: str


def write_keys_path(settings: Settings) -> Path:
    return settings.home / "keys" / "write_keys.json"


def create_write_key(settings: Settings, *, shop: str = "", label: str = "") -> str:
    """A new key for the order hook of one shop or, without `shop`, of all; returned in clear this once."""
    key = WRITE_KEY_PREFIX + secrets.token_urlsafe(32)
    made = WriteKey(shop, label, _hash(key), clock.now().isoformat())
    _save(settings, [*load_write_keys(settings), made])
    return key


def revoke_write_keys(settings: Settings, *, shop: str) -> int:
    """Ends every key of a shop (empty: those of any shop); returns how many."""
    held = load_write_keys(settings)
    kept = [key for key in held if key.shop != shop]
    _save(settings, kept)
    return len(held) - len(kept)


def load_write_keys(settings: Settings) -> list[WriteKey]:
    try:
        document = json.loads(write_keys_path(settings).read_text())
    except FileNotFoundError:
        return []
    return [WriteKey(**entry) for entry in document["keys"]]


class WriteKeys:
    """The keys as the collector asks for them: read again when the file has changed, so that a revoked key ends."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._version: tuple[int, int] | None = None
        self._shops: dict[str, str] = {}

    def shop_of(self, key: str) -> str | None:
        """The shop of a presented key (empty: any), or None. Found by hash, so timing reveals nothing of a key."""
        version = self._file_version()
        if version != self._version:
            self._shops = {held.key_hash: held.shop for held in load_write_keys(self._settings)}
            self._version = version
        return self._shops.get(_hash(key))

    def _file_version(self) -> tuple[int, int]:
        try:
            stat = write_keys_path(self._settings).stat()
        except FileNotFoundError:
            return (0, 0)
        return (stat.st_mtime_ns, stat.st_ino)


def _save(settings: Settings, keys: list[WriteKey]) -> None:
    path = write_keys_path(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump({"keys": [key.__dict__ for key in keys]}, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, path)


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()

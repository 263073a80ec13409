"""Where the stores are: turns Siyu's settings into Django's, creating what an embedded installation needs."""

from __future__ import annotations

import os
import secrets
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from siyu.kernel.settings import Settings

# A writer waits this long for the file before it gives up; the flock gate keeps real waits far below.
SQLITE_BUSY_SECONDS = 20
# Pages kept in memory per connection (KiB, negative by SQLite's convention).
SQLITE_CACHE_KIB = 16 * 1024
# Pages of the log (4 KiB each) after which a commit carries them over into the file. SQLite's own 1,000 are one
# transaction of an import, and each time costs two more fsyncs and the pages that the next transaction changes again.
SQLITE_CHECKPOINT_PAGES = 4_000


def records(settings: Settings) -> dict[str, Any]:
    """Django's entry for the records store: PostgreSQL by URL, otherwise the SQLite file under SIYU_HOME."""
    url = os.environ.get("SIYU_TEST_DATABASE_URL") or settings.database_url
    if url:
        return _postgres(url)
    settings.home.mkdir(parents=True, exist_ok=True)
    return {
        "ENGINE": "siyu.eventlog.sqlite",
        "NAME": settings.records_path,
        "OPTIONS": {
            "timeout": SQLITE_BUSY_SECONDS,
            "transaction_mode": "IMMEDIATE",
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
                f"PRAGMA cache_size=-{SQLITE_CACHE_KIB}; PRAGMA temp_store=MEMORY; "
                f"PRAGMA wal_autocheckpoint={SQLITE_CHECKPOINT_PAGES};"
            ),
        },
        "CONN_MAX_AGE": None,
        # In a file, so that threads of a test share it as threads of a process do.
        "TEST": {"NAME": settings.home / "test-records.sqlite3"},
    }


def _postgres(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or query.pop("host", ""),
        "PORT": str(parts.port or ""),
        "OPTIONS": query,
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
    }


def secret_key(settings: Settings) -> str:
    """The key of sessions and signatures: SIYU_SECRET_KEY, or a file made once (0600) in the keys folder."""
    given = os.environ.get("SIYU_SECRET_KEY")
    if given:
        return given
    path = settings.home / "keys" / "django.key"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(50))
    return path.read_text().strip()


def static_storage(settings: Settings) -> str:
    """Hashed names once `collectstatic` has run, plain ones before (tests, a developer's tree)."""
    if (settings.home / "static" / "staticfiles.json").exists() and not settings.debug:
        return "whitenoise.storage.CompressedManifestStaticFilesStorage"
    return "django.contrib.staticfiles.storage.StaticFilesStorage"


def upload_folder(settings: Settings) -> str:
    folder = settings.files_path / "tmp"
    folder.mkdir(parents=True, exist_ok=True)
    return str(folder)

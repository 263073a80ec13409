"""Static files: collected with hashed names and compressed once, again only when a source file changed."""

from __future__ import annotations

import hashlib
from pathlib import Path

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.management.commands import collectstatic
from django.core.management import call_command
from whitenoise.storage import CompressedManifestStaticFilesStorage

from siyu.kernel.settings import Settings


def collect(settings: Settings) -> bool:
    """Collects into SIYU_HOME/static if the sources changed; True if it did. A developer's tree serves sources."""
    if settings.debug:
        return False
    stamp_path = settings.home / "static" / ".sources"
    wanted = _fingerprint()
    if stamp_path.exists() and stamp_path.read_text() == wanted:
        return False
    stamp_path.parent.mkdir(parents=True, exist_ok=True)
    command = collectstatic.Command()
    # The configured storage serves sources until this has run once, so it cannot be the one that collects.
    command.storage = CompressedManifestStaticFilesStorage()
    call_command(command, interactive=False, verbosity=0)
    stamp_path.write_text(wanted)
    return True


def _fingerprint() -> str:
    """Over name, size and time of every source: reading the contents would cost each start a second."""
    state = hashlib.sha256()
    for finder in finders.get_finders():
        for path, storage in sorted(finder.list([]), key=lambda found: found[0]):
            source = Path(storage.path(path)).stat()
            state.update(f"{path}\0{source.st_size}\0{source.st_mtime_ns}\n".encode())
    return state.hexdigest()

"""Files of SIYU_HOME that have to exist before the processes start: folders, key ring, callback secret."""

from __future__ import annotations

from siyu.ingest.gate import ensure_callback_secret
from siyu.kernel.clock import now
from siyu.kernel.crypto import KeyRing
from siyu.kernel.settings import Settings

# Nobody else on the machine has any business in these.
PRIVATE_MODE = 0o700


def ensure(settings: Settings) -> None:
    """Makes what is missing; never changes what is there."""
    for folder in (settings.home, settings.home / "keys", settings.home / "run", settings.home / "logs"):
        folder.mkdir(parents=True, exist_ok=True, mode=PRIVATE_MODE)
    settings.files_path.mkdir(parents=True, exist_ok=True)
    KeyRing.load_or_create(settings.keys_path, now())
    ensure_callback_secret(settings)

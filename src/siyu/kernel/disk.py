"""A full disk, in whichever of its many ways it shows itself, as one expected error."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EDQUOT, ENOSPC
from pathlib import Path

from siyu.kernel.errors import SiyuError

# How SQLite, the operating system and PostgreSQL say it; their drivers pass the words on in errors of their own.
_WORDS = ("disk is full", "No space left", "could not extend file")
# Never given away to a file: the stores and logs need room to say that there is none.
RESERVE_BYTES = 64 * 1024**2


class DiskFull(SiyuError):
    code = "disk_full"
    status = 507
    message = "The disk is full. Nothing was lost: free some space, then go on."


def is_disk_full(error: BaseException) -> bool:
    """Whether a full disk is what an error comes from."""
    if isinstance(error, OSError) and error.errno in (ENOSPC, EDQUOT):
        return True
    return any(words in str(error) for words in _WORDS)


@contextmanager
def full_disk_as_error() -> Iterator[None]:
    """What fails in its block for want of space fails with DiskFull."""
    try:
        yield
    except SiyuError:
        raise
    except Exception as error:
        if is_disk_full(error):
            raise DiskFull() from error
        raise


def check_room(folder: Path, size_bytes: int) -> None:
    """DiskFull if there is no room for a file of that size, before anything of it is written."""
    if shutil.disk_usage(folder).free < size_bytes + RESERVE_BYTES:
        raise DiskFull()

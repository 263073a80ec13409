"""The one-time code that opens the first-run wizard: only who can read SIYU_HOME may found the installation.

It is a private file; `siyu migrate` writes it while nobody can sign in, and the first member of staff ends it.
"""

from __future__ import annotations

import hmac
import os
import secrets
from pathlib import Path

FILE_NAME = "setup-code.txt"
# 59 bits in an alphabet without look-alikes: typed once, never guessed.
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
GROUPS, GROUP_CHARS = 3, 4


def ensure(home: Path) -> str:
    """The code of this home, made if there is none."""
    found = read(home)
    if found:
        return found
    code = "-".join("".join(secrets.choice(ALPHABET) for _ in range(GROUP_CHARS)) for _ in range(GROUPS))
    fresh = home / f"{FILE_NAME}.new"
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(code + "\n")
    os.replace(fresh, home / FILE_NAME)
    return code


def read(home: Path) -> str:
    """The code, or nothing once the installation has been founded."""
    try:
        return (home / FILE_NAME).read_text().strip()
    except FileNotFoundError:
        return ""


def matches(home: Path, typed: str) -> bool:
    """Whether somebody has typed the code, with or without hyphens, in any case."""
    code = read(home)
    return bool(code) and hmac.compare_digest(_plain(code), _plain(typed))


def end(home: Path) -> None:
    (home / FILE_NAME).unlink(missing_ok=True)


def _plain(code: str) -> bytes:
    return "".join(sign for sign in code.upper() if sign.isalnum()).encode()

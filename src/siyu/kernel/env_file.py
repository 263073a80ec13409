"""Changing settings in `SIYU_HOME/siyu.env`, line by line; everything else in the file stays as it is."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

# What needs no quotes in any reader of such files; other values have no business coming from a form.
_PLAIN = re.compile(r"[A-Za-z0-9_./:+-]*")


def put(home: Path, values: Mapping[str, str]) -> None:
    """Sets ``SIYU_*`` names to plain values; holds from the next start. ValueError for a value that needs quotes."""
    for name, value in values.items():
        if not _PLAIN.fullmatch(value):
            raise ValueError(f"{name} cannot be {value!r} here")
    path = home / "siyu.env"
    lines = path.read_text().splitlines() if path.exists() else []
    kept = [line for line in lines if line.strip().removeprefix("export ").partition("=")[0].strip() not in values]
    text = "".join(f"{line}\n" for line in [*kept, *(f"{name}={value}" for name, value in values.items())])
    fresh = home / "siyu.env.new"
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, path)

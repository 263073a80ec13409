"""A full disk is one error, whoever meets it and however it is worded."""

from __future__ import annotations

import shutil
import sqlite3
from errno import EACCES, EDQUOT, ENOSPC
from pathlib import Path

import pytest

from siyu.kernel.disk import RESERVE_BYTES, DiskFull, check_room, full_disk_as_error
from siyu.kernel.errors import NotFound


@pytest.mark.parametrize(
    "error",
    [
        OSError(ENOSPC, "No space left on device"),
        OSError(EDQUOT, "Disk quota exceeded"),
        sqlite3.OperationalError("database or disk is full"),
        RuntimeError('could not extend file "base/5/16385": No space left on device'),
    ],
)
def test_each_way_of_saying_it_is_understood(error: Exception) -> None:
    with pytest.raises(DiskFull) as caught, full_disk_as_error():
        raise error
    assert caught.value.__cause__ is error


@pytest.mark.parametrize("error", [OSError(EACCES, "Permission denied"), ValueError("full of errors"), NotFound()])
def test_other_errors_stay_what_they_are(error: Exception) -> None:
    with pytest.raises(type(error)) as caught, full_disk_as_error():
        raise error
    assert caught.value is error


def test_room_is_what_is_left_besides_the_reserve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=RESERVE_BYTES + 1_000))
    check_room(tmp_path, 1_000)
    with pytest.raises(DiskFull):
        check_room(tmp_path, 1_001)

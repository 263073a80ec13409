"""Changing the keys of the installation: a new generation, everything sealed anew, the old one put away.

A kill anywhere leaves a ring that reads every value; the same command goes on from there.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings

from siyu.audit.contracts import Target
from siyu.eventlog import records
from siyu.eventlog.services import start_job
from siyu.kernel import clock, keys
from siyu.kernel.crypto import KeyRing
from siyu.org import actions, auditing
from siyu.org.contracts import SYSTEM, Viewer
from siyu.org.key_life import SEALED, KeyInUse, NoSuchKey, WritingKey, generations, outdated_count

RESEAL = "org.reseal"
# Until every process has read the ring that holds the new generation, none may write with it.
SETTLE_SECONDS = 2 * keys.RENEWAL_SECONDS
# Values opened per table by a check: enough to notice a wrong ring, cheap enough for every doctor.
CHECKED_VALUES = 50


def rotate_keys(*, settle_seconds: float = SETTLE_SECONDS, viewer: Viewer = SYSTEM) -> int:
    """New keys for everything that is written from now on; returns the job that seals the rest anew.

    Where an earlier rotation has not come to its end, that one goes on instead of beginning another. Not inside a
    transaction: it waits until every process knows the new keys.
    """
    path = settings.SIYU.keys_path
    ring = KeyRing.load_or_create(path, clock.now())
    newest = max(ring.generations)
    if newest == ring.writing and not outdated_count():
        ring.with_new(clock.now()).save(path)
        newest += 1
    if newest != ring.writing:
        time.sleep(settle_seconds)
        # Written down first: a kill in between leaves an entry too many, never one too few.
        _record(viewer, actions.ENCRYPTION_KEY_CREATED, newest, {"writing": ring.writing}, {"writing": newest})
        KeyRing.load(path).with_writing(newest).save(path)
    keys.renew()
    # One at a time: a second command follows the job that is under way.
    return start_job(kind=RESEAL, unique_key=RESEAL)


def retire_key(*, number: int, settle_seconds: float = SETTLE_SECONDS, viewer: Viewer = SYSTEM) -> Path:
    """Takes a generation that nothing needs off the ring, into a file of its own; returns where.

    The file is for backups from before the rotation that were made without their ring; whoever has none deletes it.
    """
    path = settings.SIYU.keys_path
    ring = KeyRing.load(path)
    if number not in ring.generations:
        raise NoSuchKey(number=number)
    if number == ring.writing:
        raise WritingKey(number=number)
    time.sleep(settle_seconds)  # a process that still wrote with it a moment ago has committed by then
    count = sum(view.value_count for view in generations() if view.number == number)
    if count:
        raise KeyInUse(number=number, count=count)
    put_away = path.with_name(f"retired-{number}.json")
    _write_private(put_away, ring, number)
    _record(viewer, actions.ENCRYPTION_KEY_RETIRED, number, {"on_ring": True}, {"on_ring": False})
    ring.without(number).save(path)
    keys.renew()
    return put_away


def _record(viewer: Viewer, action: str, number: int, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    with records.transaction():
        auditing.record(viewer, action, Target(actions.ENCRYPTION_KEY, number, str(number)), before=before, after=after)


def check_values() -> None:
    """Opens some values of every table; KeyProblem if one does not open."""
    for table in SEALED:
        table.check_open(CHECKED_VALUES)


def _write_private(path: Path, ring: KeyRing, number: int) -> None:
    kept = ring.generations[number]
    document = {"number": number, "key": kept.key.hex(), "lookup": kept.lookup_key.hex()}
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(document, file)
        file.flush()
        os.fsync(file.fileno())

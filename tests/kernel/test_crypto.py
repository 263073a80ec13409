"""The key ring hides values, finds them again, rotates, and notices tampering."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from siyu.kernel import keys
from siyu.kernel.crypto import KeyProblem, KeyRing, generation_of

MOMENT = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "ring.json"


def test_what_is_sealed_opens_again_and_differs_each_time(path: Path) -> None:
    ring = KeyRing.create(path)
    first, second = (ring.encrypt("+8613812341234", "phone") for _ in range(2))
    assert first != second
    assert b"13812341234" not in first
    assert ring.decrypt(first, "phone") == ring.decrypt(second, "phone") == "+8613812341234"


def test_the_file_is_for_its_owner_alone_and_never_replaced(path: Path) -> None:
    KeyRing.create(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        KeyRing.create(path)


def test_a_value_belongs_to_its_field(path: Path) -> None:
    ring = KeyRing.create(path)
    sealed = ring.encrypt("secret", "phone")
    with pytest.raises(KeyProblem):
        ring.decrypt(sealed, "address")
    with pytest.raises(KeyProblem):
        ring.decrypt(sealed[:-1] + bytes([sealed[-1] ^ 1]), "phone")


def test_a_new_generation_reads_first_then_writes_and_the_old_one_goes(path: Path) -> None:
    ring = KeyRing.create(path)
    sealed, found_by = ring.encrypt("old", "phone"), ring.lookup_hash("old", "phone")
    reading = ring.with_new(MOMENT)
    assert reading.encrypt("x", "phone")[1:3] == b"\x00\x01"
    assert reading.lookup_hashes("old", "phone")[0] == found_by
    reading.with_writing(2).save(path)
    rotated = KeyRing.load(path)
    assert rotated.generations[2].made_at == MOMENT
    assert rotated.decrypt(sealed, "phone") == "old"
    assert generation_of(rotated.encrypt("new", "phone")) == 2
    assert rotated.lookup_hash("old", "phone") != found_by
    assert rotated.lookup_hashes("old", "phone")[1:] == [found_by]
    with pytest.raises(KeyProblem):
        rotated.without(2)
    with pytest.raises(KeyProblem, match="key 1 is not on the ring"):
        rotated.without(1).decrypt(sealed, "phone")


def test_a_ring_of_the_first_form_is_read(path: Path) -> None:
    path.parent.mkdir()
    path.write_text(json.dumps({"keys": {"1": "11" * 32, "2": "22" * 32}, "lookup": "33" * 32}))
    ring = KeyRing.load(path)
    assert ring.writing == 2
    assert ring.generations[1].lookup_key == ring.generations[2].lookup_key == bytes.fromhex("33" * 32)
    assert ring.generations[1].made_at is None


def test_a_replaced_file_stays_private(path: Path) -> None:
    KeyRing.create(path).with_new(MOMENT).save(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_process_learns_of_a_change(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ring = keys.ring(path)
    ring.with_new(MOMENT).with_writing(2).save(path)
    assert keys.ring(path).writing == 1, "for a moment it may not know"
    monkeypatch.setattr(keys, "RENEWAL_SECONDS", 0.0)
    assert keys.ring(path).writing == 2
    path.unlink()
    with pytest.raises(KeyProblem, match="has gone"):
        keys.ring(path)
    keys.renew()


@pytest.mark.parametrize("content", ["", "{}", '{"keys": {}, "lookup": ""}', '{"keys": {"1": "zz"}, "lookup": ""}'])
def test_a_damaged_ring_says_which_file(path: Path, content: str) -> None:
    path.parent.mkdir()
    path.write_text(content)
    with pytest.raises(KeyProblem):
        KeyRing.load(path)

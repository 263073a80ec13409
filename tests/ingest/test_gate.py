"""Write keys and the callback secret: kept as they should be, compared as they should be."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from siyu.ingest import gate
from siyu.kernel.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


def test_the_callback_secret_is_made_once_and_private(settings: Settings) -> None:
    secret = gate.ensure_callback_secret(settings)
    assert gate.ensure_callback_secret(settings) == secret
    assert len(secret) == gate.CALLBACK_SECRET_LENGTH
    assert stat.S_IMODE(gate.callback_secret_path(settings).stat().st_mode) == 0o600
    assert gate.sms_callback_url(settings).endswith(f"/callbacks/sms/aliyun/{secret}")


def test_only_the_same_secret_is_the_secret() -> None:
    assert gate.is_callback_secret("abc", "abc")
    assert not gate.is_callback_secret("abd", "abc")
    assert not gate.is_callback_secret("é", "abc")
    assert not gate.is_callback_secret("", "abc")


def test_a_write_key_is_kept_as_a_hash_only(settings: Settings) -> None:
    key = gate.create_write_key(settings, shop="main", label="the shop system")
    path = gate.write_keys_path(settings)
    assert key not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [(held.shop, held.label) for held in gate.load_write_keys(settings)] == [("main", "the shop system")]


def test_keys_are_known_as_soon_as_they_are_made_and_no_longer_than_they_are_kept(settings: Settings) -> None:
    keys = gate.WriteKeys(settings)
    assert keys.shop_of("siyu_wk_none") is None
    first, second = gate.create_write_key(settings, shop="a"), gate.create_write_key(settings)
    assert (keys.shop_of(first), keys.shop_of(second), keys.shop_of(first[:-1])) == ("a", "", None)
    assert gate.revoke_write_keys(settings, shop="a") == 1
    assert (keys.shop_of(first), keys.shop_of(second)) == (None, "")

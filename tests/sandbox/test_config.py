"""The settings file: written in one step, read again when it changes."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from siyu.sandbox.config import ConfigFile, Planted, SandboxConfig, SignSeed, config_path, write


def test_what_is_written_is_read_and_nobody_else_may(tmp_path: Path) -> None:
    config = SandboxConfig(
        aliyun_key_id="k",
        planted=Planted(lift=0.2),
        signs=(SignSeed("鲜果里"),),
        marketing_window=("08:00", "20:00"),
    )
    path = write(tmp_path, config)
    assert path == config_path(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert ConfigFile(path).current() == config


def test_a_change_is_noticed(tmp_path: Path) -> None:
    file = ConfigFile(config_path(tmp_path))
    assert file.current() == SandboxConfig()
    write(tmp_path, SandboxConfig(seed=2))
    assert file.current().seed == 2
    write(tmp_path, SandboxConfig(seed=3))
    assert file.current().seed == 3


@pytest.mark.parametrize("text", ["", "[]", '{"seed": "x"}', '{"planted": {"lift": "high"}}'])
def test_a_damaged_file_is_an_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.json"
    path.write_text(text)
    with pytest.raises(ValueError):
        ConfigFile(path).current()


def test_part_of_the_fields_is_enough(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text('{"seed": 9, "planted": {"lift": 0.3}}')
    assert ConfigFile(path).current() == SandboxConfig(seed=9, planted=Planted(lift=0.3))

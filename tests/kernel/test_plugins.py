"""A separate package adds to Siyu through the entry point ``siyu.plugins``."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from siyu.kernel.registry import load_plugins


def test_an_installed_package_is_called_by_its_entry_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "fruit_plugin.py").write_text("calls = []\ndef register():\n    calls.append('called')\n")
    metadata = tmp_path / "fruit_plugin-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: fruit-plugin\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[siyu.plugins]\nfruit = fruit_plugin:register\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert load_plugins() == ["fruit"]
    assert sys.modules["fruit_plugin"].calls == ["called"]

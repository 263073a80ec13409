"""The door: what it decides without installing anything. Its file has no ending, so it is loaded by path."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import subprocess
import sys
import venv
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import pytest

DOOR = Path(__file__).resolve().parents[2] / "siyu"


@pytest.fixture
def door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The door over a project folder of the test's own."""
    loader = SourceFileLoader("siyu_door", str(DOOR))
    spec = importlib.util.spec_from_loader("siyu_door", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = bytecode
    root = tmp_path / "project"
    places = {"ROOT": root, "VENV": root / ".venv", "STAMP": root / ".venv/siyu-stamp.json"}
    places |= {"MARKER": root / ".venv/siyu-installing", "PYTHON": root / ".venv/bin/python"}
    places |= {"PROGRAM": root / ".venv/bin/siyu", "VENDOR": root / "vendor"}
    for name, path in places.items():
        monkeypatch.setattr(module, name, str(path))
    (root / ".venv/bin").mkdir(parents=True)
    for name in ("requirements.lock", "requirements-dev.lock", ".venv/bin/python", ".venv/bin/siyu"):
        (root / name).write_text(name)
    return module


def made(door: ModuleType, kind: str = "runtime") -> Path:
    """Puts down the stamp of a finished environment; returns the project folder."""
    stamp = {
        "identity": door.identity(),
        "installed": {kind: door.fingerprint(door.LOCKS[kind])},
        "built": door.built_fingerprint(),
    }
    door.write_stamp(stamp)
    return Path(door.ROOT)


def foreign_environment(door: ModuleType) -> None:
    """A virtual environment that the door did not make; its pip is a mere name, which is all that is asked for."""
    venv.create(door.VENV, clear=True, with_pip=False, symlinks=True)
    packages = next(Path(door.VENV).glob("lib/*/site-packages"))
    (packages / "pip.py").touch()


def test_it_imports_the_standard_library_only() -> None:
    tree = ast.parse(DOOR.read_text())
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert names <= set(sys.stdlib_module_names)
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]


def test_an_older_python_can_read_it_and_is_told() -> None:
    ast.parse(DOOR.read_text(), feature_version=(3, 6))
    assert os.access(DOOR, os.X_OK)


def test_an_older_python_without_a_newer_one_beside_it(
    door: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(door, "OLDEST_PYTHON", (3, 99))
    monkeypatch.setenv("PATH", "/nowhere")
    assert door.main(["run"]) == 1
    assert "Siyu needs Python 3.11 or newer" in capsys.readouterr().err


class TestEnvironment:
    def test_a_finished_one_is_left_alone(self, door: ModuleType) -> None:
        made(door)
        assert door.is_current(developer=False)
        assert not door.is_current(developer=True)

    def test_the_developers_serves_both(self, door: ModuleType) -> None:
        made(door, "dev")
        assert door.is_current(developer=False)
        assert door.is_current(developer=True)

    @pytest.mark.parametrize("change", ["lock", "marker", "python", "program", "stamp", "moved"])
    def test_what_makes_it_anew(self, door: ModuleType, change: str, monkeypatch: pytest.MonkeyPatch) -> None:
        root = made(door)
        match change:
            case "lock":
                (root / "requirements.lock").write_text("other")
            case "marker":
                Path(door.MARKER).touch()
            case "python":
                Path(door.PYTHON).unlink()
            case "program":
                Path(door.PROGRAM).unlink()
            case "stamp":
                Path(door.STAMP).write_text("{")
            case "moved":
                stamp = json.loads(Path(door.STAMP).read_text())
                stamp["identity"]["root"] = "/elsewhere"
                Path(door.STAMP).write_text(json.dumps(stamp))
        assert not door.is_current(developer=False)

    def test_somebody_elses_environment_is_taken_over_and_not_deleted(self, door: ModuleType) -> None:
        foreign_environment(door)
        assert door.adopt_venv() == {"identity": door.identity(), "installed": {}}
        assert not door.is_current(developer=False)

    @pytest.mark.parametrize("reason", ["marker", "python", "version"])
    def test_an_environment_that_cannot_serve_is_not_taken_over(
        self, door: ModuleType, monkeypatch: pytest.MonkeyPatch, reason: str
    ) -> None:
        foreign_environment(door)
        match reason:
            case "marker":
                Path(door.MARKER).touch()
            case "python":
                Path(door.PYTHON).unlink()
            case "version":
                monkeypatch.setattr(door, "identity", lambda: {"python": [3, 99]})
        assert door.adopt_venv() is None

    def test_a_changed_catalogue_is_built_again(self, door: ModuleType) -> None:
        root = made(door)
        (root / "src/siyu/locale/zh_Hans").mkdir(parents=True)
        (root / "src/siyu/locale/zh_Hans/django.po").write_text("new")
        assert not door.is_current(developer=False)

    def test_front_end_files_that_went_away_are_made_again(self, door: ModuleType) -> None:
        (Path(door.ROOT) / "vendor").mkdir()
        (Path(door.ROOT) / "vendor/htmx.js").touch()
        root = made(door)
        assert door.is_current(developer=False)
        (root / "vendor/htmx.js").unlink()
        assert not door.is_current(developer=False)

    def test_the_program_runs_from_a_path_with_spaces(self, tmp_path: Path, door: ModuleType) -> None:
        folder = tmp_path / "a folder" / "bin"
        folder.mkdir(parents=True)
        python, program = folder / "python", folder / "siyu"
        python.symlink_to(sys.executable)
        program.write_text(door.PROGRAM_SCRIPT.format(python=python))
        program.chmod(0o755)
        done = subprocess.run(
            [program, "--help"], capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": "src"}
        )
        assert done.stdout.startswith("Usage: siyu")


class TestReset:
    def test_it_deletes_an_installation(
        self, door: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        home = tmp_path / "home"
        home.mkdir()
        (home / "records.sqlite3").touch()
        Path(door.PROGRAM).unlink()
        monkeypatch.setenv("SIYU_HOME", str(home))
        assert door.main(["reset", "--yes"]) == 0
        assert not home.exists()

    def test_it_refuses_a_folder_that_is_none(
        self, door: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "thesis.txt").touch()
        monkeypatch.setenv("SIYU_HOME", str(tmp_path))
        assert door.main(["reset", "--yes"]) == 1
        assert (tmp_path / "thesis.txt").exists()

    def test_it_deletes_nothing_while_processes_cannot_be_stopped(
        self, door: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        home = tmp_path / "home"
        home.mkdir()
        (home / "records.sqlite3").touch()
        Path(door.PROGRAM).write_text("#!/bin/sh\nexit 1\n")
        Path(door.PROGRAM).chmod(0o755)
        monkeypatch.setenv("SIYU_HOME", str(home))
        assert door.main(["reset", "--yes"]) == 1
        assert home.exists()

"""The check of the lock files, on small projects of its own and on ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from siyu.cli.development.locks import problems

PROJECT = """
[project]
dependencies = ["Click>=8.2", "psycopg[binary]>=3.2"]
[project.optional-dependencies]
dev = ["pytest>=8"]
"""
HASH = " \\\n    --hash=sha256:00\n    # via siyu\n"
RUNTIME = {"click": "8.3.0", "psycopg[binary]": "3.3.0", "typing-extensions": "4.16.0"}
DEV = RUNTIME | {"pytest": "9.0.0"}


def lock(pins: dict[str, str], tail: str = HASH) -> str:
    return "".join(f"{name}=={version}{tail}" for name, version in pins.items())


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    (tmp_path / "requirements.lock").write_text(lock(RUNTIME))
    (tmp_path / "requirements-dev.lock").write_text(lock(DEV))
    return tmp_path


def test_locks_in_step(project: Path) -> None:
    assert problems(project) == []


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("requirements-dev.lock", lock(RUNTIME), "requirements-dev.lock: pytest is in pyproject.toml but not pinned"),
        ("requirements.lock", lock(RUNTIME | {"click": "8.1.0"}), "requirements.lock: Click 8.1.0 does not meet >=8.2"),
        (
            "requirements-dev.lock",
            lock(DEV | {"typing-extensions": "4.15.0"}),
            "requirements-dev.lock: typing-extensions is 4.15.0, but 4.16.0 in requirements.lock",
        ),
        ("requirements-dev.lock", lock(DEV, "\n"), "requirements-dev.lock: click==8.3.0 has no hash"),
        (
            "requirements.lock",
            "--index-url https://mirror.example/simple\n" + lock(RUNTIME),
            "requirements.lock: names an address",
        ),
    ],
)
def test_what_is_out_of_step_is_named(project: Path, name: str, text: str, expected: str) -> None:
    (project / name).write_text(text)
    assert expected in problems(project)


def test_ours() -> None:
    assert problems() == []

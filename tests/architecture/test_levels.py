"""Each package works with what stands below it in the table, and with nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.architecture import layers

pytestmark = pytest.mark.whole
DJANGO_FREE = ("kernel", "collector")


def _alone(package: str, below: list[str]) -> subprocess.CompletedProcess[str]:
    script = Path(__file__).with_name("alone.py")
    environment = {"PYTHONPATH": str(layers.ROOT / "src"), "PATH": ""}
    command = [sys.executable, str(script), package, *below]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("package", layers.packages())
def test_a_package_imports_alone(package: str) -> None:
    done = _alone(package, layers.below(package))
    assert done.returncode == 0, done.stderr[-2000:]


def test_the_wall_around_a_package_holds() -> None:
    assert "ImportError: siyu.audit is not below" in _alone("customers", ["kernel"]).stderr


@pytest.mark.parametrize("package", [name for name in DJANGO_FREE if layers.exists(name)])
def test_a_package_without_django_does_not_load_it(package: str) -> None:
    script = (
        "import importlib, pkgutil, sys\n"
        f"root = importlib.import_module('siyu.{package}')\n"
        f"for module in pkgutil.walk_packages(root.__path__, 'siyu.{package}.'):\n"
        "    importlib.import_module(module.name)\n"
        "assert 'django' not in sys.modules\n"
    )
    environment = {"PYTHONPATH": str(layers.ROOT / "src"), "PATH": "", "SIYU_HOME": "/nonexistent"}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


def test_every_package_has_its_place_in_the_table() -> None:
    there = {path.parent.name for path in layers.SOURCE.glob("*/__init__.py")}
    assert there == set(layers.packages())


def test_the_import_contracts_hold() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([str(program)], cwd=layers.ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]

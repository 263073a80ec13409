"""The package table as `.importlinter` has it: the one place where it stands."""

from __future__ import annotations

from configparser import ConfigParser
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "siyu"


def rows() -> list[list[str]]:
    """The rows of the table from the lowest up, each with those of its packages that exist."""
    config = ConfigParser()
    config.read(ROOT / ".importlinter")
    lines = config["importlinter:contract:table"]["layers"].split("\n")
    named = [[cell.strip().strip("()") for cell in line.split("|")] for line in lines if line.strip()]
    return [existing for row in reversed(named) if (existing := [name for name in row if exists(name)])]


def exists(name: str) -> bool:
    return (SOURCE / name / "__init__.py").exists()


def packages() -> list[str]:
    """Every package, lowest first."""
    return [name for row in rows() for name in row]


def below(package: str) -> list[str]:
    """The packages that `package` may import: those of lower rows."""
    found: list[str] = []
    for row in rows():
        if package in row:
            return found
        found += row
    raise KeyError(package)


def modules(package: str) -> list[Path]:
    """Every Python file of a package, migrations left out."""
    return sorted(path for path in (SOURCE / package).rglob("*.py") if "migrations" not in path.parts)

"""Are the lock files in step with `pyproject.toml`? Needs no network.

Every requirement must be pinned to a version that it allows, every pin must carry hashes, and the developer's lock
must hold every pin of the other one at the same version: the door counts on it.
`python -m siyu.cli.development.locks` prints what is wrong and exits with 1 if anything is.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from siyu.cli.development.sections import ROOT

_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)")


def problems(root: Path = ROOT) -> list[str]:
    """One line per thing that is out of step."""
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    runtime, dev = root / "requirements.lock", root / "requirements-dev.lock"
    runtime_pins, dev_pins = pins(runtime), pins(dev)
    extras = project.get("optional-dependencies", {})
    found = _unmet(project["dependencies"], runtime_pins, runtime.name)
    found += _unmet([*project["dependencies"], *extras.get("dev", [])], dev_pins, dev.name)
    found += [
        f"{dev.name}: {name} is {dev_pins.get(name, 'missing')}, but {version} in {runtime.name}"
        for name, version in runtime_pins.items()
        if dev_pins.get(name) != version
    ]
    return found + _unhashed(runtime) + _unhashed(dev)


def pins(lock: Path) -> dict[str, str]:
    """Canonical name → version of every pin."""
    matches = (_PIN.match(line) for line in lock.read_text().splitlines())
    return {canonicalize_name(match[1]): match[2] for match in matches if match}


def _unmet(requirements: Iterable[str], held: dict[str, str], lock: str) -> list[str]:
    found = []
    for text in requirements:
        requirement = Requirement(text)
        version = held.get(canonicalize_name(requirement.name))
        if version is None:
            found.append(f"{lock}: {requirement.name} is in pyproject.toml but not pinned")
        elif not requirement.specifier.contains(version, prereleases=True):
            found.append(f"{lock}: {requirement.name} {version} does not meet {requirement.specifier}")
    return found


def _unhashed(lock: Path) -> list[str]:
    blocks = re.split(r"\n(?=[A-Za-z0-9])", lock.read_text())
    pinned = [block for block in blocks if _PIN.match(block)]
    addresses = ["index-url" in block or "://" in block for block in blocks]
    found = [f"{lock.name}: {block.split()[0]} has no hash" for block in pinned if "--hash=sha256:" not in block]
    return found + ([f"{lock.name}: names an address"] if any(addresses) else [])


def main() -> int:
    found = problems()
    for line in found:
        print(line)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())

"""Fixtures of a running warehouse.

`warehouse_url` is `SIYU_TEST_WAREHOUSE_URL` if set (any ClickHouse server), else the embedded front, started once per
test session (and per xdist worker) on a free port with a folder of its own. `warehouse` is a client of a migrated,
empty database that no other test sees.
"""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from siyu.kernel.settings import load
from siyu.warehouse import client
from siyu.warehouse.client import Warehouse

# Seconds a front may take to say that it is ready (0.4 s on a quiet machine).
START_SECONDS = 60


@dataclass
class FrontProcess:
    """An embedded front in its own process; `stop` and `kill` end it, `url` carries the secret."""

    process: subprocess.Popen[str]
    home: Path
    port: int

    @property
    def secret(self) -> str:
        return (self.home / "warehouse.secret").read_text().strip()

    @property
    def url(self) -> str:
        return f"http://siyu-embedded:{self.secret}@127.0.0.1:{self.port}/siyu"

    def stop(self) -> int:
        self.process.terminate()
        return self._ended()

    def kill(self) -> int:
        self.process.send_signal(signal.SIGKILL)
        return self._ended()

    def _ended(self) -> int:
        code = self.process.wait(timeout=START_SECONDS)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code


def start_front(home: Path, *, port: int = 0, **settings: str) -> FrontProcess:
    """Starts a front over `home` and waits until it answers. `settings` become SIYU_* variables."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SIYU_")}
    environment |= {"SIYU_HOME": str(home), "SIYU_WAREHOUSE_PORT": str(port)}
    environment |= {f"SIYU_{name.upper()}": value for name, value in settings.items()}
    environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    process = subprocess.Popen(
        [sys.executable, "-m", "siyu.warehouse.front"],
        env=environment,
        cwd=home,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    if "ready on" not in line:
        process.kill()
        process.wait()
        process.stdout.close()
        raise RuntimeError(f"the front did not start (exit code {process.returncode}): {line!r}")
    return FrontProcess(process, home, int(line.strip().rpartition(":")[2]))


@pytest.fixture(scope="session")
def warehouse_front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontProcess | None]:
    """The session's own front; None when the tests run against another warehouse by URL."""
    if os.environ.get("SIYU_TEST_WAREHOUSE_URL"):
        yield None
        return
    front = start_front(tmp_path_factory.mktemp("warehouse"))
    yield front
    front.stop()


@pytest.fixture(scope="session")
def warehouse_url(warehouse_front: FrontProcess | None) -> str:
    return warehouse_front.url if warehouse_front is not None else os.environ["SIYU_TEST_WAREHOUSE_URL"]


@pytest.fixture
def warehouse(warehouse_url: str) -> Iterator[Warehouse]:
    """A migrated, empty warehouse of one's own, which `client.connect()` of this process gives as well."""
    base = warehouse_url.rpartition("/")[0]
    url = f"{base}/test_{secrets.token_hex(6)}"
    settings = load()
    before, settings.warehouse_url = settings.warehouse_url, url
    # Only here: the services need Django, which other users of this module do without.
    from siyu.warehouse import services

    wh = client.connect()
    services.migrate()
    yield wh
    settings.warehouse_url = before
    wh.command(f"DROP DATABASE IF EXISTS {client.database_of(url)} SYNC", outside_database=True)
    client.forget_connections()

"""A whole installation of one's own: its home, ports and processes, started by the supervisor or one by one.

Used by the fault tests and by the measurements. `Site.make` sets up a home; `copy` gives another one with the same
keys and data, so that two runs over the same beginning can be compared.
"""

from __future__ import annotations

import http.client
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from tests.support.ports import free_ports

ROOT = Path(__file__).resolve().parents[2]
PROCESSES = ("warehouse", "collector", "web", "worker", "sandbox")
_PORTS = ("web", "collector", "warehouse", "sandbox")
# Seconds in which a process answers or a usual command ends, on a machine that is busy with other things.
START_SECONDS = 60
COMMAND_SECONDS = 600


class NotInTime(AssertionError):
    """Something that was waited for did not happen."""


def wait_until(true: Callable[[], Any], *, seconds: float, what: str, pause_seconds: float = 0.05) -> Any:
    """What `true` returns once it is true; its OSErrors count as not yet."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            found = true()
        except OSError:
            found = None
        if found:
            return found
        if time.monotonic() > deadline:
            raise NotInTime(f"{what}: not within {seconds:.0f} s")
        time.sleep(pause_seconds)


@dataclass
class Answer:
    status: int
    body: bytes
    headers: dict[str, str]

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Site:
    """One installation. `processes` are those that were started one by one; `up` leaves that to the supervisor."""

    home: Path
    ports: dict[str, int]
    database_url: str = ""
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    command_seconds: float = COMMAND_SECONDS

    @classmethod
    def make(cls, home: Path, *, sandbox: bool = True, database_url: str = "", **settings: str) -> Site:
        """A home with settings and migrated records; `settings` are SIYU_* by their lower-case names."""
        home.mkdir(parents=True)
        site = cls(home, dict(zip(_PORTS, free_ports(len(_PORTS)), strict=True)), fresh_database(database_url))
        lines = {f"SIYU_{name.upper()}_PORT": str(port) for name, port in site.ports.items()}
        lines |= {
            "SIYU_SANDBOX": str(sandbox).lower(),
            "SIYU_ALIYUN_SMS_ENDPOINT": f"127.0.0.1:{site.ports['sandbox']}",
            "SIYU_ALIYUN_SMS_PROTOCOL": "http",
            "SIYU_ALIYUN_SMS_KEY_ID": f"LTAI{secrets.token_hex(8)}",
            "SIYU_ALIYUN_SMS_KEY_SECRET": secrets.token_hex(16),
            **{f"SIYU_{name.upper()}": value for name, value in settings.items()},
        }
        (home / "siyu.env").write_text("".join(f"{name}={value}\n" for name, value in lines.items()))
        site.siyu("migrate", "--skip-warehouse")
        return site

    def copy(self, home: Path) -> Site:
        """The same installation elsewhere, with the same keys and ports: only one of them can run at a time."""
        shutil.copytree(self.home, home)
        if not self.database_url:
            return Site(home, dict(self.ports))
        base, _, name = self.database_url.rpartition("/")
        fresh = f"siyu_faults_{uuid.uuid4().hex[:12]}"
        admin(base, f'CREATE DATABASE "{fresh}" TEMPLATE "{name}"')
        return Site(home, dict(self.ports), f"{base}/{fresh}")

    def remove(self) -> None:
        """Ends what runs and deletes everything."""
        self.stop_all()
        shutil.rmtree(self.home, ignore_errors=True)
        if self.database_url:
            base, _, name = self.database_url.rpartition("/")
            admin(base, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SIYU_")}
        kept |= {"SIYU_HOME": str(self.home), "DJANGO_SETTINGS_MODULE": "siyu.config.settings"}
        kept["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(ROOT / "src")])
        if self.database_url:
            kept["SIYU_DATABASE_URL"] = self.database_url
        return kept

    # ---- commands ----------------------------------------------------------------------------------------------

    def siyu(self, *arguments: str, exit_code: int = 0) -> Any:
        """Runs a command of the program with --json; its document."""
        done = self.program(*arguments, "--json")
        said = f"siyu {' '.join(arguments)}: exit code {done.returncode}\n{done.stdout}{done.stderr}"
        assert done.returncode == exit_code, said
        return json.loads(done.stdout)

    def program(self, *arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "siyu.cli", *arguments]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=self.command_seconds, check=False,
            **more,
        )  # fmt: skip

    def python(self, code: str, *arguments: str) -> Any:
        """Runs code with Django set up over this installation; it prints one JSON document as its last line."""
        done = subprocess.run(
            [sys.executable, "-c", f"import django; django.setup()\n{code}", *arguments],
            env=self.environment, capture_output=True, text=True, timeout=COMMAND_SECONDS, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    # ---- processes ---------------------------------------------------------------------------------------------

    def up(self) -> None:
        self.siyu("up", "--detach")

    def down(self) -> None:
        self.siyu("down")

    def supervised_pids(self) -> dict[str, int]:
        """Process ids by name, as the supervisor has noted them."""
        state = json.loads((self.home / "run" / "supervisor.json").read_text())
        return {entry["name"]: entry["pid"] for entry in state["processes"]}

    def start(self, name: str, *, failpoint: str = "") -> None:
        """Starts one process and returns at once; its output goes to a log in the home."""
        environment = self.environment | ({"SIYU_FAILPOINT": failpoint} if failpoint else {})
        log_path = self.home / "logs" / f"{name}.log"
        log_path.parent.mkdir(exist_ok=True)
        with log_path.open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", "siyu.cli", name],
                env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip

    def start_all(self) -> None:
        """Starts every process, the warehouse's tables included, and waits until all answer."""
        self.start("warehouse")
        self.await_answer("warehouse", "/ping")
        self.siyu("migrate")
        for name in PROCESSES[1:]:
            self.start(name)
        for name in ("collector", "web", "sandbox"):
            self.await_answer(name)

    def await_answer(self, name: str, path: str = "/healthz") -> None:
        wait_until(
            lambda: self.request(name, "GET", path, retry=False).status == 200,
            seconds=START_SECONDS, what=f"{name} answers",
        )  # fmt: skip

    def kill(self, name: str) -> int:
        """SIGKILL; returns the exit code, which is -9 unless it had ended before."""
        process = self.processes.pop(name)
        process.send_signal(signal.SIGKILL)
        return process.wait()

    def stop_all(self) -> None:
        """Asks the processes to stop, the warehouse last, and waits."""
        for name in reversed(PROCESSES):
            if name in self.processes:
                process = self.processes.pop(name)
                process.terminate()
                try:
                    process.wait(timeout=START_SECONDS)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()

    # ---- requests ----------------------------------------------------------------------------------------------

    def request(
        self,
        name: str,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        *,
        retry: bool = True,
        seconds: float = 120.0,
    ) -> Answer:
        """One request to a process; with `retry` it is sent again, as a good client does, until it is answered below
        500.
        """
        if not retry:
            return _asked(self.ports[name], method, path, body, headers or {})

        def answered() -> Answer | None:
            found = _asked(self.ports[name], method, path, body, headers or {})
            return found if found.status < 500 else None

        return wait_until(answered, seconds=seconds, what=f"{method} {path}", pause_seconds=0.1)

    def control(self, method: str, path: str, document: Any = None) -> Any:
        """Steers the sandbox."""
        body = b"" if document is None else json.dumps(document).encode()
        answer = self.request("sandbox", method, f"/control/{path}", body, {"Content-Type": "application/json"})
        assert answer.status == 200, answer.body
        return answer.json()


def _asked(port: int, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, body or None, dict(headers))
        response = connection.getresponse()
        return Answer(response.status, response.read(), dict(response.headers))
    except http.client.HTTPException as error:
        raise ConnectionError(str(error)) from error
    finally:
        connection.close()


def fresh_database(url: str) -> str:
    """An empty database beside the one of a PostgreSQL URL; the empty text for SQLite."""
    if not url:
        return ""
    base = url.partition("?")[0].rpartition("/")[0]
    name = f"siyu_faults_{uuid.uuid4().hex[:12]}"
    admin(base, f'CREATE DATABASE "{name}"')
    return f"{base}/{name}"


def admin(base: str, statement: str) -> None:
    """One statement on the server's own database."""
    with psycopg.connect(f"{base}/postgres", autocommit=True) as connection:
        connection.execute(statement)


@contextmanager
def removed_at_end(site: Site) -> Iterator[Site]:
    try:
        yield site
    finally:
        site.remove()


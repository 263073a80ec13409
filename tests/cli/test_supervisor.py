"""The supervisor with real child processes: small servers of our own that can be told to die, hang or refuse."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
from tests.support.ports import free_port

from siyu.cli.supervisor import state as states
from siyu.cli.supervisor.ports import PortMissing, PortTaken, check_ports
from siyu.cli.supervisor.processes import ProcessSpec, plan
from siyu.kernel.settings import Settings

pytestmark = pytest.mark.whole
# A child: answers /healthz, stops on SIGTERM, notes both in a journal; `stubborn` ignores SIGTERM.
CHILD = """
import http.server, os, signal, sys, threading
from siyu.cli.supervisor.lifeline import follow_supervisor
follow_supervisor()
name, port, journal, mood = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
def note(what):
    with open(journal, "a") as file:
        file.write(f"{name} {what}\\n")
if mood == "broken":
    print("the reason why it cannot start", flush=True)
    sys.exit(3)
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def log_message(self, *arguments):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
note("started")
def stop(*_):
    note("stopping")
    if mood != "stubborn":
        threading.Thread(target=server.shutdown).start()
signal.signal(signal.SIGTERM, stop)
server.serve_forever()
note("ended")
"""

# The supervisor of a test, as a process of its own: signals and kills are the point.
PARENT = """
import json, sys
from pathlib import Path
from siyu.cli.supervisor.processes import ProcessSpec
from siyu.cli.supervisor.supervisor import Supervisor
from siyu.kernel.errors import SiyuError
from siyu.kernel.settings import Settings
home, specs, preparing, afterwards = Path(sys.argv[1]), *map(json.loads, sys.argv[2:5])
specs = [ProcessSpec(**{**spec, "command": tuple(spec["command"])}) for spec in specs]
supervisor = Supervisor(Settings(home=home), specs, preparing=preparing, afterwards=afterwards,
                        on_running=lambda: print("all is running", flush=True))
try:
    supervisor.run()
except SiyuError as error:
    sys.exit(f"{error.code}: {error}")
"""
WAIT_SECONDS = 20.0


def until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for: {what}"
        time.sleep(0.02)


@dataclass
class Stage:
    """A home, a journal that the children write, and the supervisors that a test starts."""

    home: Path
    parents: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def journal(self) -> Path:
        return self.home / "journal"

    def notes(self) -> list[str]:
        return self.journal.read_text().splitlines() if self.journal.exists() else []

    def spec(self, name: str, *, mood: str = "calm", rank: int = 0, grace: float = 5.0, port: int = 0) -> ProcessSpec:
        port = port or free_port()
        command = (sys.executable, "-c", CHILD, name, str(port), str(self.journal), mood)
        return ProcessSpec(name, "127.0.0.1", port, f"SIYU_{name.upper()}_PORT", "/healthz", rank, grace, command)

    def start(
        self, *specs: ProcessSpec, preparing: tuple[str, ...] = (), afterwards: tuple[str, ...] = ()
    ) -> subprocess.Popen[str]:
        """Starts a supervisor; `preparing` and `afterwards` are Python code."""
        code = [json.dumps([[sys.executable, "-c", text] for text in texts]) for texts in (preparing, afterwards)]
        documents = json.dumps([spec.__dict__ for spec in specs])
        parent = subprocess.Popen(
            [sys.executable, "-c", PARENT, str(self.home), documents, *code],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": "src"},
        )
        self.parents.append(parent)
        return parent

    def entry(self, name: str) -> states.ProcessEntry | None:
        state = states.read(self.home)
        return next((entry for entry in state.processes if entry.name == name), None) if state else None

    def is_running(self) -> bool:
        state = states.read(self.home)
        return state is not None and state.phase == "running"

    def pid(self, name: str) -> int:
        entry = self.entry(name)
        assert entry is not None
        return entry.pid


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path)
    yield made
    for parent in made.parents:
        parent.kill()
        parent.communicate()
    states.end_leftovers(tmp_path, grace_seconds=5)


def finish(parent: subprocess.Popen[str], number: signal.Signals = signal.SIGTERM) -> tuple[int, str, str]:
    parent.send_signal(number)
    out, err = parent.communicate(timeout=WAIT_SECONDS)
    return parent.returncode, out, err


def test_it_starts_all_and_stops_by_rank(stage: Stage) -> None:
    parent = stage.start(stage.spec("store", rank=2), stage.spec("web", rank=0), stage.spec("worker", rank=1))
    until(stage.is_running, "running")
    code, out, err = finish(parent)
    assert (code, out, err) == (0, "all is running\n", "")
    stops = [note for note in stage.notes() if note.split()[1] in ("stopping", "ended")]
    assert stops == [
        "web stopping", "web ended", "worker stopping", "worker ended", "store stopping", "store ended",
    ]  # fmt: skip
    assert not states.is_held(stage.home)


def test_a_killed_child_comes_back(stage: Stage) -> None:
    parent = stage.start(stage.spec("web"), stage.spec("worker"))
    until(stage.is_running, "running")
    first = stage.pid("web")
    os.kill(first, signal.SIGKILL)
    until(lambda: (entry := stage.entry("web")) and entry.pid != first and entry.restarts == 1, "the restart")
    assert stage.notes().count("worker started") == 1
    assert finish(parent)[0] == 0


def test_a_stubborn_child_is_killed_after_its_grace(stage: Stage) -> None:
    parent = stage.start(stage.spec("web", mood="stubborn", grace=0.5))
    until(stage.is_running, "running")
    pid = stage.pid("web")
    assert finish(parent)[0] == 0
    assert not psutil.pid_exists(pid)
    assert stage.notes() == ["web started", "web stopping"]


def test_a_second_signal_does_not_wait(stage: Stage) -> None:
    parent = stage.start(stage.spec("web", mood="stubborn", grace=600))
    until(stage.is_running, "running")
    parent.send_signal(signal.SIGINT)
    until(lambda: "web stopping" in stage.notes(), "the stop")
    assert finish(parent, signal.SIGINT)[0] == 0


def test_children_end_with_a_killed_supervisor_and_the_next_one_starts(stage: Stage) -> None:
    spec = stage.spec("web")
    parent = stage.start(spec)
    until(stage.is_running, "running")
    pid = stage.pid("web")
    parent.kill()
    parent.communicate()
    until(lambda: not psutil.pid_exists(pid), "the child's end")
    # The kernel may tell the child more than once: for each thread of the supervisor that it sees end.
    assert list(dict.fromkeys(stage.notes())) == ["web started", "web stopping", "web ended"]
    again = stage.start(spec)
    until(lambda: stage.is_running() and stage.pid("web") != pid, "the next start")
    assert finish(again)[0] == 0


def test_a_child_that_outlived_its_supervisor_is_ended_first(stage: Stage) -> None:
    spec = stage.spec("web", mood="stubborn", grace=0.5)
    parent = stage.start(spec)
    until(stage.is_running, "running")
    pid = stage.pid("web")
    parent.kill()
    parent.communicate()
    until(lambda: "web stopping" in stage.notes(), "the kernel's notice")
    assert psutil.pid_exists(pid)
    assert states.end_leftovers(stage.home, grace_seconds=0.2) == ["web"]
    until(lambda: not psutil.pid_exists(pid), "its end")


def test_two_on_one_home_are_refused(stage: Stage) -> None:
    first = stage.start(stage.spec("web"))
    until(stage.is_running, "running")
    second = stage.start(stage.spec("web"))
    _, err = second.communicate(timeout=WAIT_SECONDS)
    assert second.returncode == 1
    assert err.startswith(f"already_running: Siyu runs already on {stage.home} (pid {first.pid})")
    assert stage.is_running()


def test_two_homes_run_side_by_side(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = Stage(tmp_path_factory.mktemp("other"))
    first, second = stage.start(stage.spec("web")), other.start(other.spec("web"))
    until(lambda: stage.is_running() and other.is_running(), "both")
    assert [finish(parent)[0] for parent in (first, second)] == [0, 0]


def test_a_child_that_never_starts_says_why(stage: Stage) -> None:
    parent = stage.start(stage.spec("web", mood="broken"), stage.spec("worker"))
    _, err = parent.communicate(timeout=WAIT_SECONDS)
    assert parent.returncode == 1
    assert err.startswith("start_failed: web did not start.")
    assert "the reason why it cannot start" in err
    assert "worker ended" in stage.notes()


def test_preparing_comes_first_and_stops_all_when_it_fails(stage: Stage) -> None:
    code = "import sys; print('no way to migrate'); sys.exit(1)"
    parent = stage.start(stage.spec("warehouse"), stage.spec("web"), preparing=(code,))
    _, err = parent.communicate(timeout=WAIT_SECONDS)
    assert parent.returncode == 1
    assert "no way to migrate" in err
    assert "web started" not in stage.notes()


def test_what_comes_afterwards_is_awaited_and_may_fail(stage: Stage) -> None:
    note = f"open({str(stage.journal)!r}, 'a').write('afterwards done\\n')"
    parent = stage.start(stage.spec("web"), afterwards=("raise SystemExit(1)", note))
    until(stage.is_running, "running")
    assert stage.notes() == ["web started", "afterwards done"]
    assert finish(parent)[0] == 0


def test_output_goes_to_the_log_of_the_process(stage: Stage) -> None:
    parent = stage.start(stage.spec("web", mood="broken"))
    parent.communicate(timeout=WAIT_SECONDS)
    assert (stage.home / "logs" / "web.log").read_text().splitlines() == ["the reason why it cannot start"] * 3


class TestPorts:
    def spec(self, port: int) -> ProcessSpec:
        return ProcessSpec("web", "127.0.0.1", port, "SIYU_WEB_PORT", "/", 0, 1.0, ())

    def test_a_taken_port_names_its_holder_and_setting(self) -> None:
        with socket.socket() as held:
            held.bind(("127.0.0.1", 0))
            held.listen()
            port = held.getsockname()[1]
            with pytest.raises(PortTaken) as caught:
                check_ports([self.spec(port)], "127.0.0.1")
        assert caught.value.data["port"] == port
        assert f"(pid {os.getpid()})" in str(caught.value)
        assert "SIYU_WEB_PORT" in str(caught.value)

    def test_a_free_port_is_fine(self) -> None:
        check_ports([self.spec(free_port())], "127.0.0.1")

    def test_zero_is_no_port_for_a_supervised_process(self) -> None:
        with pytest.raises(PortMissing):
            check_ports([self.spec(0)], "127.0.0.1")


class TestPlan:
    def test_the_embedded_installation(self, tmp_path: Path) -> None:
        names = [spec.name for spec in plan(Settings(home=tmp_path, warehouse_url="", sandbox=False))]
        assert names == ["warehouse", "collector", "web", "worker"]

    def test_a_server_replaces_the_embedded_warehouse_and_the_sandbox_is_a_wish(self, tmp_path: Path) -> None:
        settings = Settings(home=tmp_path, warehouse_url="http://x:1@h:8123/d", sandbox=True)
        assert [spec.name for spec in plan(settings)] == ["collector", "web", "worker", "sandbox"]

    def test_health_is_asked_on_loopback_when_all_addresses_are_served(self, tmp_path: Path) -> None:
        settings = Settings(home=tmp_path, host="0.0.0.0")
        assert {spec.host for spec in plan(settings)} == {"127.0.0.1"}

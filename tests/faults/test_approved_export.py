"""SIGKILL in the middle of an approved export: at the worker that writes it, and at the web process that is answering.

Fail points are passed one by one in `test_fail_points`; here real processes die wherever they happen to be.
"""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.faults.harness import Answer, Site, wait_until

pytestmark = pytest.mark.faults
# Enough for a file that takes some tenths of a second, and is met half written.
CUSTOMERS = 6_000
END_SECONDS = 60
# A request has left, and is on its way through the process.
UNDER_WAY_SECONDS = 0.01
APPROVE = b'{"approve": true}'
_ASKED = """
import json
from siyu.customers import services
from siyu.customers.contracts import IdentityKey, IdentityKind, PersonIn
from siyu.eventlog import records
from siyu.kernel import clock
from siyu.org.services import create_token
from tests.faults import exporting
people = [PersonIn((IdentityKey(IdentityKind.MEMBER, "main", f"N{n}"),), clock.now(), f"P{n}", {})
          for n in range(int(sys.argv[1]))]
with records.transaction():
    ids = services.ensure_people(people, source="faults", trace_id="f" * 32)
approval_id = exporting.ask(ids)
print(json.dumps([approval_id, create_token(staff_id=exporting.viewer(exporting.BOSS, "owner").staff_id, label="t")]))
"""
# What a dead worker held is free after its lease, which is half a minute: not waited for here.
_LEASES_RUN_OUT = """
from siyu.eventlog.models import Job
from siyu.kernel import clock
print(Job.objects.filter(state="running").update(lease_until=clock.now()))
"""
_OUTCOME = """
import json
from siyu.eventlog.models import Job
from tests.faults import exporting
jobs = [[job.state, json.loads(job.result_json or "{}").get("rows")] for job in Job.objects.filter(kind="ui.export")]
print(json.dumps(exporting.outcome() | {"jobs": jobs}))
"""


@dataclass
class Asked:
    """An installation with a request that waits, and the key of who may decide."""

    site: Site
    approval_id: int
    token: str

    @property
    def folder(self) -> Path:
        return self.site.home / "files" / "exports"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}

    @property
    def address(self) -> str:
        return f"/api/v1/approvals/{self.approval_id}/decide"

    def decide(self) -> Answer:
        return self.site.request("web", "POST", self.address, APPROVE, self.headers)

    def files(self, ending: str) -> list[Path]:
        return list(self.folder.glob(f"*{ending}"))

    def await_half(self) -> None:
        wait_until(lambda: self.files(".part"), seconds=END_SECONDS, what="a half file", pause_seconds=0.002)

    def await_end(self) -> dict[str, Any]:
        wait_until(lambda: self.files(".csv"), seconds=END_SECONDS, what="the file is there")
        return wait_until(self._ended, seconds=END_SECONDS, what="the job has ended")

    def _ended(self) -> dict[str, Any] | None:
        found: dict[str, Any] = self.site.python(_OUTCOME)
        return found if all(state == "done" for state, _ in found["jobs"]) else None


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    url = os.environ.get("SIYU_TEST_DATABASE_URL", "")
    site = Site.make(tmp_path_factory.mktemp("export") / "home", sandbox=False, database_url=url)
    try:
        yield Asked(site, *site.python(f"import sys\n{_ASKED}", str(CUSTOMERS)))
    finally:
        site.remove()


@pytest.fixture
def asked(prepared: Asked, tmp_path: Path) -> Iterator[Asked]:
    site = prepared.site.copy(tmp_path / "home")
    site.start("web")
    site.start("worker")
    site.await_answer("web")
    yield Asked(site, prepared.approval_id, prepared.token)
    site.remove()


def _check_once(found: dict[str, Any]) -> None:
    """One decision, one job, one whole file, one entry in the audit log, one notice of each kind."""
    assert found["jobs"] == [["done", CUSTOMERS]]
    assert found["approvals"] == [["customers.export", "done", CUSTOMERS, True]]
    assert [(action, name, count) for action, name, _, count in found["audited"]] == [
        ("approval.asked", "operator", 1), ("approval.decided", "owner", 1), ("list.exported", "operator", 1),
    ]  # fmt: skip
    assert found["notices"] == [["approval.asked", 1], ["approval.settled", 1], ["job.done", 1]]
    assert [(suffix, lines) for suffix, lines, _ in found["files"]] == [(".csv", CUSTOMERS + 1)]


def test_a_worker_that_dies_over_the_file_leaves_one_whole_file(asked: Asked) -> None:
    assert asked.decide().status == 200
    asked.await_half()
    assert asked.site.kill("worker") == -signal.SIGKILL
    assert asked.files(".part")
    assert not asked.files(".csv")
    assert asked.site.python(_LEASES_RUN_OUT) == 1
    asked.site.start("worker")
    _check_once(asked.await_end())


def test_a_web_process_that_dies_over_the_decision_decides_once(asked: Asked) -> None:
    """Whoever got no answer decides again: it is taken now, or it was taken before. The file does not need the web."""
    head = "".join(f"{name}: {value}\r\n" for name, value in {**asked.headers, "Content-Length": len(APPROVE)}.items())
    with socket.create_connection(("127.0.0.1", asked.site.ports["web"])) as connection:
        connection.sendall(f"POST {asked.address} HTTP/1.1\r\nHost: 127.0.0.1\r\n{head}\r\n".encode() + APPROVE)
        time.sleep(UNDER_WAY_SECONDS)
        assert asked.site.kill("web") == -signal.SIGKILL
    asked.site.start("web")
    assert asked.decide().status in (200, 409)
    assert asked.decide().status == 409
    assert asked.site.kill("web") == -signal.SIGKILL
    _check_once(asked.await_end())

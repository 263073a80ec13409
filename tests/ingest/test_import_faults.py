"""Imports that are killed, run twice at once, or moved to another worker end in the same state."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from django.db import connection
from tests.ingest.import_files import counts, state, write

from siyu.eventlog import jobs
from siyu.eventlog import queries as eventlog
from siyu.eventlog.contracts import JobState
from siyu.eventlog.models import Job
from siyu.ingest import services
from siyu.ingest.mappings.builtin import GENERIC
from siyu.kernel import clock
from siyu.kernel.failpoints import EXIT_CODE
from siyu.org.contracts import SYSTEM

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]
FAIL_POINTS = (
    "ingest.import.before_chunk",
    "ingest.import.after_people",
    "ingest.import.after_orders",
    "ingest.import.before_commit",
    "ingest.import.after_commit",
    "ingest.import.before_end",
)
_WORKER = """
import os, sys, django
from django.conf import settings
settings.DATABASES["default"]["NAME"] = os.environ["SIYU_FAULT_DATABASE"]
django.setup()
from siyu.eventlog import jobs
sys.exit(0 if jobs.run_job(job_id=int(os.environ["SIYU_FAULT_JOB"])) else 1)
"""


@pytest.fixture
def orders_file(tmp_path: Path) -> Path:
    """Three transactions: 18,000 lines of 6,000 orders by 600 people, with refunds and rejected rows among them."""
    rows = []
    for n in range(18_000):
        word = "退款成功" if n % 50 == 0 else ""
        price = "bad" if n % 97 == 0 else f"{n % 40 + 1}.{n % 100:02d}"
        rows.append(
            f"A{n // 3},2024-05-01 10:00:00,M{n // 30},,P{n // 30},上海,S{n % 7},x,{n % 5 + 1},{price},,{word},,是"
        )
    return write(tmp_path, *rows)


def _start_worker(job_id: int, failpoint: str = "") -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "SIYU_FAULT_DATABASE": str(connection.settings_dict["NAME"]),
        "SIYU_FAULT_JOB": str(job_id),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    environment.pop("SIYU_FAILPOINT", None)
    if failpoint:
        environment["SIYU_FAILPOINT"] = failpoint
    return subprocess.Popen([sys.executable, "-c", _WORKER], env=environment, stderr=subprocess.DEVNULL)


def _release(job_id: int) -> None:
    """As if the dead worker's lease had run out."""
    Job.objects.filter(pk=job_id).update(lease_until=clock.from_millis(0))


def _finish(job_id: int) -> dict[str, object]:
    _release(job_id)
    assert jobs.run_job(job_id=job_id)
    job = eventlog.job(job_id)
    assert job.state is JobState.DONE, job.error
    return {name: value for name, value in (job.result or {}).items() if name not in ("seconds", "import_id", "job_id")}


@pytest.fixture
def expected(orders_file: Path) -> tuple[dict[str, object], dict[str, object]]:
    """Counts and state of an import that nobody disturbs; everything is cleared away again."""
    result = counts(orders_file)
    kept = {name: value for name, value in result.items() if name not in ("seconds", "import_id", "job_id")}
    errors = Path(result["errors_file"]).read_text()
    before = state()
    from django.core.management import call_command

    call_command("flush", interactive=False, verbosity=0)
    return kept, {**before, "errors": errors}


@pytest.mark.parametrize("passes", [1, 2])
@pytest.mark.parametrize("failpoint", FAIL_POINTS)
def test_death_at_every_step_is_made_good(
    orders_file: Path, expected: tuple[dict[str, object], dict[str, object]], failpoint: str, passes: int
) -> None:
    if failpoint == "ingest.import.before_end" and passes == 2:
        pytest.skip("an import ends once")
    started = services.start_import(file=orders_file, mapping=GENERIC, viewer=SYSTEM)
    worker = _start_worker(started.job_id, f"{failpoint}:{passes}")
    assert (worker.wait(timeout=60), eventlog.job(started.job_id).error) == (EXIT_CODE, "")
    assert eventlog.job(started.job_id).state is JobState.RUNNING
    _check(_finish(started.job_id), expected)


def test_a_checkpoint_of_another_cut_does_not_count(
    orders_file: Path, expected: tuple[dict[str, object], dict[str, object]]
) -> None:
    """As after an update between death and resumption: to skip transactions that were cut otherwise would lose rows."""
    started = services.start_import(file=orders_file, mapping=GENERIC, viewer=SYSTEM)
    worker = _start_worker(started.job_id, "ingest.import.after_commit")
    assert worker.wait(timeout=60) == EXIT_CODE
    left = json.loads(Job.objects.get(pk=started.job_id).state_json)
    Job.objects.filter(pk=started.job_id).update(state_json=json.dumps({**left, "cut": 1_000, "chunks": 3}))
    assert _finish(started.job_id)["orders"] == expected[0]["orders"]
    _compare_state(expected)


def test_random_kills_are_made_good(orders_file: Path, expected: tuple[dict[str, object], dict[str, object]]) -> None:
    started = services.start_import(file=orders_file, mapping=GENERIC, viewer=SYSTEM)
    chance = random.Random(7)
    for _ in range(4):
        worker = _start_worker(started.job_id)
        time.sleep(chance.uniform(0.6, 1.6))
        worker.send_signal(signal.SIGKILL)
        worker.wait(timeout=60)
        _release(started.job_id)
        Job.objects.filter(pk=started.job_id).update(attempts=0)
    if eventlog.job(started.job_id).state is JobState.DONE:
        _compare_state(expected)
        return
    _check(_finish(started.job_id), expected)


def test_two_imports_of_one_file_at_once_end_in_the_same_state(
    orders_file: Path, expected: tuple[dict[str, object], dict[str, object]]
) -> None:
    started = [services.start_import(file=orders_file, mapping=GENERIC, viewer=SYSTEM) for _ in range(2)]

    def work(job_id: int) -> None:
        try:
            jobs.run_job(job_id=job_id)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(one.job_id,)) for one in started]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    results = [eventlog.job(one.job_id) for one in started]
    assert [job.state for job in results] == [JobState.DONE, JobState.DONE], [job.error for job in results]
    counted = [job.result or {} for job in results]
    rows = expected[0]["accepted"]
    assert sum(result["accepted"] for result in counted) == rows
    assert sum(result["duplicates"] for result in counted) == rows
    _compare_state(expected)


def _check(result: dict[str, object], expected: tuple[dict[str, object], dict[str, object]]) -> None:
    assert {**result, "errors_file": None} == {**expected[0], "errors_file": None}
    assert Path(str(result["errors_file"])).read_text() == expected[1]["errors"]
    _compare_state(expected)


def _compare_state(expected: tuple[dict[str, object], dict[str, object]]) -> None:
    assert state() == {name: value for name, value in expected[1].items() if name != "errors"}

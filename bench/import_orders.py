"""The import of the public log beside the plainest way to get the same rows into SQLite, and its memory."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

import polars as pl

from bench import environment
from bench.rows import BenchRow
from bench.scale import scaled

# Odd, so that the middle one is a run that happened; taken in turns with the reference, because machines are shared.
RUNS = scaled(3)
REFERENCE = "Polars read + executemany, FULL"
_IMPORT = """
import json, resource, sys
from pathlib import Path
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from siyu.eventlog import jobs, queries as eventlog
from siyu.ingest import queries, services
from siyu.org.contracts import SYSTEM
base_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
results = []
for dry_run in (False, False, True):
    started = services.start_import(
        file=Path(sys.argv[1]), mapping=queries.mapping(SYSTEM, "online_retail"), viewer=SYSTEM, dry_run=dry_run
    )
    jobs.run_job(job_id=started.job_id)
    job = eventlog.job(started.job_id)
    assert job.state.value == "done", job.error
    results.append(job.result)
peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"results": results, "base_mb": base_kib / 1024, "peak_mb": peak_kib / 1024}))
"""


def run() -> list[BenchRow]:
    with tempfile.TemporaryDirectory(prefix="siyu-bench-") as folder:
        log = environment.order_log(Path(folder))
        return _rows(log) if log is not None else []


def _rows(log: Path) -> list[BenchRow]:
    imports, plain = [], []
    for _ in range(RUNS):
        plain.append(plain_seconds(log))
        imports.append(_import(log))
    reference_seconds = sorted(plain)[RUNS // 2]
    middle = sorted(imports, key=lambda done: done["results"][0]["seconds"])[RUNS // 2]
    first, again, dry = middle["results"]
    return [
        BenchRow(
            "import", f"{first['rows']:,} lines into orders, people and events", first["seconds"], "s",
            target=f"<= {4 * reference_seconds:.2f}", reference=REFERENCE, reference_value=reference_seconds,
            note="4x the reference of the same run",
        ),
        BenchRow("import", "rows per second", first["rows"] / first["seconds"], "rows/s"),
        BenchRow("import", "the same file again", again["seconds"], "s", "", REFERENCE, reference_seconds),
        BenchRow("import", "dry run of it", dry["seconds"], "s", "", REFERENCE, reference_seconds),
        BenchRow(
            "import", "peak memory of the process", max(done["peak_mb"] for done in imports), "MB", target="<= 700",
            reference="before the import", reference_value=middle["base_mb"],
        ),
    ]  # fmt: skip


def plain_seconds(log: Path) -> float:
    """Reads the log with Polars and writes its rows as they are, in one transaction with synchronous=FULL."""
    with tempfile.TemporaryDirectory(prefix="siyu-bench-") as folder:
        started = perf_counter()
        frame = pl.read_csv(log, infer_schema=False)
        connection = sqlite3.connect(Path(folder) / "plain.sqlite3")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(f"CREATE TABLE log ({', '.join(frame.columns)})")
        places = ", ".join("?" * frame.width)
        connection.executemany(f"INSERT INTO log VALUES ({places})", frame.iter_rows())
        connection.commit()
        connection.close()
        return perf_counter() - started


def _import(log: Path) -> dict[str, Any]:
    """A fresh installation in a process of its own imports the log, imports it again, and checks it once more."""
    with tempfile.TemporaryDirectory(prefix="siyu-bench-") as folder:
        environment = {
            **os.environ,
            "SIYU_HOME": folder,
            "SIYU_DATABASE_URL": "",
            "DJANGO_SETTINGS_MODULE": "siyu.config.settings",
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        }
        done = subprocess.run(
            [sys.executable, "-c", _IMPORT, str(log)], env=environment, stdout=subprocess.PIPE, check=True
        )
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found

"""The demo brand: how long its loading takes by the doors that everybody uses, and how fast a large one is written.

Takes two minutes. `python -m bench.bulk` makes the five million customers that docs/benchmarks.md tells of.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

from tests.faults.harness import Site

from bench.rows import BenchRow
from bench.scale import scaled

AREA = "demo"
DEMO_CUSTOMERS = scaled(24_000, least=50)
BULK_CUSTOMERS = scaled(200_000, least=50)


def run() -> list[BenchRow]:
    with tempfile.TemporaryDirectory(prefix="siyu-bench-") as folder:
        return [*_by_the_doors(Path(folder) / "doors"), *_in_bulk(Path(folder) / "bulk")]


def _by_the_doors(home: Path) -> list[BenchRow]:
    site = Site.make(home)
    try:
        site.up()
        started = perf_counter()
        told = site.siyu("demo", "load", "--customers", str(DEMO_CUSTOMERS))
        spent = perf_counter() - started
    finally:
        site.down()
        site.remove()
    note = f"{told['customers']:,} customers, {told['orders']:,} orders, five plans"
    return [BenchRow(AREA, "siyu demo load, beside a running installation", spent, "s", "<= 60", note=note)]


def _in_bulk(home: Path) -> list[BenchRow]:
    site = Site.make(home)
    try:
        site.start("warehouse")
        site.siyu("migrate")
        told = _bulk(site)
    finally:
        site.remove()
    note = f"{told['customers']:,} customers, {told['orders']:,} orders"
    return [
        BenchRow(AREA, "bulk load, rows of records", told["rows_per_second"], "rows/s", note=note),
        BenchRow(AREA, "bulk load, all of it", told["seconds"], "s", note=f"{told['rows']:,} rows"),
        BenchRow(AREA, "of it the organisation, by its files", told["organisation_seconds"], "s"),
        BenchRow(AREA, "of it indexes", told["closing_seconds"], "s"),
    ]


def _bulk(site: Site) -> Any:
    command = [sys.executable, "-m", "bench.bulk", "--customers", str(BULK_CUSTOMERS), "--json"]
    done = subprocess.run(command, env=site.environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout)

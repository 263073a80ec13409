"""A whole installation: the public log from a person's or a program's hand to RFM, what its processes take and idle at.

Takes six minutes, most of them waiting. Needs the public order log beside the checkout (docs/data-sets.md).
"""

from __future__ import annotations

import json
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import psutil
from tests.faults.harness import Site, wait_until

from bench import environment
from bench.browser import Visitor, fields_of, signed_in
from bench.import_orders import REFERENCE, plain_seconds
from bench.installation import JOB_PROCESS, living, watched
from bench.processes import Peaks, cpu_percent, memory_mib
from bench.rows import BenchRow
from bench.scale import rest_seconds

AREA = "whole"
AS_OF = "2011-12-10"
MAPPING = "online_retail"
# After the work, before the idle figures are taken; and how long the processor is watched.
IDLE_AFTER_SECONDS = 60
WATCH_SECONDS = 60
MAX_PROCESS_MB = 700
# A worker has its spare process by then, also on a busy machine.
READY_SECONDS = 60
# Between two looks at the RFM picture of somebody who waits for it.
RELOAD_SECONDS = 0.1
_POLL = re.compile(rb'hx-get="([^"]+)" hx-trigger="every (\d+)ms"')


def run() -> list[BenchRow]:
    with tempfile.TemporaryDirectory(prefix="siyu-bench-") as folder:
        log = environment.order_log(Path(folder))
        if log is None:
            return []
        with _installation(Path(folder) / "console") as site, signed_in(site) as visitor:
            rows = [*_by_console(site, visitor, log), *_idle(site)]
        with _installation(Path(folder) / "program") as site:
            return rows + _by_program(site, log)


@contextmanager
def _installation(home: Path) -> Iterator[Site]:
    """A running installation that has come to rest: it has a process ready for a job."""
    site = Site.make(home)
    try:
        site.siyu("demo", "sign-in")
        site.up()
        wait_until(
            lambda: JOB_PROCESS in living(site), seconds=READY_SECONDS, what="a process waits for a job"
        )  # fmt: skip
        time.sleep(rest_seconds(5))
        yield site
    finally:
        site.down()
        site.remove()


def _by_console(site: Site, visitor: Visitor, log: Path) -> list[BenchRow]:
    """As a person does it: upload, columns, progress until it has ended, then the picture of the day."""
    visitor.ask("GET", "/")
    reference_seconds = _reference(log)
    processes = living(site)
    with Peaks(lambda: processes) as peaks:
        started = perf_counter()
        import_url = _start(visitor, log)
        uploaded = perf_counter() - started
        customers = _follow(visitor, import_url)
        imported = perf_counter() - started
        _await_picture(visitor, customers)
        spent = perf_counter() - started
    way = "the log through the console, until its RFM picture is whole"
    return [
        BenchRow(AREA, way, spent, "s", "<= 20", note=f"{customers:,} customers scored, everything shipped"),
        BenchRow(AREA, "the same, against the plainest import", spent, "s", f"<= {4 * reference_seconds:.2f}",
                 REFERENCE, reference_seconds, "target: 4 x the reference, the middle of 3 before it"),
        BenchRow(AREA, "of it until the upload was taken and the import started", uploaded, "s"),
        BenchRow(AREA, "of it until the console said that the import is done", imported, "s"),
        *_peaks(peaks.found),
    ]  # fmt: skip


def _reference(log: Path) -> float:
    return sorted(plain_seconds(log) for _ in range(3))[1]


def _peaks(found: Mapping[str, float]) -> list[BenchRow]:
    return [
        BenchRow(AREA, f"peak resident memory: {name}", peak, "MiB", f"<= {MAX_PROCESS_MB}")
        for name, peak in sorted(found.items())
    ]


def _start(visitor: Visitor, log: Path) -> str:
    """Uploads the file and starts its import; the address of the import."""
    _, page, _ = visitor.ask("GET", "/imports/new/")
    answer = visitor.upload("/imports/new/", fields_of(page, "file"), log)
    columns_url = f"{_redirected(answer)}?mapping={MAPPING}"
    _, page, _ = visitor.ask("GET", columns_url)
    return _redirected(visitor.ask("POST", columns_url, {**fields_of(page, "shop"), "action": "import"}))


def _redirected(answer: tuple[int, bytes, Any]) -> str:
    status, body, headers = answer
    address = headers.get("Location") or headers.get("HX-Redirect")
    assert address, f"no redirection but {status}: {body[:500]!r}"
    return str(address)


def _follow(visitor: Visitor, import_url: str) -> int:
    """Asks for progress as often as the page says, until it leads to the result; the customers of the file."""
    _, page, _ = visitor.ask("GET", import_url)
    while found := _POLL.search(page):
        time.sleep(int(found[2]) / 1_000)
        _, page, headers = visitor.ask("GET", found[1].decode(), HX_Request="true")
        if "HX-Redirect" in headers:
            break
    _, body, _ = visitor.ask("GET", "/api/v1" + import_url.rstrip("/"))
    view = json.loads(body)
    assert view["state"] == "done", view
    return int(view["counts"]["customers"])


def _await_picture(visitor: Visitor, customers: int) -> None:
    """Until the picture has everybody and says that nothing is on its way."""
    wait_until(
        lambda: _is_whole(_picture(visitor), customers),
        seconds=60, what="the RFM picture is whole", pause_seconds=RELOAD_SECONDS,
    )  # fmt: skip


def _picture(visitor: Visitor) -> str:
    status, page, _ = visitor.ask("GET", f"/rfm/?day={AS_OF}", Accept_Language="en")
    assert status == 200, page[:500]
    return page.decode()


def _is_whole(page: str, customers: int) -> bool:
    return f"{customers:,} customers with orders" in page and not re.search("on (its|their) way", page)


def _by_program(site: Site, log: Path) -> list[BenchRow]:
    """As a script does it: two commands."""
    reference_seconds = _reference(log)
    command: dict[str, psutil.Process] = {}
    with Peaks(lambda: dict(command)) as peaks:
        started = perf_counter()
        watched(site, command, "import", "orders", str(log), "--mapping", MAPPING, "--wait")
        imported = perf_counter() - started
        answered = watched(site, command, "rfm", "--as-of", AS_OF)
        spent = perf_counter() - started
    assert answered["freshness"]["is_complete"]
    return [
        BenchRow(AREA, "the log by `siyu import --wait`, until `siyu rfm` has answered", spent, "s", "<= 20",
                 REFERENCE, reference_seconds, f"{answered['customers']:,} customers scored, everything shipped"),
        BenchRow(AREA, "of it until the command had ended", imported, "s"),
        *_peaks(peaks.found),
    ]  # fmt: skip


def _idle(site: Site) -> list[BenchRow]:
    time.sleep(rest_seconds(IDLE_AFTER_SECONDS))
    processes = living(site)
    memory = memory_mib(processes)
    cpu = cpu_percent(processes, rest_seconds(WATCH_SECONDS))
    total: Callable[[int], float] = lambda place: sum(figures[place] for figures in memory.values())  # noqa: E731
    rows = [
        BenchRow(AREA, "idle: resident memory of all processes", total(0), "MiB", "<= 900"),
        BenchRow(AREA, "idle: proportional memory of all processes", total(1), "MiB", note="shared pages counted once"),
        BenchRow(AREA, "idle: processor, all processes", sum(cpu.values()), "% core", "<= 2"),
    ]
    for name in sorted(processes):
        rss, pss = memory[name]
        note = f"{pss:,.0f} MiB proportional, {cpu[name]:.2f} % of a core"
        rows.append(BenchRow(AREA, f"idle: {name}", rss, "MiB", note=note))
    return rows

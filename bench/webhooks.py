"""A storm of deliveries to a receiver that hangs: what everybody else notices of it.

Run it alone: `python -m bench webhooks`. Takes three minutes. One endpoint's receiver takes connections and never
answers while ten thousand deliveries wait for it; another one, on loopback as well, gets a trickle, and audiences are
computed. The same trickle on the same installation before the storm is the reference.
"""

from __future__ import annotations

import json
import socket
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psutil
from tests.faults.harness import Site

from bench.processes import Peaks
from bench.rows import BenchRow, percentile
from bench.scale import rest_seconds, scaled

AREA = "webhooks"
STORM = scaled(10_000, least=20)
# Of the trickle, half a minute and more: as long as the receiver that hangs holds its thread three times.
MESSAGES = scaled(400, least=3)
JOBS = scaled(40, least=2)
PAUSE_SECONDS = 0.1
# Until the processes have come to rest after their start.
REST_SECONDS = 15
REFERENCE = "without the storm"
# Two endpoints, each for its own kind of event, and an audience for jobs to compute.
_FURNISH = """
import json, sys
from siyu.audiences import services as audiences
from siyu.org.contracts import SYSTEM
from siyu.org.events import NODE_CHANGED, STAFF_CHANGED
from siyu.webhooks import services

hanging, good = sys.argv[1:]
services.create_endpoint(viewer=SYSTEM, name="hangs", url=hanging, events=[STAFF_CHANGED])
services.create_endpoint(viewer=SYSTEM, name="good", url=good, events=[NODE_CHANGED])
rule = {"leaf": "order_count", "op": ">=", "value": 2}
print(json.dumps(audiences.create_audience(viewer=SYSTEM, name="bench", rule=rule)))
"""
_STORM = """
import sys
from siyu.eventlog import records
from siyu.eventlog.contracts import NewEvent
from siyu.eventlog.services import publish
from siyu.kernel import clock
from siyu.org.events import STAFF_CHANGED

left = int(sys.argv[1])
while left:
    count = min(left, 500)
    with records.transaction():
        publish([NewEvent(STAFF_CHANGED, clock.now(), {"staff_id": 1, "change": "name"}) for _ in range(count)])
        records.wake()
    left -= count
print("null")
"""
# A message each pause, a job each so many of them; then how long each job waited, in milliseconds.
_TRICKLE = """
import json, sys, time
from siyu.audiences.jobs import REBUILD
from siyu.eventlog import records
from siyu.eventlog.contracts import NewEvent
from siyu.eventlog.models import Job
from siyu.eventlog.services import publish, start_job
from siyu.kernel import clock
from siyu.org.events import NODE_CHANGED

messages, jobs, pause, audience_id = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
started = []
for number in range(messages):
    with records.transaction():
        publish([NewEvent(NODE_CHANGED, clock.now(), {"node_id": 1, "change": "moved"})])
        records.wake()
    if number * jobs // messages >= len(started):
        started.append(start_job(kind=REBUILD, args={"audience_id": audience_id}))
    time.sleep(pause)
deadline = time.monotonic() + 60
while Job.objects.filter(pk__in=started, started_at=None).exists() and time.monotonic() < deadline:
    time.sleep(0.1)
print(json.dumps([
    (job.started_at - job.due_at).total_seconds() * 1e3 for job in Job.objects.filter(pk__in=started)
]))
"""


def run() -> list[BenchRow]:
    with tempfile.TemporaryDirectory(prefix="siyu-bench-") as folder, _hanging() as hole, _good() as good:
        site = Site.make(Path(folder) / "home")
        try:
            site.start("warehouse")
            site.await_answer("warehouse", "/ping")
            site.siyu("migrate")
            site.start("worker")
            audience_id = site.python(_FURNISH, hole.url, good.url)
            time.sleep(rest_seconds(REST_SECONDS))
            calm = _trickled(site, good, audience_id)
            site.python(_STORM, str(STORM))
            stormy = _trickled(site, good, audience_id)
            return _rows(calm, stormy, hole)
        finally:
            site.remove()


class _Figures:
    """What a trickle has shown."""

    def __init__(self, delays_ms: list[float], waits_ms: list[float], memory_mib: float) -> None:
        self.delays_ms, self.waits_ms, self.memory_mib = delays_ms, waits_ms, memory_mib


def _trickled(site: Site, good: _Good, audience_id: int) -> _Figures:
    good.delays_ms.clear()
    worker = psutil.Process(site.processes["worker"].pid)
    with Peaks(lambda: {"worker": worker}) as peaks:
        waits_ms = site.python(_TRICKLE, str(MESSAGES), str(JOBS), str(PAUSE_SECONDS), str(audience_id))
        good.await_messages(MESSAGES)
    return _Figures(list(good.delays_ms), waits_ms, peaks.found["worker"])


def _rows(calm: _Figures, stormy: _Figures, hole: _Hole) -> list[BenchRow]:
    def row(figure: str, unit: str, values: Mapping[_Figures, float], note: str = "") -> BenchRow:
        return BenchRow(AREA, figure, values[stormy], unit, "", REFERENCE, values[calm], note=note)

    both = (calm, stormy)
    note = f"{STORM:,} deliveries wait for a receiver that hangs, {hole.taken} were tried"
    return [
        row("delay of another endpoint's deliveries, p95", "ms",
            {one: percentile(one.delays_ms, 0.95) for one in both}, note),
        row("the longest of these delays", "ms", {one: max(one.delays_ms) for one in both}),
        row("how long another job waits, p95", "ms", {one: percentile(one.waits_ms, 0.95) for one in both}),
        row("peak memory of the worker", "MiB", {one: one.memory_mib for one in both}),
    ]  # fmt: skip


class _Hole:
    """A receiver that takes connections and never answers."""

    def __init__(self) -> None:
        self.taken = 0
        self.server = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http://127.0.0.1:{self.server.getsockname()[1]}/"
        self._held: list[socket.socket] = []

    def take(self) -> None:
        while True:
            try:
                connection, _ = self.server.accept()
            except OSError:
                return
            self._held.append(connection)
            self.taken += 1

    def close(self) -> None:
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        for connection in self._held:
            connection.close()


@contextmanager
def _hanging() -> Iterator[_Hole]:
    hole = _Hole()
    thread = threading.Thread(target=hole.take)
    thread.start()
    try:
        yield hole
    finally:
        hole.close()
        thread.join()


class _Good:
    """A receiver that answers at once, and keeps how old each event was when it came."""

    def __init__(self) -> None:
        self.delays_ms: list[float] = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/"

    def await_messages(self, count: int) -> None:
        deadline = time.monotonic() + 120
        while len(self.delays_ms) < count:
            assert time.monotonic() < deadline, f"only {len(self.delays_ms)} of {count} messages came"
            time.sleep(0.05)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        delays_ms = self.delays_ms

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                happened = datetime.fromisoformat(told["occurred_at"])
                delays_ms.append((datetime.now(happened.tzinfo) - happened).total_seconds() * 1e3)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_arguments: Any) -> None:
                return

        return Handler


@contextmanager
def _good() -> Iterator[_Good]:
    good = _Good()
    thread = threading.Thread(target=good.server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield good
    finally:
        good.server.shutdown()
        good.server.server_close()
        thread.join()

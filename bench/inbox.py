"""The inbox: durable appends per second, in the process and through the collector's HTTP.

Run it alone: `python -m bench.inbox`. Takes about 20 seconds.
"""

from __future__ import annotations

import http.client
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from bench.rows import BenchRow, show
from bench.scale import scaled
from siyu.ingest.inbox import Inbox
from siyu.kernel.settings import Settings

AREA = "inbox"
BODY = b'{"token":"abcd234","at_ms":1750000000000,"message_id":"click:0123456789abcdef","is_bot":false,"agent":"x"}'
APPENDS = scaled(24_000, least=64)
REQUESTS = scaled(12_000, least=64)
COMMITS = scaled(1_500, least=20)


def run() -> list[BenchRow]:
    with tempfile.TemporaryDirectory(prefix="siyu-bench-") as folder:
        single = _bare_commits(Path(folder))
        rows = [_appends(Path(folder), threads, single) for threads in (1, 4, 16)]
        rows += [_collector(Path(folder), clients) for clients in (4, 16)]
        postgres = os.environ.get("SIYU_TEST_DATABASE_URL")
        if postgres:
            rows.append(_appends(Path(folder), 16, None, url=f"{postgres}?options=-csearch_path%3Dpg_temp"))
    return rows


def _bare_commits(folder: Path) -> float:
    """The reference: one row, one FULL commit, one thread."""
    connection = sqlite3.connect(folder / "bare.sqlite3", isolation_level=None)
    connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t (body BLOB);")
    started = time.perf_counter()
    for _ in range(COMMITS):
        connection.execute("INSERT INTO t VALUES (?)", (BODY,))
    rate = COMMITS / (time.perf_counter() - started)
    connection.close()
    return rate


def _appends(folder: Path, threads: int, single: float | None, *, url: str = "") -> BenchRow:
    inbox = Inbox(Settings(home=folder, database_url=url))
    inbox.prepare()
    count = APPENDS if threads > 1 else COMMITS
    rate = _rate(threads, count, lambda: inbox.append("click", BODY, "0" * 32))
    inbox.close()
    store = "PostgreSQL" if url else "SQLite"
    return BenchRow(
        area=AREA,
        figure=f"durable appends, {threads} threads, {store}",
        value=rate,
        unit="rows/s",
        target=">= 9500" if threads == 16 and not url else "",
        reference="one row, one commit" if single else "",
        reference_value=single,
    )


def _rate(threads: int, count: int, work: Callable[[], object]) -> float:
    def repeat() -> None:
        for _ in range(count // threads):
            work()

    workers = [threading.Thread(target=repeat) for _ in range(threads)]
    started = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return count / (time.perf_counter() - started)


def _collector(folder: Path, clients: int) -> BenchRow:
    """Clicks over kept-alive connections: the client costs as much CPU as the server, so this is a lower bound."""
    settings = Settings(home=folder, database_url="", collector_port=_free_port())
    _make_link(settings)
    code = (
        "import sys; from pathlib import Path; from siyu.kernel.settings import Settings; "
        "from siyu.collector.server import serve; "
        "serve(Settings(home=Path(sys.argv[1]), database_url='', collector_port=int(sys.argv[2])))"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(folder), str(settings.collector_port)])
    try:
        _await_port(settings.collector_port)
        rate = _clicks(settings.collector_port, clients)
    finally:
        process.terminate()
        process.wait()
    figure = f"clicks through the collector, {clients} connections"
    return BenchRow(AREA, figure, rate, "req/s", note="client in Python on the same cores")


def _clicks(port: int, clients: int) -> float:
    local = threading.local()

    def click() -> None:
        if not hasattr(local, "connection"):
            local.connection = http.client.HTTPConnection("127.0.0.1", port)
        local.connection.request("GET", "/s/abcd234", headers={"User-Agent": "Mozilla/5.0"})
        answer = local.connection.getresponse()
        answer.read()
        if answer.status != 302:
            raise RuntimeError(f"the collector answered {answer.status}")

    return _rate(clients, REQUESTS, click)


def _make_link(settings: Settings) -> None:
    connection = sqlite3.connect(settings.records_path)
    connection.execute("CREATE TABLE IF NOT EXISTS links_link (token UNIQUE, target_url, expires_at, trace_id)")
    connection.execute(
        "INSERT OR REPLACE INTO links_link VALUES ('abcd234', 'https://shop.example/', '2099-01-01 00:00:00', '')"
    )
    connection.commit()
    connection.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _await_port(port: int) -> None:
    for _ in range(400):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.025)
    raise RuntimeError("the collector does not listen")


if __name__ == "__main__":
    print(show(run()))

"""The API beside bare operations that answer the same: requests per second and the slowest, in the same process.

Run it alone: `python -m bench api`. Takes two minutes. What the ratio leaves is the price of admission, permissions,
limits and traces. The two take turns, so that whatever else the machine does hits both.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

from tests.faults.harness import Site

from bench.rows import BenchRow, percentile
from bench.scale import scaled

AREA = "api"
CUSTOMERS = scaled(6_000, least=100)
AUDIENCES = 20
ROUNDS = scaled(9, least=1)
REQUESTS = scaled(240, least=4)
CLIENTS = 4
# Ours, and the plainest operation that gives the same.
ROOTS = {"api": "/api/v1", "bare": "/api/bare"}
OPERATIONS = {
    "customers, a page of 50": "/customers",
    "one customer": "/customers/{customer}",
    "audiences, {audiences} of them": "/audiences",
    "RFM grid": "/rfm",
}
_FURNISH = """
import json, sys
from siyu.audiences import services as audiences
from siyu.commerce.models import Order
from siyu.org import queries as org, services as organisation
from siyu.org.contracts import SYSTEM
from siyu.org.models import ApiKey

for number in range(int(sys.argv[1])):
    rule = {"leaf": "order_count", "op": ">=", "value": number + 1}
    audiences.create_audience(viewer=SYSTEM, name=f"bench {number}", rule=rule)
needed = ["customers.view", "audiences.view", "rfm.view"]
key = organisation.create_key(viewer=SYSTEM, name="bench", permissions=needed, node_id=org.root().id)
ApiKey.objects.filter(pk=key.id).update(rate_per_minute=10**9)
customer = Order.objects.exclude(fragment=None).order_by("-line_count").first().fragment_id
print(json.dumps({"secret": key.secret, "customer": customer}))
"""


def run() -> list[BenchRow]:
    with tempfile.TemporaryDirectory(prefix="siyu-bench-") as folder:
        site = Site.make(Path(folder) / "home")
        try:
            _load(site)
            things = site.python(_FURNISH, str(AUDIENCES))
            site.processes["web"] = subprocess.Popen([sys.executable, "-m", "bench.bare"], env=site.environment)
            site.await_answer("web")
            return [row for name in OPERATIONS for row in _compared(site.ports["web"], name, things)]
        finally:
            site.remove()


def _load(site: Site) -> None:
    site.start("warehouse")
    site.await_answer("warehouse", "/ping")
    site.siyu("migrate")
    command = [sys.executable, "-m", "bench.bulk", "--customers", str(CUSTOMERS)]
    subprocess.run(command, env=site.environment, capture_output=True, check=True)


def _compared(port: int, name: str, things: Mapping[str, Any]) -> list[BenchRow]:
    path = OPERATIONS[name].format(**things)
    figure = name.format(audiences=AUDIENCES)
    paths = {kind: f"{root}{path}" for kind, root in ROOTS.items()}
    answers = {kind: json.loads(_ask(_connected(port), paths[kind], things["secret"])) for kind in ROOTS}
    if _lasting(answers["api"]) != _lasting(answers["bare"]):
        raise AssertionError(f"{path} is answered differently by the two")
    rates: dict[str, list[float]] = {kind: [] for kind in ROOTS}
    taken: dict[str, list[float]] = {kind: [] for kind in ROOTS}
    for kind in ROOTS:
        _round(port, paths[kind], things["secret"])  # for what is remembered from the first time on
    for number in range(ROUNDS):
        for kind in sorted(ROOTS, reverse=bool(number % 2)):
            rate, milliseconds = _round(port, paths[kind], things["secret"])
            rates[kind].append(rate)
            taken[kind] += milliseconds
    rate, bare_rate = (percentile(rates[kind], 0.5) for kind in ROOTS)
    p95, bare_p95 = (percentile(taken[kind], 0.95) for kind in ROOTS)
    bare = "a bare operation"
    return [
        BenchRow(AREA, f"{figure}: share of a bare operation's rate", rate / bare_rate, "", ">= 0.6"),
        BenchRow(AREA, f"{figure}: requests", rate, "req/s", "", bare, bare_rate, note=f"{CLIENTS} connections"),
        BenchRow(AREA, f"{figure}: p95", p95, "ms", "", bare, bare_p95),
    ]


def _lasting(answer: Any) -> Any:
    """An answer without the moment of its making."""
    if isinstance(answer, dict):
        return {name: _lasting(value) for name, value in answer.items() if name not in ("as_of", "freshness")}
    return [_lasting(item) for item in answer] if isinstance(answer, list) else answer


def _round(port: int, path: str, secret: str) -> tuple[float, list[float]]:
    """Requests per second over a few connections at once, and how long each took."""
    taken: list[float] = []

    def ask() -> None:
        connection = _connected(port)
        for _ in range(REQUESTS // CLIENTS):
            started = perf_counter()
            _ask(connection, path, secret)
            taken.append((perf_counter() - started) * 1e3)
        connection.close()

    clients = [threading.Thread(target=ask) for _ in range(CLIENTS)]
    started = perf_counter()
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    return len(taken) / (perf_counter() - started), taken


def _connected(port: int) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", port, timeout=60)


def _ask(connection: http.client.HTTPConnection, path: str, secret: str) -> bytes:
    connection.request("GET", path, headers={"Authorization": f"Bearer {secret}"})
    response = connection.getresponse()
    body = response.read()
    if response.status != 200:
        raise RuntimeError(f"{path} was answered {response.status}: {body[:300]!r}")
    return body

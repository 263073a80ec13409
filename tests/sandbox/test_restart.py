"""A killed sandbox comes back and doubles nothing: not a message, not a round, not an order."""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.sandbox import Receiver, configure, write_people

from siyu.sandbox.config import Planted

_PROGRAM = """
import sys
from siyu.kernel.settings import Settings
from siyu.sandbox.server import serve
serve(Settings(sandbox_port=int(sys.argv[1])))
"""


def _start(home: Path, port: int) -> subprocess.Popen[bytes]:
    env = {**os.environ, "SIYU_HOME": str(home), "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen([sys.executable, "-c", _PROGRAM, str(port)], env=env)
    _until(lambda: _ask(port, "GET", "/healthz") is not None)
    return process


def _kill(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()


def _until(true: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def _ask(port: int, method: str, path: str) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request(method, path)
        return json.loads(connection.getresponse().read())
    except OSError:
        return None
    finally:
        connection.close()


@pytest.mark.faults
def test_kills_in_the_middle_of_a_round(tmp_path: Path, receiver: Receiver, port: int) -> None:
    """Eight kills at random moments of one round: every order comes, and repeats carry the same number and lines."""
    configure(
        tmp_path,
        order_hook_url=receiver.url("/v1/orders"),
        people_file=str(write_people(tmp_path / "people.json", 400)),
        planted=Planted(base_rate=1),
        round_seconds=2.0,
    )
    moments = random.Random(5)
    process = _start(tmp_path, port)
    try:
        assert _ask(port, "POST", "/control/rounds") == {"round": 1}
        for _ in range(8):
            time.sleep(moments.random() * 0.2)
            _kill(process)
            process = _start(tmp_path, port)
        _until(lambda: _ask(port, "GET", "/control/summary")["rounds_open"] == 0)
    finally:
        _kill(process)
    orders = [order for body in receiver.bodies("/v1/orders") for order in body["orders"]]
    by_number = {order["order_no"]: order for order in orders}
    assert len(by_number) == 400
    assert {order["member_no"] for order in by_number.values()} == {f"VIP{number}" for number in range(1, 401)}
    assert all(by_number[order["order_no"]] == order for order in orders)

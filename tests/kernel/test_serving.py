"""One application in one process: served, logged when it fails, ended by SIGTERM."""

from __future__ import annotations

import http.client
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import psutil
import pytest
from tests.support.ports import free_port

CODE = """
import logging, sys, threading
from siyu.kernel.serving import serve_wsgi
logging.basicConfig()
def application(environ, start_response):
    if environ["PATH_INFO"] == "/broken":
        raise RuntimeError("it broke")
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [threading.current_thread().name.encode()]
serve_wsgi(application, host="127.0.0.1", port=int(sys.argv[1]), threads=2)
print("ended in order")
"""


@pytest.fixture
def server() -> Iterator[tuple[int, subprocess.Popen[str]]]:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-c", CODE, str(port)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    for _ in range(400):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.025)
    yield port, process
    process.kill()
    process.communicate()


def ask(port: int, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


def test_one_process_serves_and_ends_in_order(server: tuple[int, subprocess.Popen[str]]) -> None:
    port, process = server
    assert ask(port, "/")[0] == 200
    assert psutil.Process(process.pid).children(recursive=True) == []
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=10)
    assert (process.returncode, out) == (0, "ended in order\n")


def test_a_failing_application_is_a_plain_500_and_a_trace_in_the_log(server: tuple[int, subprocess.Popen[str]]) -> None:
    port, process = server
    assert ask(port, "/broken") == (500, b"Internal Server Error")
    assert ask(port, "/")[0] == 200
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=10)
    assert "RuntimeError: it broke" in err

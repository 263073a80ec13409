"""The process: serves on loopback, acts by itself, and ends cleanly when told to."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.sandbox import PROMOTION, TEMPLATES, Caller, Receiver, TemplateSeed, configure, write_people

from siyu.kernel.clock import now
from siyu.sandbox.server import Sandbox


def _until(true: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def test_everything_happens_by_itself(tmp_path: Path, receiver: Receiver) -> None:
    """Sent, delivered, reported, clicked and bought, with nobody stepping."""
    content = "点 " + receiver.url("/s/") + "${token} 领券，拒收请回复R"
    configure(
        tmp_path,
        sms_callback_url=receiver.url("/callback"),
        order_hook_url=receiver.url("/v1/orders"),
        people_file=str(write_people(tmp_path / "people.json", 3)),
        templates=(*TEMPLATES[:2], TemplateSeed(PROMOTION, "召回", "promotion", content)),
        quiet_seconds=0.05,
        round_seconds=0.05,
    )
    sandbox = Sandbox(tmp_path)
    sandbox.start()
    try:
        assert Caller(sandbox, now).batch(["13900000001", "13900000002"], PROMOTION)["Code"] == "OK"
        _until(lambda: len(receiver.bodies("/v1/orders")) > 0)
        _until(lambda: receiver.paths().count("/s/abc") == 2)
    finally:
        sandbox.stop()
    assert len(receiver.bodies("/callback")) >= 1


def test_stopping_ends_a_silence(tmp_path: Path) -> None:
    configure(tmp_path)
    sandbox = Sandbox(tmp_path)
    sandbox.start()
    caller = Caller(sandbox, now)
    caller.control("POST", "/control/faults", {"kind": "timeout_before", "seconds": 600})
    request = caller.request("SendSms", {"PhoneNumbers": "1", "SignName": "a", "TemplateCode": "b"}, host="h")
    connection = http.client.HTTPConnection("127.0.0.1", sandbox.port, timeout=20)
    connection.putrequest("POST", "/?PhoneNumbers=1&SignName=a&TemplateCode=b", skip_host=True)
    for name, value in request.headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    _until(lambda: bool(caller.control("GET", "/control/faults")["faults"][0]["struck"]))
    started = time.monotonic()
    sandbox.stop()
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        connection.getresponse()
    connection.close()
    assert time.monotonic() - started < 5


def test_a_damaged_settings_file_does_not_end_the_process(tmp_path: Path) -> None:
    configure(tmp_path)
    sandbox = Sandbox(tmp_path)
    sandbox.start()
    try:
        (tmp_path / "sandbox" / "config.json").write_text("{")
        caller = Caller(sandbox, now)
        with pytest.raises(ValueError):
            caller.send("13900000001")
        configure(tmp_path)
        assert caller.send("13900000001")["Code"] == "OK"
        _until(lambda: caller.control("GET", "/control/summary")["messages"] == {"delivered": 1})
    finally:
        sandbox.stop()


_PROGRAM = """
from siyu.kernel.settings import Settings
from siyu.sandbox.server import serve
import sys
assert "django" not in sys.modules
serve(Settings(sandbox_port=int(sys.argv[1])))
"""


def test_the_process_ends_on_sigterm(tmp_path: Path, port: int) -> None:
    configure(tmp_path)
    env = {**os.environ, "SIYU_HOME": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen([sys.executable, "-c", _PROGRAM, str(port)], env=env)
    try:
        _until(lambda: _healthy(port))
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()


def _healthy(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return json.loads(connection.getresponse().read()) == {"ok": True}
    except OSError:
        return False
    finally:
        connection.close()

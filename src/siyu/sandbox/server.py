"""The sandbox's process: puts its parts together, serves them on loopback, and stops cleanly."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from siyu.kernel import clock as kernel_clock
from siyu.sandbox.aliyun.gateway import Gateway
from siyu.sandbox.aliyun.reports import Courier
from siyu.sandbox.clockwork import Stepper
from siyu.sandbox.config import ConfigFile, config_path
from siyu.sandbox.control import Control
from siyu.sandbox.faults import FaultBoard
from siyu.sandbox.http import LoopbackServer, Request, Response, json_response
from siyu.sandbox.people import People
from siyu.sandbox.store import STORE_NAME, Store

if TYPE_CHECKING:
    from siyu.kernel.settings import Settings


class Sandbox:
    """One sandbox over one folder. Only one process may use a folder at a time.

    `start` serves requests; with `background` it also lets carriers and people act in two threads. Without,
    a test calls `courier.step()` and `people.step()` itself and holds time in its `clock`.
    """

    def __init__(
        self, home: Path, *, port: int = 0, clock: Callable[[], datetime] = kernel_clock.now
    ) -> None:
        path = config_path(home)
        config = ConfigFile(path).current
        self._store = Store(path.with_name(STORE_NAME))
        self.faults = FaultBoard()
        self.courier = Courier(self._store, config, clock, self.faults, delivered=self._wake_people)
        self.people = People(self._store, config, clock, reply=self._reply)
        self.gateway = Gateway(self._store, config, clock, self.faults, accepted=self._wake_courier)
        self._control = Control(
            store=self._store,
            config=config,
            faults=self.faults,
            registry=self.gateway.registry,
            courier=self.courier,
            people=self.people,
            wake=self._wake,
        )
        self._steppers = (
            Stepper("sandbox-courier", self.courier.step),
            Stepper("sandbox-people", self.people.step),
        )
        self._server = LoopbackServer(self.handle, port)

    @property
    def port(self) -> int:
        return self._server.port

    def handle(self, request: Request) -> Response:
        """Answers one request; raises HangUp when a fault wants silence."""
        if request.path.startswith("/control/"):
            return self._control.handle(request)
        if request.path == "/healthz":
            return json_response(200, {"ok": True})
        if request.path == "/":
            return self.gateway.handle(request)
        return json_response(404, {"error": "not found"})

    def start(self, *, background: bool = True) -> None:
        self._server.start()
        if background:
            for stepper in self._steppers:
                stepper.start()

    def stop(self) -> None:
        """Ends silences, requests and threads in this order, then closes the file."""
        self.gateway.stop()
        self._server.stop()
        self.courier.stop()
        self.people.stop()
        for stepper in self._steppers:
            stepper.stop()
        self.courier.close()
        self.people.close()
        self._store.close()

    def _reply(self, phone: str, content: str) -> None:
        self.courier.reply(phone, content)
        self._wake_courier()

    def _wake(self) -> None:
        self._wake_courier()
        self._wake_people()

    def _wake_courier(self) -> None:
        self._steppers[0].wake()

    def _wake_people(self) -> None:
        self._steppers[1].wake()


def serve(settings: Settings) -> None:
    """Runs the sandbox of this installation on loopback until SIGTERM or SIGINT."""
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    sandbox = Sandbox(settings.home, port=settings.sandbox_port)
    sandbox.start()
    ended.wait()
    sandbox.stop()

"""Runs of one path over a copy of an installation: undisturbed, to a death, and on to the end after it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.faults import paths
from tests.faults.harness import admin, fresh_database
from tests.faults.paths import PATHS, STEP
from tests.plugins.warehouse import FrontProcess
from tests.support.sandbox import KEY_ID, KEY_SECRET, Receiver, configure

from siyu.ingest.inbox import Inbox
from siyu.kernel import clock
from siyu.kernel.settings import Settings
from siyu.sandbox.config import Planted, SignSeed, TemplateSeed
from siyu.sandbox.faults import Fault
from siyu.sandbox.http import Request, Response, json_response
from siyu.sandbox.server import Sandbox
from siyu.warehouse.client import Warehouse

# Nobody acts; one number in eight is dead, always the same ones.
PLANTED = Planted(click_rate=0, base_rate=0, lift=0, dead_share=0.125, failed_share=0)
DISARMED = "none"
NOW = timedelta()


@dataclass(frozen=True)
class Installation:
    """A home and, on PostgreSQL, the name of its database."""

    home: Path
    database_url: str = ""

    def copy(self, home: Path) -> Installation:
        shutil.copytree(self.home, home)
        if not self.database_url:
            return Installation(home)
        base, _, name = self.database_url.rpartition("/")
        fresh = f"siyu_faults_{uuid.uuid4().hex[:12]}"
        admin(base, f'CREATE DATABASE "{fresh}" TEMPLATE "{name}"')
        return Installation(home, f"{base}/{fresh}")

    def remove(self) -> None:
        shutil.rmtree(self.home)
        if self.database_url:
            base, _, name = self.database_url.rpartition("/")
            admin(base, f'DROP DATABASE "{name}" WITH (FORCE)')


def fresh_installation(home: Path) -> Installation:
    home.mkdir()
    return Installation(home, fresh_database(os.environ.get("SIYU_TEST_DATABASE_URL", "")))


@dataclass
class Host:
    """The process that forks the runs."""

    process: subprocess.Popen[str]
    front: FrontProcess
    folder: Path
    base_at: datetime = field(default_factory=clock.now)

    @classmethod
    def start(cls, folder: Path, front: FrontProcess) -> Host:
        own_home = folder / "host"
        own_home.mkdir()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SIYU_")}
        environment |= {"SIYU_HOME": str(own_home), "DJANGO_SETTINGS_MODULE": "siyu.config.settings"}
        if os.environ.get("SIYU_TEST_DATABASE_URL"):
            environment["SIYU_DATABASE_URL"] = os.environ["SIYU_TEST_DATABASE_URL"]
        environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.host"],
            env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        return cls(process, front, folder)

    def stop(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(timeout=30)
        self.process.stdout.close()

    def run(
        self, installation: Installation, path: str, *, armed: str = DISARMED, later: timedelta = NOW, **more: Any
    ) -> tuple[int, Any]:
        """Exit code, and what the run had to say; a run that failed says why in the exception."""
        answer = self.folder / f"answer-{uuid.uuid4().hex}.json"
        settings = {"home": str(installation.home), "database_url": installation.database_url, **more}
        order = {
            "path": path, "armed": armed, "answer": str(answer), "at": (self.base_at + later).isoformat(),
            "settings": settings, "wants_contents": armed == DISARMED,
        }  # fmt: skip
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        exit_code = json.loads(self.process.stdout.readline())["exit_code"]
        if exit_code == 1:
            raise AssertionError(f"the path {path} failed, armed {armed}:\n{answer.read_text()}")
        return exit_code, json.loads(answer.read_text()) if exit_code == 0 else None

    @contextmanager
    def surroundings(
        self, installation: Installation, path: str, *, fault: Fault | None = None
    ) -> Iterator[dict[str, Any]]:
        """The settings of the warehouse and the provider that the path talks to: fresh ones, up to date.

        With `fault` the provider misbehaves.
        """
        # The people of these runs are made up, and their provider is a stand-in.
        found: dict[str, Any] = {"sandbox": True}
        database = f"d{uuid.uuid4().hex[:12]}"
        if PATHS[path].needs_warehouse:
            found["warehouse_url"] = f"{self.front.url.rpartition('/')[0]}/{database}"
            if path != "ship":
                self.run(installation, "ship", **found)
                self.run(installation, "rebuild", **found)
        try:
            if PATHS[path].needs_provider:
                with _provider(installation, fault) as provider:
                    yield {**found, **provider}
            else:
                yield found
        finally:
            if "warehouse_url" in found:
                drop = f"DROP DATABASE IF EXISTS {database} SYNC"
                Warehouse(found["warehouse_url"]).command(drop, outside_database=True)


@contextmanager
def _provider(installation: Installation, fault: Fault | None) -> Iterator[dict[str, Any]]:
    """A stand-in with an empty book; its reports are kept in the inbox, as the collector would."""
    inbox = Inbox(Settings(home=installation.home, database_url=installation.database_url))
    receiver = Receiver()

    def keep(request: Request) -> Response:
        inbox.append("sms_receipt", request.body, "e" * 32)
        return json_response(200, {"code": 0})

    receiver.answers["/callback"] = keep
    configure(
        installation.home, sms_callback_url=receiver.url("/callback"), planted=PLANTED, speed=1_000.0,
        signs=(SignSeed(paths.SIGN),),
        templates=(TemplateSeed(paths.TEMPLATE_CODE, "召回", "promotion", paths.template_text()),),
    )  # fmt: skip
    sandbox = Sandbox(installation.home)
    if fault is not None:
        sandbox.faults.switch_on(fault)
    sandbox.start()
    try:
        yield {
            "aliyun_sms_endpoint": f"127.0.0.1:{sandbox.port}", "aliyun_sms_protocol": "http",
            "aliyun_sms_key_id": KEY_ID, "aliyun_sms_key_secret": KEY_SECRET,
        }  # fmt: skip
    finally:
        sandbox.stop()
        receiver.stop()
        inbox.close()


@dataclass(frozen=True)
class Reference:
    """How a path ends when nobody disturbs it, and how the installation was before it."""

    before: Installation
    passes: dict[str, int]
    ended: Any


def references(host: Host, orders_file: str) -> dict[str, Reference]:
    """Runs every path undisturbed, one after another, and keeps the installation as it was before each."""
    current = fresh_installation(host.folder / "current")
    (current.home / "orders.csv").write_text(orders_file)
    found: dict[str, Reference] = {}
    for name, path in PATHS.items():
        stage = current if not path.stands_on else found["send"].before.copy(host.folder / "dead")
        if path.stands_on:
            with host.surroundings(stage, name) as settings:
                host.run(stage, name, armed=path.stands_on, **settings)
        before = stage.copy(host.folder / f"before-{len(found)}")
        with host.surroundings(stage, name) as settings:
            _, ended = host.run(stage, name, later=STEP if path.stands_on else NOW, **settings)
        found[name] = Reference(before, ended.pop("passes"), ended)
        if stage is not current:
            stage.remove()
    current.remove()
    return found

"""A collector over a home of its own, called as a server would call it, and one behind a real socket."""

from __future__ import annotations

import io
import os
import secrets
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from tests.support.ports import free_port

from siyu.collector.app import Collector, create_app
from siyu.ingest import gate
from siyu.ingest.inbox import Inbox, InboxRow
from siyu.kernel.settings import Settings

POSTGRES_URL = os.environ.get("SIYU_TEST_DATABASE_URL", "")
LINK_TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
# The columns that the collector reads, as `links` makes them on each store.
SQLITE_LINKS = "CREATE TABLE links_link (token TEXT UNIQUE, target_url TEXT, expires_at TEXT, trace_id TEXT)"
POSTGRES_LINKS = "CREATE TABLE links_link (token TEXT UNIQUE, target_url TEXT, expires_at timestamptz, trace_id TEXT)"


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Home:
    """An installation as the collector sees it: links, keys, and what has come into the inbox."""

    settings: Settings
    execute: Callable[[str, tuple[Any, ...]], None]

    def add_link(self, token: str, url: str = "https://shop.example/p/1", expires: str = "2099-01-01 00:00:00") -> None:
        places = "%s, %s, %s, %s" if POSTGRES_URL else "?, ?, ?, ?"
        self.execute(f"INSERT INTO links_link VALUES ({places})", (token, url, expires, LINK_TRACE))

    def received(self) -> list[InboxRow]:
        """All rows of the inbox, once none waits above the horizon that others' transactions hold back."""
        inbox = Inbox(self.settings)
        deadline = time.monotonic() + 20
        try:
            while len(rows := inbox.read(limit=100_000)) < inbox.waiting_count() and time.monotonic() < deadline:
                time.sleep(0.01)
            return rows
        finally:
            inbox.close()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    if POSTGRES_URL:
        yield from _postgres_home(tmp_path)
        return
    settings = Settings(home=tmp_path, database_url="")
    connection = sqlite3.connect(settings.records_path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute(SQLITE_LINKS)
    yield Home(settings, lambda sql, values: connection.execute(sql, values) and None)
    connection.close()


def _postgres_home(folder: Path) -> Iterator[Home]:
    schema = f"collector_{secrets.token_hex(6)}"
    mark = "&" if "?" in POSTGRES_URL else "?"
    url = f"{POSTGRES_URL}{mark}options={quote(f'-csearch_path={schema}')}"
    with psycopg.connect(POSTGRES_URL, autocommit=True) as admin:
        admin.execute(f"CREATE SCHEMA {schema}")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(POSTGRES_LINKS)
            settings = Settings(home=folder, database_url=url)
            yield Home(settings, lambda sql, values: connection.execute(sql, values) and None)
        admin.execute(f"DROP SCHEMA {schema} CASCADE")


@dataclass
class Client:
    """Calls the application without a server."""

    app: Collector

    def __call__(
        self, method: str, path: str, body: bytes = b"", *, length: str | None = None, **headers: str
    ) -> Answer:
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_LENGTH": str(len(body)) if length is None else length,
            "wsgi.input": io.BytesIO(body),
            "HTTP_USER_AGENT": "Mozilla/5.0 (Linux; Android 14) MicroMessenger/8.0",
        }
        environ |= {f"HTTP_{name.upper()}": value for name, value in headers.items()}
        started: list[tuple[str, list[tuple[str, str]]]] = []
        parts = self.app(environ, lambda status, found: started.append((status, found)))
        ((status, found),) = started
        return Answer(int(status.split()[0]), dict(found), b"".join(parts))


@pytest.fixture
def app(home: Home) -> Iterator[Collector]:
    made = create_app(home.settings)
    yield made
    made.close()


@pytest.fixture
def client(app: Collector) -> Client:
    return Client(app)


@pytest.fixture
def key(home: Home) -> str:
    return gate.create_write_key(home.settings, shop="main")


@pytest.fixture
def server(home: Home) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """A collector process of its own on a free port: (port, process)."""
    port = free_port()
    code = (
        "import sys; from pathlib import Path; from siyu.kernel.settings import Settings; "
        "from siyu.collector.server import serve; "
        "serve(Settings(home=Path(sys.argv[1]), database_url=sys.argv[2], collector_port=int(sys.argv[3])))"
    )
    command = [sys.executable, "-c", code, str(home.settings.home), home.settings.database_url, str(port)]
    process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": "src"})
    _await_port(port, process)
    yield port, process
    process.kill()
    process.wait()


def _await_port(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(400):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert process.poll() is None, "the collector ended at once"
        time.sleep(0.025)
    raise AssertionError("the collector does not listen")

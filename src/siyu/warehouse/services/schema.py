"""The warehouse's tables: numbered steps, applied in order, each once; the same on chDB and on a ClickHouse server."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from string import Template
from urllib.parse import unquote, urlsplit

from siyu.kernel.failpoints import failpoint
from siyu.warehouse import client, registries
from siyu.warehouse.contracts import QueryFailed
from siyu.warehouse.front.whitelist import quoted

_BOOK = """
CREATE TABLE IF NOT EXISTS ddl_steps (name String, checksum String, applied_at DateTime64(3, 'UTC') DEFAULT now64(3))
ENGINE = MergeTree ORDER BY name
"""
_UNKNOWN_TABLE = 60
_UNKNOWN_DATABASE = 81


# Warehouses whose tables this process has seen in step.
_in_step: set[str] = set()


@dataclass(frozen=True)
class Step:
    name: str
    text: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()

    def statements(self) -> Iterator[str]:
        """The statements without their comments. A semicolon ends one only at the end of a line."""
        code = "\n".join(line for line in self.text.splitlines() if not line.lstrip().startswith("--"))
        yield from (part.strip() for part in code.split(";\n") if part.strip())


def migrate(*, warehouse: client.Warehouse | None = None) -> list[str]:
    """Makes database, tables and the tables of registered projections; returns the names of the steps it applied.

    Safe to run again and at the same time: every statement says IF NOT EXISTS, so a step that died half-way is
    repeated. Raises `WarehouseUnavailable` if there is no warehouse to talk to.
    """
    wh = warehouse or client.connect()
    database = client.database_of(wh.url)
    wh.command(f"CREATE DATABASE IF NOT EXISTS `{database}`", outside_database=True)
    wh.command(_BOOK)
    applied = []
    for step in _missing(wh):
        for statement in step.statements():
            wh.command(_filled(statement, wh.url))
        failpoint("warehouse.migrate.before_booked")
        wh.insert("ddl_steps", ["name", "checksum"], [[step.name, step.checksum]])
        applied.append(step.name)
    for projection in registries.PROJECTIONS:
        if projection.ddl:
            wh.command(projection.ddl)
    return applied


def ensure_in_step() -> None:
    """`migrate`, once per process: the warehouse may have been away when this version was set up."""
    wh = client.connect()
    if wh.url not in _in_step:
        migrate(warehouse=wh)
        _in_step.add(wh.url)


def pending_migrations(*, warehouse: client.Warehouse | None = None) -> list[str]:
    """The names of steps that `migrate` would apply now."""
    wh = warehouse or client.connect()
    try:
        return [step.name for step in _missing(wh)]
    except QueryFailed as error:
        if error.code in {_UNKNOWN_TABLE, _UNKNOWN_DATABASE}:
            return [step.name for step in steps()]
        raise


def steps() -> list[Step]:
    """All steps of this program, in order."""
    folder = resources.files("siyu.warehouse") / "migrations_ddl"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return [Step(name.removesuffix(".sql"), (folder / name).read_text(encoding="utf-8")) for name in names]


def _missing(wh: client.Warehouse) -> list[Step]:
    known = {row[0] for row in wh.rows("SELECT name FROM ddl_steps")}
    return [step for step in steps() if step.name not in known]


def _filled(statement: str, url: str) -> str:
    return Template(statement).safe_substitute(database=client.database_of(url), access=_access(url))


def _access(url: str) -> str:
    """How a dictionary reads its own server: the embedded one needs no login, a server knows our user."""
    parts = urlsplit(url)
    if parts.username is None or parts.username == client.EMBEDDED_USER:
        return ""
    user, password = unquote(parts.username), unquote(parts.password or "")
    return f"USER {quoted(user)} PASSWORD {quoted(password)}"

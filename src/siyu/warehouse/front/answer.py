"""Runs one understood request on a fresh connection and hands its result on, piece by piece."""

from __future__ import annotations

import contextlib
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .body import PIECE_BYTES
from .engine import Engine
from .errors import QUERY_CANCELLED, READONLY, FrontError, from_engine
from .lanes import Lane
from .request import ExternalTable, Request
from .running import Running
from .whitelist import set_statement, settings_of

# Formats whose pieces, put after one another, are one valid result. Of the others the engine repeats heads and feet
# with every piece, so they are taken whole.
STREAMED_FORMATS = frozenset(
    {"Native", "RowBinary", "TabSeparated", "TSV", "CSV", "JSONEachRow", "TabSeparatedRaw", "TSVRaw"}
)
_KILL = re.compile(
    r"KILL\s+QUERY\s+WHERE\s+query_id\s*(?:=|IN)\s*\(?\s*((?:'[^'\\]*'[\s,]*)+)\)?\s*(SYNC|ASYNC)?\s*\Z", re.IGNORECASE
)


@dataclass
class Summary:
    """What `X-ClickHouse-Summary` says; it grows while the query runs."""

    started_at: float = field(default_factory=time.perf_counter)
    read_rows: int = 0
    read_bytes: int = 0
    written_rows: int = 0
    written_bytes: int = 0
    result_rows: int = 0
    result_bytes: int = 0

    def add(self, result: Any) -> None:
        self.read_rows += result.storage_rows_read()
        self.read_bytes += result.storage_bytes_read()
        self.written_rows += result.rows_written()
        self.written_bytes += result.bytes_written()
        self.result_rows += result.rows_read()
        self.result_bytes += result.size()

    def header(self) -> str:
        numbers = {name: str(value) for name, value in vars(self).items() if name != "started_at"}
        numbers["total_rows_to_read"] = "0"
        numbers["elapsed_ns"] = str(int((time.perf_counter() - self.started_at) * 1e9))
        return json.dumps(numbers, separators=(",", ":"))


@contextlib.contextmanager
def prepared(engine: Engine, request: Request, running: Running, lane: Lane) -> Iterator[Any]:
    """A fresh connection in the request's database, with its settings, tag, values and external tables."""
    settings = {
        "max_threads": str(lane.rule.threads),
        "max_memory_usage": str(int(lane.rule.share_of_memory * engine.options.memory_bytes)),
        **settings_of(request.parameters, known=engine.known_settings),
        "log_comment": running.tag,
    }
    with engine.connect() as connection:
        run = _runner(connection)
        run(f"USE {_identifier(request.database)}")
        for table in request.tables:
            _load_external(connection, table)
        if request.data is not None and request.values:
            # A streamed INSERT takes no parameters of its own; the session's are seen by it.
            settings |= {f"param_{name}": value for name, value in request.values.items()}
        run(set_statement(settings))
        yield connection


def pieces(connection: Any, request: Request, running: Running, summary: Summary) -> Iterator[bytes]:
    """The result as bytes. Errors of the engine come as `FrontError`."""
    try:
        if request.data is not None:
            _insert(connection, request, summary)
        elif request.statement.can_stream and request.format in STREAMED_FORMATS:
            yield from _streamed(connection, request, summary)
        else:
            result = connection.query(_text(request), request.format, params=request.values)
            summary.add(result)
            yield result.bytes()
    except RuntimeError as error:
        found = from_engine(error)
        if running.cancelled:
            found = FrontError(QUERY_CANCELLED, "Query was cancelled.")
        raise found from None


def asked_to_kill(request: Request) -> set[str] | None:
    """The ids of `KILL QUERY WHERE query_id = '…'`; None for another statement. Other forms of KILL are refused."""
    if request.statement.kind != "KILL":
        return None
    found = _KILL.match(_text(request).strip())
    if not found:
        raise FrontError(READONLY, "Only KILL QUERY WHERE query_id = '…' is understood here.")
    return set(re.findall(r"'([^']*)'", found.group(1)))


def _text(request: Request) -> str:
    return request.statement.sql.decode(errors="surrogateescape")


def _runner(connection: Any) -> Any:
    def run(sql: str) -> None:
        try:
            connection.query(sql, "TabSeparated", params={})
        except RuntimeError as error:
            raise from_engine(error) from None

    return run


def _identifier(name: str) -> str:
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def _streamed(connection: Any, request: Request, summary: Summary) -> Iterator[bytes]:
    stream = connection.send_query(_text(request), request.format, params=request.values)
    try:
        while (chunk := connection.streaming_fetch_result(stream)) is not None and chunk.rows_read():
            summary.add(chunk)
            yield chunk.bytes()
    except GeneratorExit:
        connection.streaming_cancel_query(stream)
        raise


def _insert(connection: Any, request: Request, summary: Summary) -> None:
    assert request.data is not None
    inserting = connection.send_insert(_text(request), request.format)
    try:
        while piece := request.data.read(PIECE_BYTES):
            connection.insert_append(inserting, piece)
    except BaseException:
        # Also when the caller breaks off: half a body is never committed.
        with contextlib.suppress(RuntimeError):
            connection.insert_cancel(inserting)
        raise
    summary.add(connection.insert_done(inserting))


def _load_external(connection: Any, table: ExternalTable) -> None:
    try:
        create = f"CREATE TEMPORARY TABLE {_identifier(table.name)} ({table.structure}) ENGINE = Memory"
        connection.query(create, "TabSeparated", params={})
        inserting = connection.send_insert(f"INSERT INTO {_identifier(table.name)}", table.format)
        connection.insert_append(inserting, table.content)
        connection.insert_done(inserting)
    except RuntimeError as error:
        raise from_engine(error) from None



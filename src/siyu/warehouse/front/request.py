"""One request, understood: its statement, parameters, settings, external tables and data."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from . import guard
from .body import Body, parse_form
from .errors import BAD_ARGUMENTS, READONLY, SYNTAX_ERROR, FrontError
from .options import DATABASE
from .statement import Statement, examine

# Bytes in which the text of an INSERT must end, before its own data begins.
INSERT_HEAD_BYTES = 256 * 1024
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_PARAM = "param_"
_EXTERNAL = ("format", "types", "structure")


@dataclass(frozen=True)
class ExternalTable:
    name: str
    format: str
    structure: str
    content: bytes


@dataclass
class Request:
    statement: Statement
    query_id: str
    database: str
    format: str
    parameters: dict[str, str]
    values: dict[str, str]
    waits_for_end: bool
    lane: str | None
    tables: list[ExternalTable] = field(default_factory=list)
    data: Body | None = None


def understand(*, method: str, headers: Mapping[str, str], query: Mapping[str, str], body: Body) -> Request:
    """Raises `FrontError` for what is malformed or refused. INSERT data stays unread in `data`."""
    parameters = dict(query)
    text = parameters.get("query", "").encode()
    content_type = headers.get("Content-Type", "")
    tables: list[ExternalTable] = []
    data: Body | None = None
    if content_type.startswith("multipart/form-data"):
        tables = _read_form(parameters, content_type, body.read_all())
        text = parameters.get("query", "").encode()
        statement = _examine(text)
    elif text:
        statement, data = _from_url(text, body)
    else:
        statement, data = _from_body(body)
    guard.check(statement)
    if method == "GET" and not statement.is_read:
        raise FrontError(READONLY, "Cannot execute query in readonly mode. For modifying queries use POST.")
    return Request(
        statement=statement,
        query_id=parameters.get("query_id") or str(uuid.uuid4()),
        database=_database(headers, parameters),
        format=_format(statement, headers, parameters),
        parameters=parameters,
        values={name[len(_PARAM) :]: value for name, value in parameters.items() if name.startswith(_PARAM)},
        waits_for_end=parameters.get("wait_end_of_query", "0") not in {"0", "false"},
        lane=headers.get("X-Siyu-Lane"),
        tables=tables,
        data=data if statement.takes_data else None,
    )


def _examine(sql: bytes) -> Statement:
    if not sql.strip():
        raise FrontError(SYNTAX_ERROR, "Syntax error: Empty query.")
    return examine(sql)


def _from_url(text: bytes, body: Body) -> tuple[Statement, Body]:
    """The text is in the URL; the body continues it, or is an INSERT's data."""
    statement = _examine(text)
    if statement.takes_data:
        body.push_back(text[statement.data_at :])
        return statement, body
    rest = body.read_all()
    return (_examine(text + b"\n" + rest) if rest else statement), body


def _from_body(body: Body) -> tuple[Statement, Body]:
    head = body.read(INSERT_HEAD_BYTES)
    if head.lstrip()[:6].upper() == b"INSERT" or head.lstrip()[:2] in {b"/*", b"--"}:
        statement = _examine(head)
        if statement.takes_data and statement.data_at != len(head):
            body.push_back(head[statement.data_at :])
            return statement, body
        if statement.takes_data and len(head) < INSERT_HEAD_BYTES:
            return statement, body
    return _examine(head + body.read_all()), body


def _database(headers: Mapping[str, str], parameters: Mapping[str, str]) -> str:
    name = parameters.get("database") or headers.get("X-ClickHouse-Database") or DATABASE
    # The engine's `default` falls back to files of that name for unknown tables; nobody is sent there.
    return DATABASE if name == "default" else name


def _format(statement: Statement, headers: Mapping[str, str], parameters: Mapping[str, str]) -> str:
    name = statement.format or parameters.get("default_format") or headers.get("X-ClickHouse-Format") or "TabSeparated"
    if not _IDENTIFIER.match(name):
        raise FrontError(BAD_ARGUMENTS, "The format has no valid name.")
    return name


def _read_form(parameters: dict[str, str], content_type: str, content: bytes) -> list[ExternalTable]:
    """Moves the form's fields into `parameters`, takes the tables' own parameters out of them."""
    files = []
    for part in parse_form(content_type, content):
        if part.file_name is None:
            parameters[part.name] = part.content.decode(errors="surrogateescape")
        else:
            files.append(part)
    return [_table(part.name, part.content, parameters) for part in files]


def _table(name: str, content: bytes, parameters: dict[str, str]) -> ExternalTable:
    if not _IDENTIFIER.match(name):
        raise FrontError(BAD_ARGUMENTS, f"External table {name[:50]!r} has no valid name.")
    told = {key: parameters.pop(f"{name}_{key}", "") for key in _EXTERNAL}
    structure = told["structure"]
    if not structure:
        types = [piece for piece in _split_types(told["types"]) if piece]
        structure = ", ".join(f"_{number} {piece}" for number, piece in enumerate(types, start=1))
    if not structure:
        raise FrontError(BAD_ARGUMENTS, f"Neither structure nor types have been given for external table {name}.")
    return ExternalTable(name, told["format"] or "TabSeparated", structure, content)


def _split_types(types: str) -> list[str]:
    """Splits at commas outside brackets: `UInt32,Decimal(10,2)` has two types."""
    pieces, depth = [""], 0
    for character in types:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and not depth:
            pieces.append("")
        else:
            pieces[-1] += character
    return [piece.strip() for piece in pieces]

"""One SQL text, examined: what kind it is, which words it uses outside strings, where its data begins.

Works on bytes, because the data of an INSERT follows its text in the same body and may be binary.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from .errors import SYNTAX_ERROR, FrontError

# Runs of numbers and separators are one token, so that an IN list of 100,000 ids costs milliseconds.
_TOKEN = re.compile(
    rb"""
    (?P<space>\s+|--[^\n]*|\#[ !][^\n]*|/\*.*?(?:\*/|\Z))
    |(?P<string>'(?:[^'\\]|\\.|'')*'?)
    |(?P<heredoc>\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)
    |(?P<quoted>`(?:[^`\\]|\\.|``)*`?|"(?:[^"\\]|\\.|"")*"?)
    |(?P<word>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<filler>(?:\d[\d.]*(?![A-Za-z_])|[,+\s])+)
    |(?P<mark>.)
    """,
    re.VERBOSE | re.DOTALL,
)
READS = frozenset({"SELECT", "WITH", "SHOW", "DESCRIBE", "DESC", "EXISTS", "EXPLAIN", "CHECK", "FROM", "VALUES"})
# At depth 1 for `INSERT INTO t (SELECT …)`.
_SOURCES_AT_DEPTH = {0: frozenset({"VALUES", "SELECT", "WITH", "FROM"}), 1: frozenset({"SELECT", "WITH"})}
_STREAMED_KINDS = frozenset({"SELECT", "WITH", "FROM"})


class Token(NamedTuple):
    kind: str  # word, quoted, string, mark, filler
    text: str  # words and quoted names as written, without their quotes; empty for strings and fillers
    start: int
    end: int

    @property
    def word(self) -> str:
        return self.text.upper() if self.kind == "word" else ""


@dataclass
class Statement:
    """The examined text. `data_at` is where an INSERT's own data starts in the bytes given, or None."""

    sql: bytes
    kind: str
    tokens: list[Token] = field(repr=False)
    format: str | None = None
    data_at: int | None = None

    @property
    def is_read(self) -> bool:
        return self.kind in READS

    @property
    def can_stream(self) -> bool:
        return self.kind in _STREAMED_KINDS and not any(t.word in {"TOTALS", "EXTREMES"} for t in self.tokens)

    @property
    def takes_data(self) -> bool:
        return self.data_at is not None


def tokens_of(sql: bytes) -> Iterator[Token]:
    """The tokens that matter, in order; comments and spaces are left out."""
    for match in _TOKEN.finditer(sql):
        kind = match.lastgroup or "mark"
        if kind == "space" or (kind == "filler" and match.group().isspace()):
            continue
        if kind == "tag":
            kind = "heredoc"
        raw = match.group()
        text = ""
        if kind in {"word", "mark"}:
            text = raw.decode("latin-1")
        elif kind == "quoted":
            text = raw[1:-1].decode(errors="replace")
        yield Token("string" if kind == "heredoc" else kind, text, match.start(), match.end())


def examine(sql: bytes) -> Statement:
    """Reads `sql` as far as its text goes (an INSERT's data is not looked at)."""
    found: list[Token] = []
    stream = tokens_of(sql)
    for token in stream:
        found.append(token)
        if token.text == ";" and token.kind == "mark":
            _nothing_more(stream)
            found.pop()
            sql = sql[: token.start]
            break
        if token.word == "FORMAT" and _is_insert(found) and not _reads_a_source(found):
            return _insert_with_format(sql, found, stream)
    kind = _kind(found)
    statement = Statement(sql, kind, found, format=_output_format(found))
    if kind == "INSERT" and not _reads_a_source(found):
        statement.data_at, statement.format = len(sql), "Values"
    return statement


def _kind(tokens: list[Token]) -> str:
    for token in tokens:
        if token.text == "(" and token.kind == "mark":
            continue
        return token.word
    return ""


def _is_insert(tokens: list[Token]) -> bool:
    return _kind(tokens) == "INSERT"


def _reads_a_source(tokens: list[Token]) -> bool:
    """Whether the INSERT carries VALUES or a query of its own. Words inside its column list do not count."""
    depth = 0
    for token in tokens:
        if token.kind == "mark" and token.text in "()":
            depth += 1 if token.text == "(" else -1
        elif token.word in _SOURCES_AT_DEPTH.get(depth, ()):
            return True
    return False


def _insert_with_format(sql: bytes, found: list[Token], stream: Iterator[Token]) -> Statement:
    name = next(stream, None)
    if name is None or name.kind != "word":
        raise FrontError(SYNTAX_ERROR, "Syntax error: a format name is expected after FORMAT.")
    at = name.end
    while sql[at : at + 1] in {b" ", b"\t", b"\f"}:
        at += 1
    # As ClickHouse does: data starts after the first line end, if there is one.
    at += 1 if sql[at : at + 1] == b"\r" else 0
    at += 1 if sql[at : at + 1] == b"\n" else 0
    return Statement(sql[: found[-1].start], "INSERT", found[:-1], format=name.text, data_at=at)


def _output_format(tokens: list[Token]) -> str | None:
    """The name after the last FORMAT outside brackets."""
    for before, token in zip(reversed(tokens[:-1]), reversed(tokens[1:]), strict=True):
        if before.word == "FORMAT" and token.kind == "word":
            return token.text
        if before.text == ")" and before.kind == "mark":
            return None
    return None


def _nothing_more(stream: Iterator[Token]) -> None:
    for token in stream:
        if token.text != ";":
            raise FrontError(SYNTAX_ERROR, "Syntax error (Multi-statements are not allowed).")

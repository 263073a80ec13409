"""How a statement is read: its kind, its format, and where an INSERT's own data begins."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siyu.warehouse.front.statement import examine


@pytest.mark.parametrize(
    ("sql", "form", "data"),
    [
        (b"INSERT INTO t (a, b) FORMAT Native\n\x01\x02", "Native", b"\x01\x02"),
        (b"INSERT INTO t FORMAT Native \r\n\n\x01", "Native", b"\n\x01"),
        (b"insert into t format RowBinary \x05", "RowBinary", b"\x05"),
        (b"INSERT INTO t SETTINGS a = 1 FORMAT CSV\n1;2", "CSV", b"1;2"),
        (b"/* x */ INSERT INTO t FORMAT Native\n'", "Native", b"'"),
        (b"INSERT INTO t (`values`, `from`) FORMAT CSV\n1", "CSV", b"1"),
    ],
)
def test_data_begins_after_the_format_and_one_line_end(sql: bytes, form: str, data: bytes) -> None:
    statement = examine(sql)
    assert statement.data_at is not None
    assert (statement.kind, statement.format, sql[statement.data_at :]) == ("INSERT", form, data)
    assert b"FORMAT" not in statement.sql.upper()


@pytest.mark.parametrize(
    "sql", [b"INSERT INTO t VALUES (1)", b"INSERT INTO t SELECT 1 FORMAT Null", b"INSERT INTO t (a) SELECT 1"]
)
def test_an_insert_with_a_source_takes_no_data(sql: bytes) -> None:
    assert examine(sql).data_at is None


def test_an_insert_without_anything_takes_values() -> None:
    statement = examine(b"INSERT INTO t (a)")
    assert (statement.data_at, statement.format) == (17, "Values")


@pytest.mark.parametrize(
    ("sql", "form"),
    [
        (b"SELECT 1 FORMAT JSON", "JSON"),
        (b"SELECT 1\n FORMAT Native", "Native"),
        (b"SELECT 1 FORMAT Native SETTINGS max_threads = 1", "Native"),
        (b"SELECT ' FORMAT JSON'", None),
        (b"SELECT format('x') FROM (SELECT 1)", None),
    ],
)
def test_the_output_format(sql: bytes, form: str | None) -> None:
    assert examine(sql).format == form


def test_totals_are_not_streamed() -> None:
    assert examine(b"SELECT 1").can_stream
    assert not examine(b"SELECT a FROM t GROUP BY a WITH TOTALS").can_stream


def test_a_long_list_costs_milliseconds() -> None:
    sql = b"SELECT count() FROM t WHERE a IN (" + b", ".join(b"%d" % number for number in range(100_000)) + b")"
    started = time.process_time()
    examine(sql)
    assert time.process_time() - started < 0.5


@given(text=st.text(max_size=60))
def test_any_literal_stays_a_literal(text: str) -> None:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    statement = examine(f"SELECT '{escaped}' AS x".encode("utf-8", "surrogatepass"))
    assert [token.text for token in statement.tokens if token.kind == "word"] == ["SELECT", "AS", "x"]

"""clickhouse-connect's public behaviour is the contract of the warehouse.

Runs by URL: against `SIYU_TEST_WAREHOUSE_URL` (any ClickHouse server) or an embedded front of its own. What holds for
the embedded front only is in test_warehouse_front.py.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import clickhouse_connect
import numpy as np
import pytest
from clickhouse_connect.driver import options
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError, DatabaseError
from clickhouse_connect.driver.external import ExternalData
from tests.plugins.warehouse import warehouse_front, warehouse_url

__all__ = ["warehouse_front", "warehouse_url"]
pytestmark = pytest.mark.warehouse


@pytest.fixture(scope="module")
def ch(warehouse_url: str) -> Iterator[Client]:
    client = clickhouse_connect.get_client(dsn=warehouse_url, autogenerate_session_id=False)
    yield client
    client.close()


@pytest.fixture
def table(ch: Client) -> Iterator[str]:
    name = "contract_rows"
    ch.command(f"DROP TABLE IF EXISTS {name} SYNC")
    ch.command(
        f"CREATE TABLE {name} (id UInt32, word LowCardinality(String), at DateTime64(3, 'UTC'), note Nullable(String)) "
        "ENGINE = MergeTree ORDER BY id SETTINGS non_replicated_deduplication_window = 10"
    )
    yield name
    ch.command(f"DROP TABLE IF EXISTS {name} SYNC")


COLUMNS = ["id", "word", "at", "note"]
AT = datetime(2026, 3, 1, 8, 30, 0, 123000, tzinfo=UTC)


def code_of(ch: Client, sql: str, **kwargs: object) -> int | None:
    with pytest.raises(DatabaseError) as raised:
        ch.query(sql, **kwargs)  # type: ignore[arg-type]
    return raised.value.code


class TestQueries:
    def test_values_of_many_types(self, ch: Client) -> None:
        row = ch.query(
            "SELECT toUInt64(18446744073709551615), -1, 'ü好', toDate('2026-03-01'), [1, 2], map('a', 1.5), NULL, "
            "toDecimal64('1.25', 2), (1, 'x'), toLowCardinality('y'), true"
        ).first_row
        assert tuple(row) == (
            2**64 - 1, -1, "ü好", date(2026, 3, 1), [1, 2], {"a": 1.5}, None, Decimal("1.25"), (1, "x"), "y", True,
        )  # fmt: skip

    @pytest.mark.parametrize(
        "text", ["", "it's", "tab\tline\nback\\slash", "ü好🎉", "'; DROP TABLE x; --", "{a:String}"]
    )
    def test_parameters_are_values(self, ch: Client, text: str) -> None:
        assert ch.query("SELECT {t:String}", parameters={"t": text}).first_row[0] == text

    def test_parameters_of_other_types(self, ch: Client) -> None:
        values = {"n": 5, "list": [1, 2, 3], "at": AT, "none": None, "words": ["a'b", "c"]}
        sql = (
            "SELECT {n:UInt8}, {list:Array(UInt32)}, {at:DateTime64(3, 'UTC')}, {none:Nullable(String)}, "
            "{words:Array(String)}"
        )
        row = ch.query(sql, parameters=values, query_tz="UTC").first_row
        assert (row[0], row[1], row[2].replace(tzinfo=UTC), row[3], row[4]) == (5, [1, 2, 3], AT, None, ["a'b", "c"])

    def test_many_parameters_do_not_fit_a_url_and_need_not(self, ch: Client) -> None:
        ids = list(range(100_000))
        assert ch.query("SELECT length({ids:Array(UInt32)})", parameters={"ids": ids}).first_row[0] == 100_000

    def test_numpy_and_columns(self, ch: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        # Siyu's own connection tells the driver, for the whole process, that it does without.
        monkeypatch.setattr(options, "np", np)
        array = ch.query_np("SELECT number FROM numbers(1000)")
        assert int(np.asarray(array).sum()) == 499_500
        assert len(ch.query("SELECT number FROM numbers(10)", column_oriented=True).result_columns[0]) == 10

    def test_no_rows(self, ch: Client) -> None:
        assert ch.query("SELECT 1 WHERE 0").result_rows == []

    def test_columns_only(self, ch: Client) -> None:
        assert ch.query("SELECT 1 AS a, 'x' AS b LIMIT 0").column_names == ("a", "b")

    def test_a_large_result_is_streamed_whole(self, ch: Client) -> None:
        with ch.query_row_block_stream("SELECT number FROM numbers(2000000)") as stream:
            assert sum(len(block) for block in stream) == 2_000_000

    @pytest.mark.filterwarnings("ignore")
    def test_an_error_in_the_middle_of_a_stream_is_raised(self, ch: Client) -> None:
        sql = "SELECT throwIf(number = 4900000, 'too far') FROM numbers(5000000)"
        with pytest.raises(ClickHouseError, match="too far"), ch.query_row_block_stream(sql) as stream:
            for _ in stream:
                pass

    @pytest.mark.parametrize(
        ("form", "expected"),
        [("CSV", b'1,"a"\n'), ("JSONEachRow", b'{"n":1,"t":"a"}\n'), ("TabSeparatedWithNames", b"n\tt\n1\ta\n")],
    )
    def test_other_formats(self, ch: Client, form: str, expected: bytes) -> None:
        assert ch.raw_query("SELECT toUInt8(1) AS n, 'a' AS t", fmt=form) == expected

    def test_commands_return_values(self, ch: Client) -> None:
        assert ch.command("SELECT 6 * 7") == 42

    def test_ping(self, ch: Client) -> None:
        assert ch.ping()

    def test_the_summary_is_true(self, ch: Client) -> None:
        result = ch.query("SELECT number FROM numbers(100000) WHERE number % 2 = 0")
        assert (result.summary["read_rows"], result.summary["result_rows"]) == ("100000", "50000")

    def test_the_query_id_is_ours(self, ch: Client) -> None:
        assert ch.query("SELECT 1", settings={"query_id": "mine-1"}).query_id == "mine-1"


class TestErrors:
    @pytest.mark.parametrize(
        ("sql", "code"),
        [
            ("SELECT nope", 47),
            ("SELECT * FROM nope_table", 60),
            ("SELECT nope_function(1)", 46),
            ("SELECT (1", 62),
            ("SELECT throwIf(1)", 395),
            ("SELECT {a:UInt8}", 456),
            ("SELECT sleepEachRow(0.1) FROM numbers(100) SETTINGS max_execution_time = 0.2, max_block_size = 1", 159),
            ("SELECT groupArray(number) FROM numbers(100000000) SETTINGS max_memory_usage = 10000000", 241),
        ],
    )
    def test_codes(self, ch: Client, sql: str, code: int) -> None:
        assert code_of(ch, sql) == code

    def test_an_unknown_setting(self, ch: Client) -> None:
        with pytest.raises(DatabaseError) as raised:
            ch.raw_query("SELECT 1", settings={"no_such_setting": "1"})
        assert raised.value.code == 115

    def test_a_connection_survives_an_error(self, ch: Client) -> None:
        for _ in range(3):
            assert code_of(ch, "SELECT nope") == 47
            assert ch.command("SELECT 1") == 1


class TestSettings:
    def test_settings_reach_the_query(self, ch: Client) -> None:
        assert ch.query("SELECT getSetting('max_block_size')", settings={"max_block_size": 777}).first_row[0] == 777

    def test_settings_and_temporary_tables_do_not_leak(self, ch: Client) -> None:
        before = ch.query("SELECT getSetting('max_block_size')").first_row[0]
        ch.command("SET max_block_size = 778")
        ch.query("SELECT 1", settings={"max_block_size": 779})
        assert ch.query("SELECT getSetting('max_block_size')").first_row[0] == before
        sql = "SELECT count() FROM given"
        data = ExternalData(file_name="given", data=b"1\n2\n", fmt="TSV", structure="a UInt8")
        assert ch.query(sql, external_data=data).first_row[0] == 2
        assert code_of(ch, sql) == 60


class TestExternalData:
    def test_ids_as_row_binary(self, ch: Client) -> None:
        ids = np.arange(100_000, dtype="<u4").tobytes()
        data = ExternalData(file_name="ids", data=ids, fmt="RowBinary", structure="id UInt32")
        sql = "SELECT count(), sum(number) FROM numbers(200000) WHERE toUInt32(number) IN ids"
        assert ch.query(sql, external_data=data).first_row == (100_000, 4_999_950_000)

    def test_two_tables_and_a_parameter(self, ch: Client) -> None:
        data = ExternalData(file_name="a.csv", data=b"1,x\n2,y\n", fmt="CSV", structure="id UInt8, word String")
        data.add_file(file_name="b.tsv", data=b"2\n3\n", fmt="TSV", types="UInt8")
        sql = "SELECT word FROM a WHERE id IN b AND id < {top:UInt8}"
        assert ch.query(sql, external_data=data, parameters={"top": 9}).result_rows == [("y",)]


class TestInserts:
    def test_rows_and_columns(self, ch: Client, table: str) -> None:
        summary = ch.insert(table, [[1, "a", AT, None], [2, "ü", AT, "x"]], column_names=COLUMNS)
        assert summary.written_rows == 2
        ch.insert(table, [[3], ["c"], [AT], [""]], column_names=COLUMNS, column_oriented=True)
        rows = ch.query(f"SELECT id, word, note FROM {table} ORDER BY id").result_rows
        assert rows == [(1, "a", None), (2, "ü", "x"), (3, "c", "")]

    @pytest.mark.parametrize("compression", [None, "zstd", "lz4", "gzip"])
    def test_raw_and_compressed(self, ch: Client, table: str, compression: str | None) -> None:
        import gzip

        import lz4.frame
        from backports import zstd

        pack = {None: bytes, "zstd": zstd.compress, "lz4": lz4.frame.compress, "gzip": gzip.compress}[compression]
        text = b"".join(b"%d,w%d\n" % (number, number % 5) for number in range(50_000))
        ch.raw_insert(table, ["id", "word"], pack(text), fmt="CSV", compression=compression)
        assert ch.query(f"SELECT count(), uniqExact(word) FROM {table}").first_row == (50_000, 5)

    def test_from_a_select_and_from_values(self, ch: Client, table: str) -> None:
        ch.command(f"INSERT INTO {table} (id, word) SELECT number, 'n' FROM numbers(10)")
        ch.command(f"INSERT INTO {table} (id, word) VALUES (10, 'it''s; FORMAT x'), (11, 'b')")
        assert ch.command(f"SELECT count() FROM {table}") == 12

    def test_data_that_cannot_be_read_leaves_nothing(self, ch: Client, table: str) -> None:
        with pytest.raises(ClickHouseError):
            ch.raw_insert(table, ["id", "word"], b"1,a\nnot a number,b\n", fmt="CSV")
        assert ch.command(f"SELECT count() FROM {table}") == 0


class TestDeduplication:
    """The facts that shipping rests on, traps included."""

    def send(self, ch: Client, table: str, ids: list[int], token: str | None) -> int:
        settings: dict[str, object] = {"async_insert": 0}
        if token:
            settings["insert_deduplication_token"] = token
        ch.insert(table, [[number, "w", AT, None] for number in ids], column_names=COLUMNS, settings=settings)
        return int(ch.command(f"SELECT count() FROM {table}"))  # type: ignore[arg-type]

    def test_the_same_token_counts_once(self, ch: Client, table: str) -> None:
        assert self.send(ch, table, [1, 2], "t1") == 2
        assert self.send(ch, table, [1, 2], "t1") == 2

    def test_the_same_rows_under_two_tokens_count_twice(self, ch: Client, table: str) -> None:
        assert self.send(ch, table, [1, 2], "t1") == 2
        assert self.send(ch, table, [1, 2], "t2") == 4

    def test_trap_other_rows_under_a_known_token_are_dropped(self, ch: Client, table: str) -> None:
        assert self.send(ch, table, [1, 2], "t1") == 2
        assert self.send(ch, table, [3, 4, 5], "t1") == 2

    def test_trap_equal_batches_without_a_token_count_once(self, ch: Client, table: str) -> None:
        assert self.send(ch, table, [1, 2], None) == 2
        assert self.send(ch, table, [1, 2], None) == 2

    def test_trap_a_retry_after_the_window_counts_twice(self, ch: Client, table: str) -> None:
        assert self.send(ch, table, [1], "first") == 1
        for number in range(10):
            self.send(ch, table, [100 + number], f"later-{number}")
        assert self.send(ch, table, [1], "first") == 12


SLOW = "SELECT count() FROM numbers(100000000000) WHERE sipHash64(number) % 7 = 1"


class TestCancelling:
    def test_kill_by_query_id(self, ch: Client, warehouse_url: str) -> None:
        codes: list[int | None] = []
        other = clickhouse_connect.get_client(dsn=warehouse_url, autogenerate_session_id=False)
        named = {"query_id": "to-be-killed"}
        thread = threading.Thread(target=lambda: codes.append(code_of(other, SLOW, settings=named)))
        thread.start()
        time.sleep(0.3)
        started = time.perf_counter()
        ch.command("KILL QUERY WHERE query_id = 'to-be-killed' SYNC")
        thread.join(10)
        assert codes == [394]
        assert time.perf_counter() - started < 3
        other.close()

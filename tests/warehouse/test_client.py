"""The client: values both ways, and errors that say what to do."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from siyu.kernel.settings import Settings
from siyu.warehouse import client
from siyu.warehouse.client import Warehouse
from siyu.warehouse.contracts import QueryFailed, QueryTooHeavy, WarehouseUnavailable

pytestmark = pytest.mark.warehouse


@pytest.fixture(scope="module")
def wh(warehouse_url: str) -> Warehouse:
    return Warehouse(warehouse_url)


def test_instants_come_back_aware(wh: Warehouse) -> None:
    sql = "SELECT toDateTime64('2026-03-01 08:30:00.123', 3, 'UTC'), toDateTime('2026-03-01 08:30:00', 'UTC')"
    first, second = wh.rows(sql)[0]
    assert first == datetime(2026, 3, 1, 8, 30, 0, 123000, tzinfo=UTC)
    assert second == datetime(2026, 3, 1, 8, 30, tzinfo=UTC)


def test_rows_are_tuples_and_values_single(wh: Warehouse) -> None:
    assert wh.rows("SELECT 1, 'a' UNION ALL SELECT 2, 'b' ORDER BY 1") == [(1, "a"), (2, "b")]
    assert wh.value("SELECT {n:UInt32} + 1", {"n": 41}) == 42


def test_columns_and_blocks(wh: Warehouse) -> None:
    (numbers,) = wh.columns("SELECT number FROM numbers(1000)")
    assert sum(int(number) for number in numbers) == 499_500
    assert sum(len(block) for block in wh.blocks("SELECT number FROM numbers(300000)")) == 300_000


def test_rows_go_and_come_without_loading_frames(wh: Warehouse) -> None:
    wh.command("CREATE TABLE IF NOT EXISTS plain (id UInt32, at DateTime64(3, 'UTC'), names Map(String, String)) "
               "ENGINE = MergeTree ORDER BY id")  # fmt: skip
    code = (
        "import sys; from datetime import UTC, datetime; from siyu.warehouse.client import Warehouse\n"
        "wh = Warehouse(sys.argv[1]); at = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)\n"
        "wh.insert('plain', ['id', 'at', 'names'], [[1, at, {'a': 'b'}]])\n"
        "assert wh.rows('SELECT * FROM plain') == [(1, at, {'a': 'b'})], wh.rows('SELECT * FROM plain')\n"
        "print(sorted({'pandas', 'numpy', 'pyarrow', 'polars'} & set(sys.modules)))"
    )
    try:
        done = subprocess.run([sys.executable, "-c", code, wh.url], capture_output=True, text=True, check=False)
        assert (done.stdout, done.stderr) == ("[]\n", "")
    finally:
        wh.command("DROP TABLE plain")


def test_a_wrong_statement_is_a_programming_error(wh: Warehouse) -> None:
    with pytest.raises(QueryFailed) as raised:
        wh.rows("SELECT nope")
    assert (raised.value.code, raised.value.name) == (47, "UNKNOWN_IDENTIFIER")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT groupArray(number) FROM numbers(100000000) SETTINGS max_memory_usage = 10000000",
        "SELECT sleepEachRow(0.1) FROM numbers(50) SETTINGS max_execution_time = 0.2, max_block_size = 1",
    ],
)
def test_a_question_too_heavy_says_so(wh: Warehouse, sql: str) -> None:
    with pytest.raises(QueryTooHeavy):
        wh.rows(sql)


@pytest.mark.parametrize("url", ["http://a:b@127.0.0.1:1/x"])
def test_no_warehouse_is_unavailable(url: str) -> None:
    nowhere = Warehouse(url)
    assert not nowhere.ping()
    with pytest.raises(WarehouseUnavailable):
        nowhere.rows("SELECT 1")


def test_a_wrong_secret_is_unavailable(warehouse_url: str) -> None:
    with pytest.raises(WarehouseUnavailable):
        Warehouse(warehouse_url.replace("@", "x@")).rows("SELECT 1")


def test_before_its_first_start_the_embedded_one_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(WarehouseUnavailable):
        client.connect(Settings(home=tmp_path))  # type: ignore[call-arg]


def test_the_url_of_the_embedded_one_carries_its_secret(tmp_path: Path) -> None:
    secret = tmp_path / "warehouse.secret"
    secret.write_text("ab" * 32)
    secret.chmod(0o600)
    settings = Settings(home=tmp_path, warehouse_port=4711)  # type: ignore[call-arg]
    assert client.url_of(settings) == f"http://siyu-embedded:{'ab' * 32}@127.0.0.1:4711/siyu"
    secret.chmod(0o644)
    with pytest.raises(PermissionError):
        client.url_of(settings)


def test_a_configured_url_is_taken_as_it_is(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, warehouse_url="https://u:p@ch.example:8443/brand")  # type: ignore[call-arg]
    assert client.url_of(settings) == "https://u:p@ch.example:8443/brand"
    assert client.database_of(client.url_of(settings)) == "brand"

"""The codec of sets, against itself and against the engine, both ways."""

from __future__ import annotations

import struct
from collections.abc import Iterable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from siyu.warehouse import bitmaps
from siyu.warehouse.client import Warehouse

IDS = st.integers(min_value=0, max_value=2**32 - 1)
# Small sets, sets around the limit of the small form, scattered ids, and long runs.
SETS = st.one_of(
    st.sets(IDS, max_size=80),
    st.builds(lambda start, length: set(range(start, start + length)), st.integers(0, 2**31), st.integers(0, 100_000)),
)


@given(ids=SETS)
def test_decode_undoes_encode(ids: set[int]) -> None:
    assert bitmaps.decode(bitmaps.encode(BitMap(ids))) == BitMap(ids)


@pytest.mark.parametrize("count", [0, 1, 32])
def test_up_to_32_ids_are_a_plain_list(count: int) -> None:
    state = bitmaps.encode(BitMap(range(count)))
    assert state == struct.pack(f"<BB{count}I", 0, count, *range(count))


def test_more_than_32_ids_are_a_roaring_bitmap() -> None:
    assert bitmaps.encode(BitMap(range(33)))[0] == 1


@pytest.mark.parametrize(
    "state",
    [b"", b"\x00", b"\x00\x02\x01\x00\x00\x00", b"\x01", b"\x01\x80", b"\x01\x7fxx", b"\x02\x00", b"\x00\x00extra"],
)
def test_what_is_no_state_is_refused(state: bytes) -> None:
    with pytest.raises(bitmaps.MalformedState):
        bitmaps.decode(state)


@pytest.fixture(scope="module")
def engine(warehouse_url: str) -> Iterable[Warehouse]:
    wh = Warehouse(warehouse_url)
    wh.command("DROP TABLE IF EXISTS bitmap_codec")
    wh.command(
        "CREATE TABLE bitmap_codec (k UInt64, ids AggregateFunction(groupBitmap, UInt32)) ENGINE = MergeTree ORDER BY k"
    )
    yield wh
    wh.command("DROP TABLE bitmap_codec")


@pytest.mark.warehouse
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ids=SETS, key=st.integers(0, 2**63))
def test_the_engine_reads_what_we_write_and_writes_it_back(engine: Warehouse, ids: set[int], key: int) -> None:
    expected = BitMap(ids)
    state = struct.pack("<Q", key) + bitmaps.encode(expected)
    assert engine.insert_raw("bitmap_codec", ["k", "ids"], state, form="RowBinary") == 1
    where = {"k": key, "n": len(expected)}
    count = "SELECT count() FROM bitmap_codec WHERE k = {k:UInt64} AND bitmapCardinality(ids) = {n:UInt64}"
    assert engine.value(count, where) >= 1
    merged = "SELECT groupBitmapMergeState(ids) FROM bitmap_codec WHERE k = {k:UInt64} GROUP BY k"
    assert engine.bitmap(merged, where) >= expected


@pytest.mark.warehouse
@pytest.mark.parametrize("count", [0, 1, 31, 32, 33, 70_000])
def test_the_engine_counts_the_same_set(engine: Warehouse, count: int) -> None:
    found = engine.bitmap("SELECT groupBitmapState(toUInt32(number * 7)) FROM numbers({n:UInt64})", {"n": count})
    assert found == BitMap(range(0, count * 7, 7))


@pytest.mark.warehouse
def test_keyed_sets_come_apart_again(engine: Warehouse) -> None:
    sql = "SELECT toString(number % 3), groupBitmapState(toUInt32(number)) FROM numbers(100) GROUP BY number % 3"
    assert engine.keyed_bitmaps(sql) == {str(rest): BitMap(range(rest, 100, 3)) for rest in range(3)}

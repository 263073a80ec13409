"""Counting over a whole file in little memory."""

from __future__ import annotations

from collections import Counter

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siyu.ingest.imports import census
from siyu.ingest.imports.census import Distinct, EqualLines

BATCHES = st.lists(st.lists(st.one_of(st.integers(0, 9), st.integers(0, 2**64 - 1)), max_size=30), max_size=12)


@pytest.mark.parametrize("pending_limit", [3, 500_000])
@given(batches=BATCHES)
def test_distinct_counts_as_a_set(pending_limit: int, batches: list[list[int]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(census, "PENDING_LIMIT", pending_limit)
        counted = Distinct()
        for batch in batches:
            counted.add(pl.Series(batch, dtype=pl.UInt64))
    assert counted.count() == len({value for batch in batches for value in batch})


@pytest.mark.parametrize("max_run_length", [20, 4_000_000])
@given(batches=BATCHES)
def test_equal_lines_are_numbered_through_the_file(max_run_length: int, batches: list[list[int]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(census, "MAX_RUN_LENGTH", max_run_length)
        lines, seen = EqualLines(), Counter[int]()
        for batch in batches:
            expected = []
            for value in batch:
                seen[value] += 1
                expected.append(seen[value])
            assert lines.number(pl.Series(batch, dtype=pl.UInt64)).to_list() == expected

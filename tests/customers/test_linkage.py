"""One person's records: equal keys as published, in any order; likeness right as often as it claims."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siyu.customers import linkage
from siyu.customers.linkage import Clusters, Key, blocking

VALUES = st.sampled_from(["", " ", "a", " a", "b", "c ", "d", None])
RECORDS = st.lists(st.tuples(VALUES, VALUES, VALUES), max_size=25)
KEYS = (Key(("x",)), Key(("y",)), Key(("x", "z")))
SETS = {"febrl1": "febrl_dataset1.csv.gz", "febrl2": "febrl_dataset2.csv.gz", "fake": "fake_1000.csv.gz"}
NAMES = ("王秀英", "李国强", "张建华", "刘玉梅", "陈志明", "杨丽娟", "赵海燕", "黄永红", "周文斌", "吴桂兰")
TOWNS = ("杭州文三路", "成都春熙路", "广州体育西", "上海漕溪北", "北京建国门", "武汉解放道", "西安小寨东")


def table(rows: list[tuple[str | None, ...]], names: str = "xyz") -> pl.DataFrame:
    return linkage.prepared(pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row"))


def partition(clusters: Clusters) -> set[frozenset[int]]:
    members = defaultdict(set)
    for record, cluster in enumerate(clusters.of_record.tolist()):
        members[cluster].add(record)
    return {frozenset(records) for records in members.values()}


def naive(rows: list[tuple[str | None, ...]]) -> set[frozenset[int]]:
    """Joins two records that share a key, until nothing changes."""
    texts = [[(value or "").strip() for value in row] for row in rows]
    parts = [{number} for number in range(len(rows))]
    for first in range(len(rows)):
        for second in range(first):
            equal = [bool(a) and a == b for a, b in zip(texts[first], texts[second], strict=True)]
            if equal[0] or equal[1]:
                left, right = (next(part for part in parts if number in part) for number in (first, second))
                if left is not right:
                    left |= right
                    parts.remove(right)
    return {frozenset(part) for part in parts}


@given(RECORDS)
def test_clusters_are_what_hangs_together(rows: list[tuple[str | None, ...]]) -> None:
    found = linkage.by_keys(table(rows), KEYS)
    # x together with z joins nobody whom x alone does not.
    assert partition(found) == naive(rows)
    assert found.count == len(naive(rows))
    assert found.pair_count == sum(len(part) * (len(part) - 1) // 2 for part in naive(rows))


@given(RECORDS, st.randoms(use_true_random=False))
def test_the_order_of_records_does_not_matter(rows: list[tuple[str | None, ...]], random: Any) -> None:
    order = list(range(len(rows)))
    random.shuffle(order)
    shuffled = linkage.by_keys(table([rows[place] for place in order]), KEYS)
    back = {frozenset(order[record] for record in part) for part in partition(shuffled)}
    assert back == partition(linkage.by_keys(table(rows), KEYS))


def test_a_key_of_several_columns_needs_all_of_them() -> None:
    rows = [("a", "1", ""), ("a", "2", ""), ("a", "1", ""), ("a", "", ""), ("a", "", "")]
    found = linkage.by_keys(table(rows), [linkage.key_of("x+y", ["x", "y", "z"])])
    assert found.of_record.tolist() == [0, 1, 0, 2, 3]
    # Parts do not run into each other.
    assert linkage.by_keys(table([("ab", "c", ""), ("a", "bc", "")]), [Key(("x", "y"))]).count == 2


def test_keys_are_read_as_they_are_written() -> None:
    assert linkage.key_of(" a + b ", ["a", "b"]) == Key(("a", "b"))
    assert linkage.key_of("a+b", ["a+b", "c"]) == Key(("a+b",))
    with pytest.raises(linkage.UnknownColumns) as caught:
        linkage.key_of("a+d+e", ["a", "b"])
    assert caught.value.data == {"missing": "d, e", "columns": "a, b"}


def test_nothing_and_one_record_are_tables_too() -> None:
    empty = linkage.by_keys(table([]), KEYS)
    assert (empty.count, empty.pair_count, empty.largest, empty.joined_record_count) == (0, 0, 0, 0)
    alone = table([("a", "b", "c")])
    known = linkage.by_keys(alone, KEYS)
    assert linkage.telling_columns(alone) == ()
    assert len(linkage.likely_pairs(alone, ["x", "y"], known).pairs) == 0


def test_running_numbers_and_constants_tell_nothing() -> None:
    rows = [(str(number), "same", "red" if number % 2 else "blue") for number in range(6)]
    assert linkage.telling_columns(table(rows)) == ("z",)


def test_too_many_pairs_are_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocking, "MAX_PAIRS", 10)
    crowd = table([("a", "b", str(number)) for number in range(20)])
    with pytest.raises(linkage.TooAlike):
        linkage.likely_pairs(crowd, ["x", "y"], linkage.by_keys(crowd, [Key(("z",))]))


def test_a_slip_of_the_pen_is_found_and_a_namesake_is_not() -> None:
    """A hundred people, one of them twice with a wrong digit; one has a namesake elsewhere."""
    rows: list[tuple[str | None, ...]] = []
    for number in range(100):
        name = NAMES[number % 10] + NAMES[number // 10][1:]
        born = f"19{60 + number % 40}-0{1 + number % 9}-1{number % 10}"
        rows.append((name, born, f"1{number * 7_654_321 % 10**10:010}", TOWNS[number % 7] + str(number * 37 % 101)))
    double = (rows[3][0], rows[3][1], str(rows[3][2])[:-1] + "x", rows[3][3])
    namesake = (rows[4][0], "1931-11-30", "15900001111", "港口路 9")
    records = table([*rows, double, namesake], "nbpt")
    nobody = linkage.by_keys(records, [])
    found = linkage.likely_pairs(records, records.columns, nobody)
    assert found.at_least(0.9).tolist() == [[3, 100]]
    again = linkage.likely_pairs(records, records.columns, nobody)
    assert np.array_equal(found.probability, again.probability)
    # What a key has joined is not doubtful.
    joined = linkage.joined(nobody, found.at_least(0.9))
    assert linkage.likely_pairs(records, records.columns, joined).at_least(0.9).tolist() == []


@pytest.mark.parametrize("name", SETS)
def test_exact_keys_give_what_is_published(shared_data: Path, name: str) -> None:
    records, truth = _published(shared_data, name)
    document = json.loads((shared_data / "identity_people/expected.json").read_text())
    merges = next(found for key, found in document.items() if key.startswith(name))["merges"]
    for merge in merges:
        found = linkage.by_keys(records, [linkage.key_of(text, records.columns) for text in merge["keys"]])
        assert (found.count, found.largest) == (merge["clusters"], merge["largest_cluster"])
        assert found.pair_count == merge["predicted_pairs"]
        assert _true_pairs(found.of_record, truth) == merge["true_positive_pairs"]


@pytest.mark.parametrize(("name", "recall"), [("febrl1", 0.99), ("febrl2", 0.99), ("fake", 0.65)])
def test_likeness_is_right_as_often_as_it_says(shared_data: Path, name: str, recall: float) -> None:
    records, truth = _published(shared_data, name)
    alone = linkage.by_keys(records, [])
    pairs = linkage.likely_pairs(records, linkage.telling_columns(records), alone).at_least(0.9)
    right = truth[pairs[:, 0]] == truth[pairs[:, 1]]
    assert right.mean() >= 0.98
    assert right.sum() >= recall * Clusters(truth).pair_count
    joined = linkage.joined(alone, pairs)
    assert _true_pairs(joined.of_record, truth) >= 0.98 * joined.pair_count


def _published(shared_data: Path, name: str) -> tuple[pl.DataFrame, Any]:
    """The records without their truth, and the truth as numbers."""
    file = shared_data / "identity_people" / SETS[name]
    records = linkage.prepared(pl.read_csv(file, infer_schema=False))
    if "cluster" in records.columns:
        entity, records = records["cluster"], records.drop("cluster")
    else:
        entity = records["rec_id"].str.split("-").list.get(1)
    return records, np.unique(entity.to_numpy(), return_inverse=True)[1]


def _true_pairs(labels: Any, truth: Any) -> int:
    both = np.unique(np.stack([labels, truth], axis=1), axis=0, return_inverse=True)[1]
    return Clusters(both).pair_count

"""`siyu identity resolve`: any file, keys in every notation, clusters on the screen, in the document and in files."""

from __future__ import annotations

import csv
import errno
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner

from siyu.cli.commands import identity as command
from siyu.cli.commands.identity import identity

ROWS = (
    (" Li Lei ", "13812345678", "=1+1"),
    ("Li Lei", "", "beijing"),
    ("Han Mei", " 13812345678", "shanghai"),
    ("Han Mei", "13900000000", "shanghai"),
    ("", "", "wuhan"),
    ("", "", "wuhan"),
)
HEAD = ("name", " phone ", "city")


def run(*arguments: object) -> tuple[int, dict[str, Any]]:
    done = CliRunner().invoke(identity, ["resolve", *map(str, arguments), "--json"])
    return done.exit_code, json.loads(done.stdout)


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(params=["csv", "csv.gz", "gb18030", "parquet", "xlsx"])
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The same table in every form."""
    path = tmp_path / f"people.{request.param}"
    table = pl.DataFrame(list(ROWS), schema=list(HEAD), orient="row")
    text = table.write_csv()
    match request.param:
        case "csv":
            path.write_text(text)
        case "csv.gz":
            path.write_bytes(gzip.compress(text.encode()))
        case "gb18030":
            path.write_bytes(text.replace("shanghai", "上海").encode("gb18030"))
        case "parquet":
            table.write_parquet(path)
        case _:
            table.write_excel(path)
    return path


def test_every_kind_of_file_gives_the_same_people(file: Path) -> None:
    code, told = run(file, "--key", "phone", "name+city")
    assert code == 0
    # The first and third share a phone, the third and fourth a name in a town; who is empty is alone.
    assert (told["records"], told["clusters"], told["predicted_pairs"], told["largest_cluster"]) == (6, 4, 3, 3)
    assert told["sizes"] == {"1": 3, "3": 1}
    assert [(key["key"], key["filled"], key["distinct"], key["pairs"]) for key in told["keys"]] == [
        ("phone", 3, 2, 1),
        ("name+city", 4, 3, 1),
    ]


def test_the_file_of_records_names_each_cluster_and_runs_nothing(tmp_path: Path) -> None:
    people, out = tmp_path / "people.csv", tmp_path / "out.csv"
    people.write_text("name,cluster\nLi,=1+1\nHan,b\nLi,c\n")
    code, told = run(people, "--key", "name", "--key", "name", "--csv", out)
    assert (code, told["csv"], len(told["keys"])) == (0, str(out), 1)
    rows = read(out)
    assert [(row["record"], row["siyu_cluster"], row["cluster"]) for row in rows] == [
        ("1", "1", "'=1+1"),
        ("2", "2", "b"),
        ("3", "1", "c"),
    ]


def test_alike_records_are_joined_by_probability(tmp_path: Path) -> None:
    people = tmp_path / "people.csv"
    lines = [
        f"M{n},{n * 7919 % 9973:04} P,1{n * 7_654_321 % 10**10:010},19{n * 61 % 97:02}-03-1{n % 9},road {n * 31 % 89}"
        for n in range(120)
    ]
    # The sixth once more, with another number and a slip at the end of the address.
    lines.append("M200," + lines[5].partition(",")[2] + "x")
    people.write_text("member,name,phone,born,address\n" + "\n".join(lines) + "\n")
    code, told = run(people, "--key", "member", "--fuzzy", "--pairs", tmp_path / "pairs.csv")
    assert code == 0
    assert (told["exact"]["clusters"], told["clusters"], told["fuzzy"]["pairs"]) == (121, 120, 1)
    assert told["fuzzy"]["compared"] == ["name", "phone", "born", "address"]
    assert told["fuzzy"]["strongest"][0]["records"] == [6, 121]
    pairs = read(tmp_path / "pairs.csv")
    assert len(pairs) == told["fuzzy"]["candidates"]
    assert max(pairs, key=lambda pair: float(pair["probability"]))["other_record"] == "121"
    assert run(people, "--key", "member", "--fuzzy", "--compare", "address")[1]["clusters"] == 121


def test_people_are_told_in_lines(tmp_path: Path) -> None:
    people = tmp_path / "people.csv"
    people.write_text("name,phone\nLi,1\nHan,1\nWei,2\n")
    done = CliRunner().invoke(identity, ["resolve", str(people), "--key", "phone", "--fuzzy", "--compare", "name"])
    assert "3 records are 2 persons; the largest has 2 records." in done.stdout
    assert "no key joins" in done.stdout


@pytest.mark.parametrize(
    ("name", "content", "arguments", "code"),
    [
        ("a.csv", b"name\nLi\n", ("--key", "phone"), "unknown_columns"),
        ("a.csv", b"name\nLi\n", ("--key", "name", "--fuzzy", "--compare", "town"), "unknown_columns"),
        ("a.csv", b"", ("--key", "name"), "file_empty"),
        ("a.pdf", b"%PDF-1.7 ...", ("--key", "name"), "file_wrong_type"),
        ("a.parquet", b"PAR1 damaged", ("--key", "name"), "file_damaged"),
        ("a.csv", b"name\nLi\n", ("--key", "name", "--csv", "/nowhere/out.csv"), "invalid_input"),
        ("a.csv", b"name\nLi\n", ("--key", "name", "--compare", "name"), "invalid_input"),
        ("a.csv", b"name\nLi\n", ("--key", "name", "--pairs", "/nowhere/pairs.csv"), "invalid_input"),
    ],
)
def test_what_cannot_be_used_is_said(
    tmp_path: Path, name: str, content: bytes, arguments: tuple[str, ...], code: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert (run(path, *arguments)[0], run(path, *arguments)[1]["code"]) == (1, code)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    assert run(tmp_path / "absent.csv", "--key", "name")[1]["code"] == "invalid_input"


def test_a_file_that_cannot_be_finished_leaves_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    people, out = tmp_path / "people.csv", tmp_path / "out.csv"
    people.write_text("name\nLi\n")
    out.write_text("before")

    def full(head: object, rows: object) -> Iterator[str]:
        yield "record"
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(command, "csv_pieces", full)
    assert run(people, "--key", "name", "--csv", out)[1]["code"] == "disk_full"
    assert (out.read_text(), sorted(path.name for path in tmp_path.iterdir())) == ("before", ["out.csv", "people.csv"])

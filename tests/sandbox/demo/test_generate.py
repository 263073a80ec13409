"""The demo brand's files: what they promise, what is in them, and that a seed makes them."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
from collections import Counter
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from python_calamine import load_workbook
from tests.sandbox.demo.conftest import COUNT, UNTIL

from siyu.sandbox.aliyun import rules
from siyu.sandbox.aliyun.rules import Kind
from siyu.sandbox.demo.brand import templates
from siyu.sandbox.demo.damage import DAMAGE, REPEATED_LINES
from siyu.sandbox.demo.generate import DemoFiles, Export, generate
from siyu.sandbox.demo.layouts import LAYOUTS, TILL, Layout
from siyu.sandbox.demo.organisation import make_organisation
from siyu.sandbox.demo.sheets import REFUNDED
from siyu.sandbox.people import PeopleFile

Row = dict[str, str]


def _export(made: DemoFiles, name: str) -> Export:
    return next(export for export in made.exports if export.path.name == name)


def _rows(export: Export) -> list[Row]:
    """The rows of a file without what guards them, footers, and notices above the header."""
    if export.path.suffix == ".xlsx":
        sheet = load_workbook(export.path).get_sheet_by_index(0).to_python()
        return [dict(zip(sheet[0], map(_cell, row), strict=True)) for row in sheet[1:]]
    raw = export.path.read_bytes()
    text = gzip.decompress(raw).decode("gb18030") if export.path.suffix == ".gz" else raw.decode(_encoding(export))
    lines = text.lstrip("\ufeff").splitlines()
    first = next(place for place, line in enumerate(lines) if line.startswith(export.layout.columns[0].header))
    found = csv.DictReader(io.StringIO("\n".join(lines[first:])))
    return [{name: _plain(value) for name, value in row.items()} for row in found if "合计" not in row.values()]


def _encoding(export: Export) -> str:
    return "utf-8" if export.layout.encoding.startswith("utf-8") else export.layout.encoding


def _cell(value: object) -> str:
    return f"{value:%Y-%m-%d %H:%M:%S}" if isinstance(value, datetime) else str(value)


def _plain(value: str) -> str:
    value = value.strip("\t")
    if value.startswith('="'):
        return value[2:-1]
    return "" if value == "-" else value


def _fen(text: str) -> int:
    return int(Decimal(text or "0") * 100)


@pytest.fixture(scope="module")
def till_rows(made: DemoFiles) -> list[Row]:
    """The good rows of the till's three files, each line once."""
    rows = [row for export in made.exports if export.layout is TILL for row in _rows(export)]
    good = [row for row in rows if len(row["订单号"]) == 19]
    return list({row["子订单号"]: row for row in good}.values())


def test_every_export_holds_the_rows_that_it_promises(made: DemoFiles) -> None:
    assert [export.path.name for export in made.exports] == [
        "orders-youzan.csv", "orders-tmall.csv", "orders-jd.csv", "orders-douyin.csv", "orders-1-older.csv.gz",
        "orders-2-west.xlsx", "orders-3-recent.csv",
    ]  # fmt: skip
    for export in made.exports:
        rows = _rows(export)
        assert len(rows) == export.rows, export.path.name
        assert tuple(rows[0]) == tuple(column.header for column in export.layout.columns)


def test_the_totals_of_the_till_are_those_of_its_good_rows(made: DemoFiles, till_rows: list[Row]) -> None:
    till = [export for export in made.exports if export.layout is TILL]
    assert len(till_rows) == sum(export.rows - export.rejected - export.duplicates for export in till)
    assert len({row["订单号"] for row in till_rows}) == sum(export.orders for export in till)
    assert sum(_fen(row["实付金额"]) for row in till_rows) == sum(export.sales_fen for export in till)
    assert sum(_fen(row["退款金额"]) for row in till_rows) == sum(export.refunds_fen for export in till)


def test_bad_rows_stand_where_they_are_said_to(made: DemoFiles) -> None:
    export = _export(made, "orders-3-recent.csv")
    lines = export.path.read_text("utf-8-sig").splitlines()
    rows = list(csv.DictReader(lines))
    marked = [n for n, row in enumerate(rows, 2) if len(row["订单号"]) != 19 or row["订单号"].startswith("BAD")]
    assert [bad.line for bad in made.bad_rows] == marked
    assert [bad.reason for bad in made.bad_rows] == [reason for _, reason in DAMAGE]
    assert (export.rejected, export.duplicates) == (len(DAMAGE), REPEATED_LINES)
    numbers = Counter(row["子订单号"] for row in rows)
    assert sum(count == 2 for count in numbers.values()) == REPEATED_LINES


def test_platforms_have_dead_orders_and_hide_people(made: DemoFiles) -> None:
    states = {"orders-tmall.csv": ("等待买家付款", "交易关闭"), "orders-douyin.csv": ("待支付", "已关闭")}
    phones = {"orders-tmall.csv": "联系手机", "orders-douyin.csv": "收件人手机号"}
    for name, words in states.items():
        export = _export(made, name)
        rows = _rows(export)
        dead = [row for row in rows if row["订单状态"] in words]
        assert {row["订单状态"] for row in dead} == set(words)
        assert len(dead) == export.rejected
        hidden = [row for row in rows if "****" in row[phones[name]]]
        assert 0.2 < len(hidden) / len(rows) < 0.6
        assert all(row[export.layout.header_of("name")].endswith("**") for row in hidden)


def test_files_of_older_consoles_guard_their_numbers(made: DemoFiles) -> None:
    older = gzip.decompress(_export(made, "orders-1-older.csv.gz").path.read_bytes()).decode("gb18030").splitlines()
    assert older[0].startswith("鲜果里门店收银")
    assert older[2].split(",")[0].startswith("\t20")
    assert sum('="=""1' in line or '"=""1' in line for line in older) > 0.9 * (len(older) - 2)
    assert "\t69" in _export(made, "orders-douyin.csv").path.read_text("utf-8-sig").splitlines()[2]
    youzan = _export(made, "orders-youzan.csv").path.read_text("utf-8").splitlines()
    assert youzan[-1].startswith("合计,")


def test_an_order_of_jd_repeats_its_amount_on_every_line(made: DemoFiles) -> None:
    by_order: dict[str, list[Row]] = {}
    for row in _rows(_export(made, "orders-jd.csv")):
        by_order.setdefault(row["订单号"], []).append(row)
    several = [rows for rows in by_order.values() if len(rows) > 1]
    assert several
    for rows in several:
        assert {row["订单金额"] for row in rows} == {rows[0]["订单金额"]}
        assert sum(_fen(row["京东价"]) * int(row["订购数量"]) for row in rows) == _fen(rows[0]["订单金额"])


def test_a_customer_has_one_store_one_guide_and_one_answer(till_rows: list[Row]) -> None:
    told = (
        "姓名", "手机号", "门店编码", "门店", "城市", "区县", "导购", "会员等级", "性别", "生日", "是否接受短信",
    )  # fmt: skip
    seen: dict[str, tuple[str, ...]] = {}
    for row in till_rows:
        facts = tuple(row[name] for name in told)
        assert seen.setdefault(row["会员号"] or row["手机号"], facts) == facts
    consents = Counter(facts[-1] for facts in seen.values())
    assert consents["是"] > consents["否"] > consents[""] > 0
    assert any(not row["会员号"] for row in till_rows)
    assert any(not row["手机号"] for row in till_rows)
    assert all(row["会员号"] or row["手机号"] for row in till_rows)


def test_refunds_come_after_the_order_and_before_the_end(till_rows: list[Row]) -> None:
    refunded = [row for row in till_rows if row["售后状态"] == REFUNDED]
    assert all(row["支付时间"] < row["退款时间"] < "2026-03-02" for row in refunded)
    assert {row["订单号"] for row in refunded} == {row["订单号"] for row in till_rows if row["退款金额"]}
    days = sorted(row["支付时间"][:10] for row in till_rows)
    assert (days[0], days[-1]) == ("2025-03-02", "2026-03-01")


def test_the_people_file_is_what_the_sandbox_reads(made: DemoFiles, till_rows: list[Row]) -> None:
    crowd = msgspec.json.decode(made.people_file.read_bytes(), type=PeopleFile)
    assert {person.shop for person in crowd.people} == {"main"}
    phones = [person.phone for person in crowd.people if person.phone]
    assert len(set(phones)) == len(phones)
    assert all(rules.national(phone) == phone for phone in phones)
    assert {row["手机号"] for row in till_rows} - {""} <= set(phones)
    names = {one.code: one.name for one in make_organisation(made.size).staff}
    by_number = {person.member_no: person for person in crowd.people if person.member_no}
    for row in till_rows:
        if row["会员号"]:
            person = by_number[row["会员号"]]
            assert (person.store, names[person.guide]) == (row["门店编码"], row["导购"])
            assert person.guide.startswith(person.store)
    # Whom a platform hides and no store knows cannot be reached by anybody.
    assert 0.9 * COUNT < len(crowd.people) < COUNT


def test_the_same_seed_makes_the_same_bytes(made: DemoFiles, folder: Path, tmp_path: Path) -> None:
    again = generate(tmp_path, customers=COUNT, until=UNTIL)
    files = [export.path for export in again.exports]
    for path in (*files, again.people_file, again.organisation_file, again.staff_file):
        assert hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256((folder / path.name).read_bytes()).digest()
    assert again.bad_rows == made.bad_rows


def test_another_seed_makes_another_brand(made: DemoFiles, tmp_path: Path) -> None:
    other = generate(tmp_path, customers=200, seed=2, until=UNTIL)
    names = {person["name"] for person in json.loads(other.people_file.read_text())["people"][:50]}
    mine = {person["name"] for person in json.loads(made.people_file.read_text())["people"][:50]}
    assert names != mine


def test_a_very_small_brand_has_every_file(tmp_path: Path) -> None:
    small = generate(tmp_path, customers=50, until=UNTIL)
    assert len(small.exports) == 7
    assert small.customers == 50
    assert small.orders >= 50


def test_headers_that_nobody_has_published_can_be_replaced(tmp_path: Path) -> None:
    (tmp_path / "layouts.json").write_text(json.dumps({"youzan": {"收货人手机号": "收货人手机号/提货人手机号"}}))
    made = generate(tmp_path, customers=200, until=UNTIL)
    youzan = _export(made, "orders-youzan.csv")
    assert "收货人手机号/提货人手机号" in _rows(youzan)[0]
    assert youzan.layout.mapping()["columns"]["phone"] == ["收货人手机号/提货人手机号"]


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ("[", "Expected `object`"),
        ('{"pdd": {}}', "no layout of pdd"),
        ('{"youzan": {"价": "x"}}', "youzan has no column 价"),
    ],
)
def test_a_wrong_file_of_headers_is_named(tmp_path: Path, document: str, told: str) -> None:
    (tmp_path / "layouts.json").write_text(document)
    with pytest.raises(ValueError, match=r"layouts\.json") as raised:
        generate(tmp_path, customers=200, until=UNTIL)
    assert told in str(raised.value)


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=lambda layout: layout.shop)
def test_a_layout_reads_only_columns_that_it_writes(layout: Layout) -> None:
    headers = {column.header for column in layout.columns}
    assert {name for names in layout.mapping()["columns"].values() for name in names} <= headers


def test_the_messages_of_the_brand_pass_their_review() -> None:
    for seed in templates("http://127.0.0.1:8701/s/"):
        assert rules.review_template(seed.name, Kind(seed.kind), seed.content) is None
        values = {"name": "王小明", "token": "Ab3dE9xYz2", "order_no": "2026030112000010001"}
        assert rules.units(rules.render(Kind(seed.kind), "鲜果里", seed.content, values)) <= 2

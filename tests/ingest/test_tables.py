"""Reading tables: encodings, compression, delimiters, headers, row numbers."""

from __future__ import annotations

import csv
import gzip
import io
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from siyu.ingest.tables import limits
from siyu.ingest.tables.contracts import RAGGED, ROW, Table
from siyu.ingest.tables.quotes import is_well_quoted, last_record_end
from siyu.ingest.tables.reading import open_table

KNOWN = ["订单号", "支付时间", "金额", "order_no", "paid_at", "amount"]
TEXT = "订单号,支付时间,金额\nA1,2024-05-01 10:00,12.50\nA2,2024-05-02 11:00,茶叶\n"


def read(path: Path, folder: Path | None = None) -> tuple[Table, pl.DataFrame]:
    table = open_table(path, known_headers=KNOWN, folder=folder or path.parent)
    frames = list(table.batches())
    empty = pl.DataFrame(schema={f"c{n}": pl.String for n in range(len(table.headers))})
    return table, pl.concat(frames) if frames else empty


def texts(frame: pl.DataFrame) -> list[tuple[str | None, ...]]:
    return frame.drop(ROW, RAGGED).rows()


@pytest.mark.parametrize(
    ("encoding", "named"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("utf-16", "utf-16"), ("gb18030", "gb18030"), ("gbk", "gb18030")],
)
@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_encoding_reads_the_same(tmp_path: Path, encoding: str, named: str, compressed: bool, end: str) -> None:
    raw = TEXT.replace("\n", end).encode(encoding)
    # The name lies on purpose: only the content counts.
    path = tmp_path / "orders.xlsx"
    path.write_bytes(gzip.compress(raw) if compressed else raw)
    table, frame = read(path)
    assert (table.kind, table.encoding, table.headers) == ("csv", named, ("订单号", "支付时间", "金额"))
    assert texts(frame) == [("A1", "2024-05-01 10:00", "12.50"), ("A2", "2024-05-02 11:00", "茶叶")]
    assert frame[ROW].to_list() == [2, 3]


def test_big_endian_utf16(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xfe\xff" + TEXT.encode("utf-16-be"))
    assert texts(read(path)[1])[1][2] == "茶叶"


def test_an_encoding_that_shows_late_is_found(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    lines = "order_no,paid_at,amount\n" + "A,2024-05-01,1\n" * 200_000
    path.write_bytes(lines.encode() + "B,2024-05-01,茶叶\n".encode("gb18030"))
    table, frame = read(path)
    assert table.encoding == "gb18030"
    assert texts(frame)[-1][2] == "茶叶"


@pytest.mark.parametrize(
    ("kept", "expected"), [("utf-8-sig\n", "utf-8-sig"), ("utf-8-sig", "utf-8"), ("nonsense\n", "utf-8")]
)
def test_an_encoding_once_found_is_remembered(tmp_path: Path, kept: str, expected: str) -> None:
    path, note = tmp_path / "plain.csv", tmp_path / "note"
    path.write_text("订单号,支付时间,金额\nA1,2024-05-01 10:00,12.50\n")

    def encoding() -> str:
        table = open_table(path, known_headers=KNOWN, folder=tmp_path, encoding_note=note)
        return table.encoding or ""

    assert encoding() == "utf-8"
    assert note.read_text() == "utf-8\n"
    note.write_text(kept)
    assert encoding() == expected


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(TEXT.replace(",", delimiter))
    table, frame = read(path)
    assert len(table.headers) == 3
    assert frame.height == 2


def test_notices_above_and_blank_lines_keep_the_numbers_of_the_sheet(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("导出说明：仅供内部使用\n\n订单号,支付时间,金额\nA1,2024-05-01,1\n\nA2,2024-05-02,2\n合计,,3\n")
    table, frame = read(path)
    assert table.header_row == 3
    assert [(row, cells[0]) for row, cells in zip(frame[ROW], texts(frame), strict=True)] == [
        (4, "A1"), (5, None), (6, "A2"), (7, "合计"),
    ]  # fmt: skip


def test_quoted_newlines_are_one_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('order_no,paid_at,amount\nA1,"two\nlines, and ""quotes""",1\nA2,x,2\n')
    _, frame = read(path)
    assert texts(frame) == [("A1", 'two\nlines, and "quotes"', "1"), ("A2", "x", "2")]
    assert frame[ROW].to_list() == [2, 3]


def test_stray_quotes_and_wide_rows_are_read_as_a_spreadsheet_does(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        'order_no,paid_at,amount\nA1,5" nails,1\nA2,="0012",2\nA3,a,b,c\nA4,x\nA5,"Best" tea,3\nA6,6",4,,\n'
    )
    _, frame = read(path)
    assert texts(frame) == [
        ("A1", '5" nails', "1"),
        ("A2", '="0012"', "2"),
        ("A3", "a", "b"),
        ("A4", "x", None),
        ("A5", "Best tea", "3"),
        ("A6", '6"', "4"),
    ]
    assert frame[RAGGED].to_list() == [False, False, True, False, False, False]


def test_repeated_headers_get_numbers(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("订单号,金额,金额,支付时间,\nA1,1,2,2024-05-01,\n")
    table, _ = read(path)
    assert table.headers == ("订单号", "金额", "金额 (2)", "支付时间")
    assert table.repeated_headers == ("金额",)


def test_headers_that_differ_in_case_or_blanks_alone_get_numbers_too(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Order No,order_no,paid_at,Order-No (2)\nA1,A2,2024-05-01,x\n")
    table, _ = read(path)
    assert table.headers == ("Order No", "order_no (2)", "paid_at", "Order-No (2) (2)")
    assert table.repeated_headers == ("order_no", "Order-No (2)")


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_header_of_unknown_names_is_guessed_where_a_person_will_look(tmp_path: Path, kind: str) -> None:
    rows = [["Exported on Monday"], ["Bestellung", "Wann", "Wieviel"], ["A1", "2024-05-01", "10"]]
    path = tmp_path / f"a.{kind}"
    if kind == "csv":
        path.write_text("\n".join(map(",".join, rows)) + "\n")
    else:
        with xlsxwriter.Workbook(path) as book:
            sheet = book.add_worksheet()
            for place, row in enumerate(rows):
                sheet.write_row(place, 0, row)
    table = open_table(path, known_headers=["order_no"], folder=tmp_path, guess_header=True)
    assert (table.headers, table.header_row, table.header_known) == (("Bestellung", "Wann", "Wieviel"), 2, False)
    assert texts(next(table.batches())) == [("A1", "2024-05-01", "10")]
    assert open_table(path, known_headers=["Wann"], folder=tmp_path).header_known


def test_batches_may_be_read_again_and_are_cut_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BLOCK_BYTES", 1000)
    monkeypatch.setattr(limits, "CHUNK_BYTES", 333)
    path = tmp_path / "a.csv"
    path.write_text("order_no,paid_at,amount\n" + "".join(f'A{n},"x\ny",{n}\n' for n in range(500)) + "last,x,1")
    table, frame = read(path)
    heights = [batch.height for batch in table.batches()]
    assert len(heights) > 3
    assert heights == [batch.height for batch in table.batches()]
    assert frame[ROW].to_list() == list(range(2, 503))
    assert texts(frame)[-1] == ("last", "x", "1")
    assert table.share_read() == 1.0


@given(
    st.lists(
        st.lists(st.text(st.sampled_from('a"\n,;é金\r\t '), max_size=5), min_size=2, max_size=2),
        min_size=1,
        max_size=30,
    )
)
def test_what_a_csv_writer_writes_is_read_back(tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["order_no", "paid_at", "amount"])
    writer.writerows([[f"id{number}", *row] for number, row in enumerate(rows)])
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    path.write_bytes(text.getvalue().encode())
    _, frame = read(path)
    expected = [(f"id{number}", row[0] or None, row[1] or None) for number, row in enumerate(rows)]
    found = [tuple(cell or None for cell in row) for row in texts(frame)]
    assert found == expected


def test_record_ends_and_quotes() -> None:
    assert last_record_end(b"a\nb") == 2
    assert last_record_end(b'a\n"b\nc') == 2
    assert last_record_end(b'"a\n') == 0
    assert is_well_quoted(b'"a","b ""c"""\n', ",")
    assert not is_well_quoted(b'a,5" nails\n', ",")
    assert not is_well_quoted(b'a;="1"\n', ";")


def workbook(path: Path) -> None:
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd hh:mm"}) as book:
        book.add_worksheet("说明").write(0, 0, "nothing here")
        sheet = book.add_worksheet("订单")
        sheet.write_row(0, 0, ["导出于 2024-05-01"])
        sheet.write_row(1, 0, ["订单号", "支付时间", "金额", "编号"])
        sheet.write_string(2, 0, "A1")
        sheet.write_datetime(2, 1, datetime(2024, 5, 1, 10, 30))  # noqa: DTZ001
        sheet.write_formula(2, 2, "=1+1.5", None, 2.5)
        sheet.write_number(2, 3, 17850)
        sheet.write_row(4, 0, ["A2", "2024/5/2", 0.1 + 0.2, 6917926768823643751])


@pytest.mark.parametrize("compressed", [False, True])
def test_a_workbook_gives_dates_results_and_shown_numbers(tmp_path: Path, compressed: bool) -> None:
    path = tmp_path / "book.csv"
    workbook(path)
    if compressed:
        path.write_bytes(gzip.compress(path.read_bytes()))
    table, frame = read(path)
    assert (table.kind, table.header_row, table.headers) == ("xlsx", 2, ("订单号", "支付时间", "金额", "编号"))
    assert texts(frame) == [
        ("A1", "2024-05-01 10:30:00", "2.5", "17850"),
        (None, None, None, None),
        ("A2", "2024/5/2", "0.3", "6.91792676882364e+18"),
    ]
    assert frame[ROW].to_list() == [3, 4, 5]


def test_real_files(shared_data: Path, tmp_path: Path) -> None:
    log = open_table(
        shared_data / "online_retail" / "online_retail.csv.gz", known_headers=["InvoiceNo"], folder=tmp_path
    )
    frames = list(log.batches())
    assert sum(frame.height for frame in frames) == 541_909
    assert frames[-1][ROW][-1] == 541_910
    events = open_table(
        shared_data / "cn_shop_events" / "shop_events_zh_first2000_gb18030.csv",
        known_headers=["用户ID"],
        folder=tmp_path,
    )
    assert events.encoding == "gb18030"
    assert sum(frame.height for frame in events.batches()) == 2_000
    assert "商品名称" in events.headers

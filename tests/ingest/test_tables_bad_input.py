"""Files that are none: each is refused with an error that says what to do."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from siyu.ingest import contracts
from siyu.ingest.contracts import FileProblem
from siyu.ingest.tables import limits
from siyu.ingest.tables.reading import open_table

KNOWN = ["order_no", "paid_at", "amount"]
HEADER = b"order_no,paid_at,amount\n"


def zipped(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return out.getvalue()


def read_all(content: bytes, folder: Path) -> int:
    path = folder / "upload"
    path.write_bytes(content)
    table = open_table(path, known_headers=KNOWN, folder=folder)
    return sum(frame.height for frame in table.batches())


@pytest.mark.parametrize(
    ("content", "error", "code"),
    [
        (b"", contracts.EmptyFile, "file_empty"),
        (b"\xef\xbb\xbf\r\n\r\n", contracts.EmptyFile, "file_empty"),
        (gzip.compress(b"", mtime=0), contracts.EmptyFile, "file_empty"),
        (b"%PDF-1.7 ...", contracts.WrongFileType, "file_wrong_type"),
        (b"\x89PNG\r\n\x1a\n....", contracts.WrongFileType, "file_wrong_type"),
        (b"\xff\xd8\xff\xe0....", contracts.WrongFileType, "file_wrong_type"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", contracts.WrongFileType, "file_wrong_type"),
        (b"<!DOCTYPE html><html>", contracts.WrongFileType, "file_wrong_type"),
        (zipped({"orders.csv": HEADER}), contracts.WrongFileType, "file_wrong_type"),
        (gzip.compress(gzip.compress(HEADER, mtime=0), mtime=0), contracts.WrongFileType, "file_wrong_type"),
        (gzip.compress(HEADER * 1000, mtime=0)[:-20], contracts.DamagedFile, "file_damaged"),
        (b"\x1f\x8b\x08rubbish rubbish", contracts.DamagedFile, "file_damaged"),
        (b"PK\x03\x04rubbish", contracts.DamagedFile, "file_damaged"),
        (zipped({"xl/workbook.xml": b"<broken"}), contracts.DamagedFile, "file_damaged"),
        (HEADER + b"A1,caf\xe9,1\n", contracts.UnknownEncoding, "file_unknown_encoding"),
        (HEADER + b"A1,\0\0\0,1\n", contracts.UnknownEncoding, "file_unknown_encoding"),
        ("order_no,paid_at\nA,一\n".encode("utf-16-le"), contracts.UnknownEncoding, "file_unknown_encoding"),
        (b"\xef\xbb\xbf" + HEADER + b"\xff\xff,1,1\n", contracts.UnknownEncoding, "file_unknown_encoding"),
        (b"name,city\nAda,London\n", contracts.MissingColumns, "file_missing_columns"),
        (b"order_no" + b",x" * 600 + b"\n", contracts.TooManyColumns, "file_too_many_columns"),
        (HEADER + b'A1,"never closed,1\nA2,x,2\n', contracts.OpenQuote, "file_open_quote"),
        (HEADER + b'A1,"never closed,1\n' + b"A2,x,2\n" * 30_000, contracts.OpenQuote, "file_open_quote"),
    ],
)
def test_each_is_refused_with_its_own_error(
    tmp_path: Path, content: bytes, error: type[FileProblem], code: str
) -> None:
    with pytest.raises(error) as caught:
        read_all(content, tmp_path)
    assert caught.value.code == code
    assert "%(" not in str(caught.value)


def test_missing_columns_name_what_was_found(tmp_path: Path) -> None:
    with pytest.raises(contracts.MissingColumns, match="name, city"):
        read_all(b"name,city\nAda,London\n", tmp_path)


def test_a_gzip_bomb_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_TEXT_BYTES", 3 * 1024 * 1024)
    with pytest.raises(contracts.UnpacksTooLarge):
        read_all(gzip.compress(HEADER + b"A1,x,1\n" * 1_000_000), tmp_path)


def test_a_workbook_bomb_is_stopped_by_its_claims(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_WORKBOOK_BYTES", 1024 * 1024)
    with pytest.raises(contracts.UnpacksTooLarge):
        read_all(zipped({"xl/workbook.xml": b"<x/>", "xl/worksheets/sheet1.xml": b"0" * 2_000_000}), tmp_path)


def test_a_workbook_that_lies_about_its_size_is_damaged(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        book.add_worksheet().write_row(0, 0, KNOWN)
    content = bytearray((tmp_path / "a.xlsx").read_bytes())
    place = content.rindex(b"xl/worksheets/sheet1.xml") - 46
    content[place + 24 : place + 28] = (10).to_bytes(4, "little")
    with pytest.raises(contracts.DamagedFile):
        read_all(bytes(content), tmp_path)


def test_an_empty_workbook_is_empty(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        book.add_worksheet()
    with pytest.raises(contracts.EmptyFile):
        read_all((tmp_path / "a.xlsx").read_bytes(), tmp_path)


def test_a_header_alone_is_a_table_without_rows(tmp_path: Path) -> None:
    assert read_all(HEADER, tmp_path) == 0
    assert read_all(HEADER.strip(), tmp_path) == 0

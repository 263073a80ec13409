"""Merging keeps translations, drops what is unused, and the order never depends on who came first."""

from __future__ import annotations

import gettext
from pathlib import Path

import pytest

from siyu.ui.translations.catalogues import check_catalogue, compile_catalogues, update_catalogue
from siyu.ui.translations.sources import Found


def text(msgid: str, plural: str = "", path: str = "a.py") -> Found:
    return Found(msgid, plural, "", path)


@pytest.fixture
def po(tmp_path: Path) -> Path:
    return tmp_path / "zh_Hans" / "LC_MESSAGES" / "django.po"


def translate(po: Path, msgid: str, chinese: str) -> None:
    before = po.read_text(encoding="utf-8")
    after = before.replace(f'msgid "{msgid}"\nmsgstr ""', f'msgid "{msgid}"\nmsgstr "{chinese}"')
    assert before != after
    po.write_text(after, encoding="utf-8")


def test_merging_keeps_adds_and_removes(po: Path) -> None:
    assert update_catalogue(po, [text("Name"), text("Old")]) == (2, 0)
    translate(po, "Name", "名称")
    assert update_catalogue(po, [text("Name"), text("New")]) == (1, 1)
    written = po.read_text(encoding="utf-8")
    assert 'msgid "Name"\nmsgstr "名称"' in written
    assert "Old" not in written


def test_the_order_is_the_msgids_and_a_second_run_changes_nothing(po: Path) -> None:
    texts = [text("Zebra"), text("apple", path="b.py"), text("%(n)s row", "%(n)s rows")]
    update_catalogue(po, texts)
    first = po.read_bytes()
    assert update_catalogue(po, list(reversed(texts))) == (0, 0)
    assert po.read_bytes() == first


def test_a_text_that_becomes_plural_keeps_its_translation(po: Path) -> None:
    update_catalogue(po, [text("row")])
    translate(po, "row", "行")
    update_catalogue(po, [text("row", "rows")])
    assert 'msgstr[0] "行"' in po.read_text(encoding="utf-8")


def test_the_check_names_every_kind_of_fault(po: Path) -> None:
    update_catalogue(po, [text("%(n)s left"), text("Unused"), text("Untranslated")])
    translate(po, "%(n)s left", "剩余")
    translate(po, "Unused", "没用")
    faults = check_catalogue(po, [text("%(n)s left"), text("Missing"), text("Untranslated")])
    assert faults == [
        "not in the catalogue: 'Missing'",
        "no longer used: 'Unused'",
        "other places than in English: '%(n)s left'",
        "not translated: 'Untranslated'",
    ]


def test_a_doubtful_entry_is_a_fault(po: Path) -> None:
    update_catalogue(po, [text("Name")])
    translate(po, "Name", "名称")
    po.write_text(po.read_text(encoding="utf-8").replace("#: a.py", "#, fuzzy"), encoding="utf-8")
    assert check_catalogue(po, [text("Name")]) == ["marked as doubtful: 'Name'"]


def test_compiling_writes_once_until_the_source_changes(po: Path) -> None:
    update_catalogue(po, [text("Name")])
    translate(po, "Name", "名称")
    assert compile_catalogues(po.parents[2]) == 1
    assert compile_catalogues(po.parents[2]) == 0
    with po.with_suffix(".mo").open("rb") as stream:
        assert gettext.GNUTranslations(stream).gettext("Name") == "名称"

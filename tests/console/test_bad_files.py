"""Files that cannot be imported as they are: the pages say why and what to do, and there is always a way on."""

from __future__ import annotations

import gzip
import html
import re
import shutil
from errno import ENOSPC
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from siyu.commerce.models import Order
from siyu.console.middleware import ExpectedErrors
from siyu.eventlog import jobs
from siyu.ingest import queries as ingest
from siyu.kernel.disk import RESERVE_BYTES
from siyu.kernel.errors import NotAllowed
from siyu.org.contracts import SYSTEM
from siyu.org.models import Staff

pytestmark = pytest.mark.django_db(transaction=True)
HEADER = "订单号,付款时间,会员号,实付金额\n"
LANGUAGES = {"en": "Choose a file", "zh-hans": "选择文件"}


def upload(browser: Client, content: bytes | str, language: str = "en") -> Any:
    """What somebody sees who uploads this: the columns of the file, or the upload again with a reason."""
    data = content if isinstance(content, bytes) else content.encode()
    file = SimpleUploadedFile("orders.csv", data, "text/csv")
    headers = {"Accept-Language": language}
    response = browser.post(reverse("import-new"), {"file": file}, headers=headers)
    return browser.get(response["Location"], headers=headers) if response.status_code == 302 else response


def start(browser: Client, columns: Any, **changes: str) -> Any:
    """Sends the columns page off with its proposals and some changes, runs the import, and shows its page."""
    form = columns.context["form"]
    values = {name: form[name].value() or "" for name in form.fields} | {"action": "import"} | changes
    started = browser.post(columns.wsgi_request.get_full_path(), values, headers={"Accept-Language": "en"})
    assert started.status_code == 302, reasons(started)
    assert jobs.run_next()
    return browser.get(started["Location"], headers={"Accept-Language": "en"})


def words(response: Any) -> str:
    text = html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode().partition("<main")[2]))
    return " ".join(text.split())


def reasons(response: Any) -> list[str]:
    found = re.findall(r'<p class="s-error"[^>]*>(.*?)</p>', response.content.decode(), re.S)
    return [" ".join(re.sub(r"<[^>]+>", " ", text).split()) for text in found]


BAD: dict[str, tuple[bytes | str, str, str]] = {
    "empty": (b"", "Export it again with at least a header line", "至少含表头和一个订单"),
    "blank": ("\n \n", "Export it again with at least a header line", "至少含表头和一个订单"),
    "header only": (HEADER, "Export it again with at least a header line", "至少含表头和一个订单"),
    "pdf": (b"%PDF-1.4 whatever", "PDF cannot be imported. Export, save or unpack", "不能导入 PDF"),
    "old excel": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1...", "old Excel (.xls) cannot be imported", "旧版 Excel"),
    "broken zip": (b"PK\x03\x04rubbish", "damaged or was cut off", "已损坏或不完整"),
    "half a gzip": (gzip.compress(HEADER.encode() * 900)[:60], "damaged or was cut off", "已损坏或不完整"),
    "binary": (bytes(range(256)) * 9, "Save it as CSV UTF-8", "另存为 CSV UTF-8"),
    "too wide": (f"订单号{',x' * 600}\n1\n", "Remove those that are not needed", "删去不需要的列"),
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_file_that_cannot_be_read_leads_back_to_the_upload_with_the_reason(
    browser: Client, name: str, language: str
) -> None:
    content, english, chinese = BAD[name]
    response = upload(browser, content, language)
    assert response.status_code == 422
    assert (english if language == "en" else chinese) in reasons(response)[0]
    assert LANGUAGES[language] in words(response)
    assert f'action="{reverse("import-new")}"' in response.content.decode()


def test_unknown_column_names_are_chosen_by_hand(browser: Client) -> None:
    columns = upload(
        browser, "Exportiert am 1.5.2026,,,\nBestellung,Wann,Wer,Wieviel\nU1,2026-03-01 10:00:00,M7,12.50\n"
    )
    assert columns.status_code == 200
    assert "None of the column names is known" in words(columns)
    chosen = {"column_0": "order_no", "column_1": "paid_at", "column_2": "member", "column_3": "amount"}
    assert "¥12.50" in words(start(browser, columns, **chosen))
    assert Order.objects.get().number == "U1"


def test_equal_column_names_are_told_apart_and_the_chosen_one_counts(browser: Client) -> None:
    columns = upload(browser, "order_no,paid_at,Amount,amount,AMOUNT (2)\nD1,2026-03-01 10:00:00,10.00,99.00,5.00\n")
    assert "These column names come more than once: amount" in words(columns)
    names = [row["header"] for row in columns.context["columns"]]
    assert names == ["order_no", "paid_at", "Amount", "amount (2)", "AMOUNT (2) (2)"]
    assert "¥99.00" in words(start(browser, columns, column_2="", column_3="amount"))


def test_dates_that_do_not_tell_stop_before_anything_and_lead_back_to_the_columns(browser: Client) -> None:
    columns = upload(browser, f"{HEADER}A1,02/03/2026 10:00,M1,9.90\n")
    stopped = start(browser, columns, shop="corner", column_2="name")
    assert "Choose the date style in the mapping" in words(stopped)
    assert "Go on from where it stopped" not in words(stopped)
    assert Order.objects.count() == 0
    again = browser.get(stopped.context["columns_url"])
    assert again.context["form"]["shop"].value() == "corner"
    assert again.context["form"]["column_2"].value() == "name"
    assert "¥9.90" in words(start(browser, again, date_style="dmy"))
    assert Order.objects.get().at.month == 3


def test_an_open_quote_in_the_middle_keeps_what_was_imported_and_asks_for_another_file(browser: Client) -> None:
    stopped = start(browser, upload(browser, f'{HEADER}A1,2026-03-01 10:00:00,M1,1\nA2,2026-03-01 10:00:00,"M1,1\n'))
    assert "never closed. Correct that cell" in words(stopped)
    assert "Another file" in words(stopped)


def test_an_import_that_was_cancelled_goes_on_where_it_stopped(browser: Client) -> None:
    columns = upload(browser, f"{HEADER}A1,2026-03-01 10:00:00,M1,1\n")
    form = columns.context["form"]
    values = {name: form[name].value() or "" for name in form.fields} | {"action": "import"}
    browser.post(columns.wsgi_request.get_full_path(), values)
    view = ingest.imports(SYSTEM)[0]
    browser.post(reverse("job-cancel", args=[view.job_id]))
    stopped = browser.get(reverse("import", args=[view.id]), headers={"Accept-Language": "en"})
    assert "Go on from where it stopped" in words(stopped)
    assert "Another file" not in words(stopped)


# ---- size and space --------------------------------------------------------------------------------------------------


@pytest.fixture
def small_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings.SIYU, "import_max_mb", 1)


@pytest.mark.usefixtures("small_limit")
def test_an_upload_above_the_limit_is_refused_in_words(browser: Client) -> None:
    response = upload(browser, b"x" * (2**20 + 1))
    assert response.status_code == 413
    assert reasons(response)[0] == "The file is larger than 1 MiB. Split it and import the parts, or pack it as .gz."


def test_an_upload_for_which_there_is_no_room_is_refused_before_it_is_kept(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(settings.SIYU.home)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=RESERVE_BYTES))
    response = upload(browser, f"{HEADER}A1,2026-03-01 10:00:00,M1,1\n")
    assert response.status_code == 507
    assert reasons(response)[0] == "The disk is full. Nothing was lost: free some space, then go on."


def test_a_disk_that_fills_up_during_an_upload_is_told_in_words(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: object) -> None:
        raise OSError(ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    response = upload(browser, f"{HEADER}A1,2026-03-01 10:00:00,M1,1\n", "zh-hans")
    assert response.status_code == 507
    assert reasons(response)[0] == "磁盘已满。数据没有丢失，清理空间后继续。"
    assert list((settings.SIYU.files_path / "tmp").iterdir()) == []


def test_a_full_disk_is_an_expected_error_on_every_page(rf: RequestFactory, owner: Staff) -> None:
    request = rf.get("/customers/")
    request.user, request.session = owner, SessionStore()
    answers = ExpectedErrors(lambda _: HttpResponse())
    response = answers.process_exception(request, OperationalError("database or disk is full"))
    assert response is not None
    assert response.status_code == 507
    assert answers.process_exception(request, OperationalError("no such table: x")) is None
    refused = answers.process_exception(request, NotAllowed())
    assert refused is not None
    assert refused.status_code == 403


def test_an_upload_without_its_token_is_refused_and_not_kept(owner: Staff) -> None:
    kept = set((settings.SIYU.files_path / "imports").glob("*"))
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    file = SimpleUploadedFile("orders.csv", f"{HEADER}T1,2026-03-01 10:00:00,M1,1\n".encode(), "text/csv")
    assert strict.post(reverse("import-new"), {"file": file}).status_code == 403
    assert set((settings.SIYU.files_path / "imports").glob("*")) == kept

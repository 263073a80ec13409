"""The audit log in the console: found, opened, downloaded, and closed to those whom it does not concern."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from python_calamine import CalamineWorkbook

from siyu.audit.contracts import Actor, Target, Via
from siyu.audit.models import Entry
from siyu.audit.services import record
from siyu.console.web import audit
from siyu.org import services as org
from siyu.org.models import Staff

pytestmark = pytest.mark.django_db
FORMULA = '=HYPERLINK("http://evil.example","open")'


def write(label: str, *, actor: str = "Alice", action: str = "plan.changed", object_id: int = 1) -> int:
    record(
        actor=Actor(actor, Via.SESSION, staff_id=None, origin="10.1.2.3"), action=action,
        target=Target("plan", object_id, label), before={"name": "Old"}, after={"name": label},
    )  # fmt: skip
    return Entry.objects.latest("pk").pk


@pytest.fixture
def as_role(db: None) -> Callable[[str], Client]:
    """The browser of somebody with a system role."""

    def make(role: str) -> Client:
        email = f"{role}@example.com"
        staff_id = org.create_staff(email=email, name=role, password="correct horse battery", role=role)
        client = Client(headers={"accept-language": "en"})
        client.force_login(Staff.objects.get(pk=staff_id), backend="django.contrib.auth.backends.ModelBackend")
        return client

    return make


def test_the_log_shows_and_opens_an_entry(browser: Client) -> None:
    entry_id = write("Spring <b>sale</b>")
    text = browser.get(reverse("audit"), headers={"accept-language": "en"}).content.decode()
    assert "Spring &lt;b&gt;sale&lt;/b&gt;" in text
    opened = browser.get(reverse("audit"), {"entry": entry_id}, headers={"accept-language": "en"}).content.decode()
    assert "What it was, and what it became" in opened
    assert "10.1.2.3" in opened
    assert "Old" in opened
    assert browser.get(reverse("audit"), {"entry": 10**9}).status_code == 404


def test_filters_narrow_the_list(browser: Client) -> None:
    write("Spring")
    write("Autumn", action="plan.launched", object_id=2)

    def shown(**given: str) -> tuple[bool, bool]:
        text = browser.get(reverse("audit"), given).content.decode()
        return "Spring" in text, "Autumn" in text

    assert shown() == (True, True)
    assert shown(action="plan.launched") == (False, True)
    assert shown(kind="plan", object="1") == (True, False)
    assert shown(q="utum") == (False, True)
    assert shown(who="nobody at all") == (False, False)
    assert shown(**{"from": "2000-01-01", "to": "2000-01-02"}) == (False, False)
    assert shown(**{"from": "yesterday", "to": "2026-99-99"}) == (True, True)


@pytest.mark.parametrize("count", [1, 3])
def test_a_page_asks_the_same_however_many(browser: Client, count: int) -> None:
    for number in range(count):
        write(str(number))
    browser.get(reverse("audit"))
    with CaptureQueriesContext(connection) as queries:
        browser.get(reverse("audit"))
    assert len([query for query in queries if "audit_entry" in query["sql"]]) == 1


@pytest.mark.parametrize(
    ("role", "sees", "downloads"),
    [("owner", 200, 200), ("auditor", 200, 200), ("operator", 403, 403), ("analyst", 403, 403), ("guide", 403, 403),
     ("store_manager", 403, 403)],
)  # fmt: skip
def test_only_owners_and_auditors_read_it(
    as_role: Callable[[str], Client], role: str, sees: int, downloads: int
) -> None:
    client = as_role(role)
    assert client.get(reverse("audit")).status_code == sees
    assert client.get(reverse("audit-csv")).status_code == downloads
    assert client.get(reverse("audit-xlsx")).status_code == downloads


def test_downloads_run_no_formulas_and_are_written_down(browser: Client) -> None:
    write(FORMULA, actor="+cmd")
    text = b"".join(browser.get(reverse("audit-csv"))).decode()
    assert "'=HYPERLINK(" in text
    assert ",'+cmd," in text
    book = b"".join(browser.get(reverse("audit-xlsx"), {"q": "HYPER"}))
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(book)).get_sheet_by_index(0).to_python()
    assert (sheet[1][9], len(sheet)) == (FORMULA, 2)
    assert b"<f>" not in book
    written = list(Entry.objects.filter(action="audit.exported").order_by("pk").values_list("after_json", flat=True))
    assert written == ["{}", '{"text": "HYPER"}']


def test_a_workbook_that_would_be_too_large_is_refused(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "MAX_XLSX_ROWS", 1)
    write("one")
    write("two")
    response = browser.get(reverse("audit-xlsx"), headers={"accept-language": "en"})
    assert response.status_code == 422
    assert "at most 1 rows" in response.content.decode()


def test_signing_in_out_and_failing_stand_in_the_log(client: Client, owner: Staff) -> None:
    before = Entry.objects.latest("pk").pk
    wrong = {"username": "alice@example.com", "password": "wrong"}
    for _ in range(6):
        client.post(reverse("sign-in"), wrong)
    actions = list(Entry.objects.filter(pk__gt=before).order_by("pk").values_list("action", "actor_name"))
    assert actions[0] == ("sign_in.failed", "a***@example.com")
    assert ("sign_in.locked", "a***@example.com") in actions
    other = Client(REMOTE_ADDR="10.9.9.9")
    other.post(reverse("sign-in"), wrong | {"password": "correct horse battery"})
    other.post(reverse("sign-out"))
    told = Entry.objects.order_by("-pk").values_list("action", "actor_name", "origin", "staff_id")[:2]
    who = ("Alice", "10.9.9.9", owner.pk)
    assert list(told) == [("sign_in.out", *who), ("sign_in.done", *who)]
    assert not Entry.objects.filter(after_json__contains="battery").exists()

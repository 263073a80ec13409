"""The pages show what there is, at the same cost for one row and for three."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from tests.console.conftest import MOMENT

from siyu.audiences import queries as audiences
from siyu.audiences import services as audience_services
from siyu.commerce.models import Order
from siyu.eventlog import jobs
from siyu.eventlog import queries as log
from siyu.ingest import queries as ingest
from siyu.kernel import clock
from siyu.org.contracts import SYSTEM

Buyers = Callable[[int], list[int]]
pytestmark = pytest.mark.django_db(transaction=True)
ENGLISH = {"Accept-Language": "en"}
ORDER_FILE = (
    "order_no,paid_at,member_no,phone,name,city,sku,title,quantity,unit_price,sms_consent\n"
    "B1,2026-05-01 10:00:00,M900,13812349999,周一,杭州,S1,=cmd,2,9.90,yes\n"
    "B2,not a day,M901,13812349998,周二,杭州,S1,阳光玫瑰,1,9.90,yes\n"
).encode()


def get(browser: Client, path: str, **query: Any) -> str:
    response = browser.get(path, query, headers=ENGLISH)
    assert response.status_code == 200, response.content.decode()[:500]
    return response.content.decode()


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("sort", ["", "net_sales", "orders", "last_order"])
def test_the_customer_list_costs_the_same_for_any_length(
    browser: Client, buyers: Buyers, count: int, sort: str, django_assert_num_queries: Any
) -> None:
    buyers(count)
    with django_assert_num_queries(19 if sort else 18):
        html = get(browser, reverse("customers"), sort=sort)
    assert html.count("138****") == count


def test_customers_are_found_by_name_number_and_tail(browser: Client, buyers: Buyers) -> None:
    buyers(3)
    for text in ("林晓1", "M1", "0001", "13812340001"):
        html = get(browser, reverse("customers"), q=text)
        assert "林晓1" in html, text
        assert "林晓2" not in html, text
    assert "林晓" not in get(browser, reverse("customers"), q="nobody")


def test_lists_sort_by_stored_totals(browser: Client, buyers: Buyers) -> None:
    buyers(3)
    html = get(browser, reverse("customers"), sort="net_sales")
    assert html.index("林晓2") < html.index("林晓1") < html.index("林晓0")


def test_a_profile_shows_value_consent_timeline_and_orders(browser: Client, buyers: Buyers) -> None:
    customer_id = buyers(3)[2]
    html = get(browser, reverse("customer", args=[customer_id]))
    for shown in ("林晓2", "¥89.00", "138****0002", "Allows marketing by SMS", "form at the till", "Order paid ¥30.00"):
        assert shown in html, shown
    assert "13812340002" not in html
    orders = get(browser, reverse("customer", args=[customer_id]), tab="orders")
    assert "A2-0" in orders
    assert "C2" in orders
    assert browser.get(reverse("customer", args=[999_999])).status_code == 404


def test_an_order_shows_its_lines(browser: Client, buyers: Buyers) -> None:
    buyers(1)
    html = get(browser, reverse("order", args=[Order.objects.get().pk]))
    assert "麒麟西瓜" in html
    assert "¥10.00" in html


def test_an_import_goes_from_upload_to_result_and_errors_file(browser: Client) -> None:
    upload = SimpleUploadedFile("orders.csv", ORDER_FILE, "text/csv")
    response = browser.post(reverse("import-new"), {"file": upload})
    columns = response["Location"]
    html = get(browser, columns)
    assert "order_no" in html
    form = browser.get(columns).context["form"]
    values = {name: form[name].value() or "" for name in form.fields} | {"action": "import"}
    started = browser.post(columns, values)
    assert jobs.run_next()
    result = get(browser, started["Location"])
    assert "¥19.80" in result
    import_id = ingest.imports(SYSTEM)[0].id
    errors = b"".join(browser.get(reverse("import-errors", args=[import_id])).streaming_content).decode()
    assert "B2" in errors or "not a day" in errors
    assert "orders.csv" in get(browser, reverse("imports"))


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "empty"), (b"%PDF-1.4 whatever", "PDF"), (b"\x89PNG\r\n\x1a\n0000", "CSV or XLSX")],
)
def test_a_file_that_cannot_be_orders_is_refused_in_words(browser: Client, content: bytes, says: str) -> None:
    upload = SimpleUploadedFile("orders.csv", content, "text/csv")
    response = browser.post(reverse("import-new"), {"file": upload}, headers=ENGLISH)
    assert response.status_code == 422
    assert says in response.content.decode()


def test_columns_must_make_sense_before_anything_starts(browser: Client) -> None:
    upload = SimpleUploadedFile("orders.csv", ORDER_FILE, "text/csv")
    columns = browser.post(reverse("import-new"), {"file": upload})["Location"]
    form = browser.get(columns).context["form"]
    values = {name: form[name].value() or "" for name in form.fields} | {"action": "import", "column_0": ""}
    response = browser.post(columns, values, headers=ENGLISH)
    assert response.status_code == 422
    assert "Order number" in response.content.decode()
    assert log.jobs() == []


def test_a_forged_file_reference_is_refused(browser: Client) -> None:
    assert browser.get(reverse("import-columns", args=["forged"])).status_code == 422


def test_the_rfm_page_shows_cells_segments_and_their_customers(
    browser: Client, buyers: Buyers, shipped: Callable[[], None]
) -> None:
    buyers(3)
    shipped()
    day = clock.local_day(MOMENT, settings.SIYU.tz).isoformat()
    html = get(browser, reverse("rfm"), day=day)
    assert "3 customers with orders" in html
    picked = get(browser, reverse("rfm"), day=day, segment="important_value", view="segments")
    assert "Save as an audience" in picked
    listed = get(browser, reverse("rfm-customers"), day=day)
    assert listed.count("林晓") >= 3
    csv = b"".join(browser.get(reverse("rfm-csv"), {"day": day}).streaming_content).decode()
    assert csv.splitlines()[0].lstrip("\ufeff").startswith("customer_id,member_no,recency,frequency,monetary")
    assert len(csv.splitlines()) == 4
    assert browser.get(reverse("rfm"), {"day": "yesterday"}).status_code == 422


def test_a_cell_becomes_an_audience(browser: Client, buyers: Buyers, shipped: Callable[[], None]) -> None:
    buyers(2)
    shipped()
    response = browser.post(reverse("rfm-save"), {"name": "Best", "r": "5", "f": "5", "window": ""})
    saved = audiences.audiences(SYSTEM)[0]
    assert response["Location"] == reverse("audience", args=[saved.id])
    assert saved.rule == {"all": [{"leaf": "rfm", "r": [5], "f": [5]}]}


def test_the_builder_counts_while_a_rule_grows(browser: Client, buyers: Buyers, shipped: Callable[[], None]) -> None:
    buyers(3)
    shipped()
    empty = {"document": '{"all": []}', "group:": "all"}
    step = browser.post(reverse("audience-edit"), empty | {"add:": "order_count"}, headers=ENGLISH).content.decode()
    assert "field:all.0:op" in step
    filled = {
        "document": '{"all": [{"leaf": "order_count"}]}',
        "group:": "all",
        "field:all.0:op": ">=",
        "field:all.0:value": "2",
    }
    counted = browser.post(reverse("audience-edit"), filled, headers=ENGLISH)
    assert counted.context["total"] == 2
    turned = browser.post(reverse("audience-edit"), filled | {"group:": "none"}, headers=ENGLISH)
    assert turned.context["total"] == 1
    grouped = browser.post(reverse("audience-edit"), filled | {"change": "group:"})
    assert '"any": []' in grouped.context["document"]
    gone = browser.post(reverse("audience-edit"), filled | {"change": "remove:all.0"})
    assert gone.context["document"] == '{"all": []}'


def test_an_audience_is_saved_renamed_and_put_away(
    browser: Client, buyers: Buyers, shipped: Callable[[], None]
) -> None:
    buyers(3)
    shipped()
    text = '{"all": [{"leaf": "order_count", "op": ">=", "value": 2}]}'
    rule = {"form": "text", "text": text, "name": "Repeat"}
    url = browser.post(reverse("audience-create"), rule)["Location"]
    while jobs.run_next():
        pass
    saved = audiences.audiences(SYSTEM)[0]
    assert saved.member_count == 2
    assert get(browser, reverse("audience-members", args=[saved.id])).count("138****") == 2
    stale = browser.post(url + "save/", rule | {"version": "0"}, headers=ENGLISH)
    assert stale.status_code == 409
    wrong = browser.post(reverse("audience-create"), {"document": '{"all": []}', "name": "None"}, headers=ENGLISH)
    assert wrong.status_code == 422
    browser.post(url + "archive/", {"version": str(saved.version)})
    assert audiences.audiences(SYSTEM) == []


def test_a_failed_job_says_why_and_can_go_on(browser: Client, owner: Any) -> None:
    audience_id = audience_services.create_audience(
        viewer=SYSTEM, name="Later", rule={"all": [{"leaf": "order_count", "op": ">=", "value": 1}]}
    )
    job_id = log.jobs()[0].id
    browser.post(reverse("job-cancel", args=[job_id]))
    assert log.job(job_id).state == "cancelled"
    html = get(browser, reverse("job", args=[job_id]))
    assert "Go on from where it stopped" in html
    browser.post(reverse("job-retry", args=[job_id]))
    assert log.job(job_id).state == "queued"
    assert str(job_id) in get(browser, reverse("jobs"))
    assert audience_id


def test_the_status_page_names_every_reader_of_the_log(browser: Client, buyers: Buyers) -> None:
    buyers(1)
    html = get(browser, reverse("settings-status"))
    assert "events" in html

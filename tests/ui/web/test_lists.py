"""Lists over HTTP, on the style guide's sample: tabs, filters, columns, bulk actions, export, and their refusals."""

from __future__ import annotations

import csv
import io
import os
import re
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from python_calamine import CalamineWorkbook

from siyu.eventlog import jobs as runner
from siyu.eventlog import queries as log
from siyu.eventlog import services as log_services
from siyu.eventlog.contracts import JobState
from siyu.kernel.errors import InvalidInput, NotAllowed, NotFound
from siyu.org import queries as org
from siyu.org import services as org_services
from siyu.org.models import Staff
from siyu.ui import jobs, queries
from siyu.ui.lists import working
from siyu.ui.registries import LISTS
from siyu.ui.web.samples import people

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_urls")]
ENGLISH = {"Accept-Language": "en"}
PART = ENGLISH | {"HX-Request": "true"}
KEY = people.LIST.key
PAGE = "/styleguide/"
HERE = {"path": PAGE}


@pytest.fixture
def signed_in(owner: Any) -> Client:
    client = Client(headers=ENGLISH)
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def colleague(db: None) -> Client:
    staff_id = org_services.create_staff(email="bob@example.com", name="Bob", password="correct horse battery")
    client = Client(headers=ENGLISH)
    client.force_login(Staff.objects.get(pk=staff_id), backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def home(settings: Any, tmp_path: Any) -> None:
    """Files of exports in a folder of the test."""
    settings.SIYU = settings.SIYU.model_copy(update={"home": tmp_path})


def part(client: Client, **asked: Any) -> str:
    return client.get(PAGE, asked, headers=PART).content.decode()


def post(client: Client, url_name: str, /, *args: Any, **values: Any) -> Any:
    return client.post(reverse(url_name, args=[KEY, *args]), HERE | values)


def test_a_list_is_searched_filtered_sorted_and_paged(signed_in: Client) -> None:
    assert 'class="s-row-link' not in (html := part(signed_in, q="nobody"))
    assert "Nothing matches these filters" in html
    assert part(signed_in, f=["level:in:gold", "spend:ge:4000"]).count("s-row-link") == 2
    first = part(signed_in, sort="orders", rows="5")
    assert first.count("s-row-link") == 5
    assert "1–5 of 137" in first
    assert "cursor=5" in first
    assert "6–10 of 137" in part(signed_in, sort="orders", rows="5", cursor="5", at="5")
    assert 'aria-sort="ascending"' in part(signed_in, sort="orders.asc")


def test_a_filter_that_cannot_be_read_shows_no_rows(signed_in: Client) -> None:
    html = signed_in.get(PAGE, {"f": "spend:ge:a lot"}).content.decode()
    broken = signed_in.get(PAGE, {"f": "mood:is:good"}).content.decode()
    assert "give an amount such as" in html
    assert "no filter “mood”" in broken
    for page in (html, broken):
        assert page.split('id="list-sample-people"')[1].split("</section>")[0].count("s-row-link") == 0


def test_adding_a_filter_leads_to_its_address(signed_in: Client) -> None:
    asked = {"f": "level:in:gold", "add": "spend", "op": "ge", "value": ["4,000", ""]}
    to = "/styleguide/?f=level%3Ain%3Agold&f=spend%3Age%3A4000.00"
    assert signed_in.get(PAGE, asked, headers=PART)["HX-Push-Url"] == to
    assert "Spend ≥ ¥4,000.00" in part(signed_in, **asked)
    wrong = part(signed_in, add="spend", op="ge", value=["x"])
    assert "give an amount such as" in wrong
    assert 'value="x"' in wrong
    assert wrong.count("s-row-link") == 50


def test_filters_are_saved_opened_edited_and_deleted(signed_in: Client) -> None:
    asked = {"f": ["level:in:gold"], "sort": "spend"}
    saved = post(signed_in, "ui-list-save", name="Gold <b>", column=["name", "level"], **asked)
    [view] = queries.list_settings(org.viewer_of(Staff.objects.get()), KEY).views
    assert saved["Location"] == f"{PAGE}?view={view.id}"
    opened = part(signed_in, view=view.id)
    assert "Gold &lt;b&gt;" in opened
    assert "2 columns" in opened
    assert "Changed, not saved" not in opened
    edited = part(signed_in, view=view.id, edited="1", f=["level:in:silver"])
    assert "Changed, not saved" in edited
    assert part(signed_in, view=view.id, edited="1", f=["level:in:gold"], sort="spend").count("Changed, not saved") == 0
    post(signed_in, "ui-list-view", view.id, do="update", f=["level:in:silver"])
    assert "Level: Silver" in part(signed_in, view=view.id)
    post(signed_in, "ui-list-view", view.id, do="rename", name="Silver")
    assert "Silver" in part(signed_in)
    assert post(signed_in, "ui-list-view", view.id, do="delete")["Location"] == PAGE
    assert "All" in part(signed_in, view=view.id)


def test_the_tabs_get_their_counts(signed_in: Client) -> None:
    assert reverse("ui-list-counts", args=[KEY]) not in part(signed_in)
    post(signed_in, "ui-list-save", name="Gold", f=["level:in:gold"])
    view_id = queries.list_settings(org.viewer_of(Staff.objects.get()), KEY).views[0].id
    assert reverse("ui-list-counts", args=[KEY]) in part(signed_in)
    counts = signed_in.get(reverse("ui-list-counts", args=[KEY])).content.decode()
    assert f'id="list-{KEY}-count-0" hx-swap-oob="true">137<' in counts
    assert f'id="list-{KEY}-count-{view_id}" hx-swap-oob="true">46<' in counts


def test_columns_are_chosen_ordered_and_reset(signed_in: Client, colleague: Client) -> None:
    post(signed_in, "ui-list-columns", column=["last", "spend", "nonsense", "last"])
    heads = re.findall(r'<th scope="col" class="s-align[^>]*>(?:<a [^>]*>)?([\w ]+)', part(signed_in))
    assert heads == ["Customer", "Last order", "Spend"]
    assert "5 columns" in part(colleague)
    post(signed_in, "ui-list-columns", reset="1")
    assert "5 columns" in part(signed_in)


def test_a_page_keeps_its_number_of_rows(signed_in: Client) -> None:
    post(signed_in, "ui-list-rows", rows="5", f="level:in:gold")
    assert part(signed_in).count("s-row-link") == 5
    post(signed_in, "ui-list-rows", rows="7")
    assert part(signed_in).count("s-row-link") == 5


@pytest.mark.parametrize("path", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)", ""])
def test_nothing_leads_elsewhere(signed_in: Client, path: str) -> None:
    answer = signed_in.post(reverse("ui-list-rows", args=[KEY]), {"path": path, "rows": "5"})
    assert answer["Location"] == PAGE


# --- bulk actions ---


def test_a_bulk_action_shows_its_effect_and_changes_what_was_shown(signed_in: Client) -> None:
    asked = post(signed_in, "ui-bulk-preview", "tag", row=["1", "5", "6", "x"])
    html = asked.content.decode()
    assert "3 rows chosen" in html
    assert "Confirm" not in html
    selection = asked.context["selection"]
    shown = post(signed_in, "ui-bulk-preview", "tag", selection=selection, filled="1", tag="lychee").content.decode()
    assert "Confirm, tag 2" in shown
    assert "have it already" in shown
    done = post(signed_in, "ui-bulk-apply", "tag", selection=selection, filled="1", tag="lychee")
    assert done["Location"] == PAGE
    after = signed_in.get(PAGE, headers=PART)
    assert "Tag: 2 changed" in after["HX-Trigger"]


def test_everything_that_matches_can_be_chosen(signed_in: Client) -> None:
    asked = post(signed_in, "ui-bulk-preview", "forget", scope="all", f="level:in:gold", row=["1"])
    assert asked.context["count"] == 46
    with pytest.raises(InvalidInput):
        post(signed_in, "ui-bulk-preview", "forget", scope="all", f="mood:is:good")
    with pytest.raises(InvalidInput):
        post(signed_in, "ui-bulk-preview", "forget")


def test_an_action_without_its_form_is_refused(signed_in: Client) -> None:
    selection = post(signed_in, "ui-bulk-preview", "tag", row=["1"]).context["selection"]
    with pytest.raises(InvalidInput):
        post(signed_in, "ui-bulk-apply", "tag", selection=selection)


def test_nobody_applies_somebody_elses_selection(signed_in: Client, colleague: Client) -> None:
    selection = post(signed_in, "ui-bulk-preview", "forget", row=["1"]).context["selection"]
    for name in ("ui-bulk-preview", "ui-bulk-apply"):
        with pytest.raises(NotFound):
            post(colleague, name, "forget", selection=selection)
    with pytest.raises(NotFound):
        post(signed_in, "ui-bulk-preview", "no-such-action", row=["1"])


def test_many_rows_become_a_job_that_goes_on_where_it_was_killed(
    signed_in: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "DIRECT_ROWS", 100)
    selection = post(signed_in, "ui-bulk-preview", "tag", scope="all").context["selection"]
    post(signed_in, "ui-bulk-apply", "tag", selection=selection, filled="1", tag="lychee")
    post(signed_in, "ui-bulk-apply", "tag", selection=selection, filled="1", tag="lychee")
    [job] = log.jobs(kind=jobs.BULK)
    applied: list[list[int]] = []
    action = people.LIST.action("tag")
    assert action is not None

    def apply(viewer: Any, ids: list[int], values: Any) -> int:
        applied.append(list(ids))
        if len(applied) == 2:
            raise RuntimeError("the worker dies")
        return len(ids)

    broken = replace(people.LIST, bulk=(replace(action, apply=apply),))
    monkeypatch.setitem(LISTS._things, KEY, broken)
    assert runner.run_next()
    assert log.job(job.id).state is JobState.FAILED
    log_services.retry_job(job_id=job.id)
    assert runner.run_next()
    done = log.job(job.id)
    assert done.result == {"changed": 137, "chosen": 137}
    assert [(ids[0], ids[-1]) for ids in applied] == [(1, 50), (51, 100), (51, 100), (101, 137)]


# --- export ---


def test_a_small_export_is_there_at_once_and_safe_to_open(signed_in: Client) -> None:
    asked = {"format": "csv", "column": ["name", "spend", "nonsense"], "f": ["level:in:gold", "spend:ge:4000"]}
    answer = post(signed_in, "ui-list-export", **asked)
    assert "attachment" in answer["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows == [["Customer", "Spend"], ["'=郑晚晴", "4106.8"], ["'=钱思远", "4018.87"]]
    sheet = post(signed_in, "ui-list-export", **asked | {"format": "xlsx"}).content
    [head, first, _second] = CalamineWorkbook.from_filelike(io.BytesIO(sheet)).get_sheet_by_index(0).to_python()
    assert (head, first) == (["Customer", "Spend"], ["'=郑晚晴", 4106.8])
    with pytest.raises(InvalidInput):
        post(signed_in, "ui-list-export", **asked | {"format": "pdf"})


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_a_large_export_is_a_job_with_a_file_for_its_owner_alone(
    signed_in: Client, colleague: Client, monkeypatch: pytest.MonkeyPatch, file_format: str
) -> None:
    monkeypatch.setattr(working, "DIRECT_EXPORT_ROWS", 100)
    post(signed_in, "ui-list-export", format=file_format, column=["name", "orders"])
    [job] = log.jobs(kind=jobs.EXPORT)
    with pytest.raises(NotFound):
        signed_in.get(reverse("ui-export-file", args=[job.id]))
    assert runner.run_next()
    done = log.job(job.id)
    assert (done.state, done.result) == (JobState.DONE, {"rows": 137, "format": file_format, "list": KEY})
    answer = signed_in.get(reverse("ui-export-file", args=[job.id]))
    body = b"".join(answer.streaming_content)
    if file_format == "csv":
        assert len(body.decode("utf-8-sig").splitlines()) == 138
    else:
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(body)).get_sheet_by_index(0).to_python()
        assert (len(sheet), sheet[0]) == (138, ["Customer", "Orders"])
    with pytest.raises(NotFound):
        colleague.get(reverse("ui-export-file", args=[job.id]))


@pytest.mark.usefixtures("home")
def test_old_files_go_when_new_ones_are_made(signed_in: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = working.export_path(1, "csv"), working.export_path(2, "csv")
    for path in (old, new):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    os.utime(old, (0, 0))
    working.drop_old_files()
    assert (old.exists(), new.exists()) == (False, True)


def test_permissions_of_list_action_and_export_are_asked_for(
    signed_in: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    action = people.LIST.action("forget")
    assert action is not None
    assert people.LIST.export is not None
    viewer = org.viewer_of(Staff.objects.get())
    nobody = replace(viewer, permissions=frozenset())
    closed = replace(
        people.LIST,
        permission="x.view",
        bulk=(replace(action, permission="x.change"),),
        export=replace(people.LIST.export, permission="x.export"),
    )
    monkeypatch.setitem(LISTS._things, KEY, closed)
    with pytest.raises(NotAllowed):
        working.kind_of(KEY, nobody)
    with pytest.raises(NotAllowed):
        working.action_of(closed, "forget", nobody)
    with pytest.raises(NotAllowed):
        working.require_export(closed, nobody)
    with pytest.raises(NotFound):
        working.kind_of("no-such-list", nobody)

"""Tasks, notices and approvals through HTTP: each page does its job, refuses strangers and keeps its queries few."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tests.support.organisation import Chain, person

from siyu.eventlog import records
from siyu.org import queries
from siyu.org.contracts import Viewer
from siyu.org.contracts.approvals import ApprovalKind
from siyu.org.contracts.tasks import TaskState, Whose
from siyu.org.models import Approval, Staff, Task
from siyu.org.queries import approvals, notices, tasks
from siyu.org.registries import APPROVALS
from siyu.org.services import approvals as approval_services
from siyu.org.services import notices as notice_services

pytestmark = pytest.mark.django_db
KIND = "test.page"
DUE = "2027-03-01T10:00"
if KIND not in APPROVALS:
    APPROVALS.add(KIND, ApprovalKind(KIND, "Page", "plan", lambda _object_id: 1, lambda *_args: None))


@pytest.fixture
def chain(db: None) -> Chain:
    return Chain.make()


@pytest.fixture
def manager(chain: Chain) -> Viewer:
    return person("store_manager", chain.east)


@pytest.fixture
def guide(chain: Chain) -> Viewer:
    return person("guide", chain.east_store)


def browser_of(viewer: Viewer) -> Client:
    client = Client(headers={"accept-language": "en"})
    staff = Staff.objects.get(pk=viewer.staff_id)
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    return client


def give(browser: Client, viewer: Viewer, title: str = "Call Wang", **changes: Any) -> Any:
    body = {"kind": "call_back", "title": title, "people": [viewer.staff_id], "due": DUE, "remind": "30"} | changes
    return browser.post(reverse("task-new"), body)


def test_giving_doing_and_talking_about_a_task(manager: Viewer, guide: Viewer) -> None:
    chief, browser = browser_of(manager), browser_of(guide)
    assert give(chief, guide).status_code == 302
    task = Task.objects.get()
    assert "Call Wang" in browser.get(reverse("work")).content.decode()
    url = reverse("task-act", args=[task.pk])
    browser.post(url, {"act": "comment", "text": "No <b>answer</b> yet"})
    shown = browser.get(reverse("task", args=[task.pk])).content.decode()
    assert "No &lt;b&gt;answer&lt;/b&gt; yet" in shown
    assert "hand-on" not in shown
    assert browser.post(url, {"act": "done", "text": "Reached"}).status_code == 302
    assert "Reached" in chief.get(reverse("task", args=[task.pk])).content.decode()
    assert "Call Wang" not in browser.get(reverse("work")).content.decode()
    assert "Call Wang" in browser.get(reverse("work"), {"show": "done"}).content.decode()
    assert chief.post(url, {"act": "reopen"}).status_code == 302
    assert chief.post(url, {"act": "cancel"}).status_code == 302
    assert tasks.task(manager, task.pk).state is TaskState.CANCELLED


def test_a_task_of_others_is_not_there(manager: Viewer, guide: Viewer, chain: Chain) -> None:
    give(browser_of(manager), guide)
    task = Task.objects.get()
    stranger = browser_of(person("store_manager", chain.west, "west@example.com"))
    assert stranger.get(reverse("task", args=[task.pk])).status_code == 404
    assert stranger.post(reverse("task-act", args=[task.pk]), {"act": "done"}).status_code == 404
    assert stranger.post(reverse("task-reassign", args=[task.pk]), {}).status_code == 404


def test_a_form_that_is_not_complete_keeps_what_was_typed(guide: Viewer) -> None:
    answer = give(browser_of(guide), guide, due="soon")
    assert answer.status_code == 422
    assert "Call Wang" in answer.content.decode()
    other = give(browser_of(guide), guide, people=["999"])
    assert other.status_code == 422
    assert not Task.objects.exists()


def test_handing_on_from_the_page(manager: Viewer, guide: Viewer, chain: Chain) -> None:
    chief = browser_of(manager)
    give(chief, guide)
    task = Task.objects.get()
    other = person("guide", chain.east_store, "other@example.com")
    url = reverse("task-reassign", args=[task.pk])
    refused = chief.post(url, {"people": ["999"], "version": "1"})
    assert refused.status_code == 422
    assert f'data-draft="{manager.staff_id}" data-draft-unsaved' in _drawer(refused)
    later = chief.post(url, {"people": [manager.staff_id], "due": "2027-03-02T10:00", "version": "7"})
    assert later.status_code == 409
    told = [(str(one.label), one.mine, one.theirs) for one in later.context["conflict"].differences]
    assert told == [("Who does it", "Me", "guide"), ("Due at", "2 Mar 2027 10:00", "1 Mar 2027 10:00")]
    assert 'name="version" value="7"' in _drawer(later)
    assert chief.post(url, {"people": [other.staff_id], "version": "1"}).status_code == 302
    assert [one.id for one in tasks.task(manager, task.pk).people] == [other.staff_id]


def _drawer(answer: Any) -> str:
    """The drawer of a page, which stands open in it."""
    _page, drawer = answer.content.decode().split('<dialog class="s-drawer" id="hand-on" data-controller="dialog" open')
    return drawer.partition("</dialog>")[0]


def test_many_places_are_shown_before_they_are_asked(manager: Viewer, guide: Viewer, chain: Chain) -> None:
    chief = browser_of(manager)
    body = {
        "kind": "post", "title": "Post the kit", "remind": "", "below": chain.east, "places": ["store"],
        "role": queries.role_id("guide"), "hours": "4",
    }  # fmt: skip
    shown = chief.post(reverse("task-bulk"), body)
    assert "徐汇店" in shown.content.decode()
    assert not Task.objects.exists()
    assert chief.post(reverse("task-bulk"), body | {"go": "1"}).status_code == 302
    assert [view.title for view in tasks.tasks(guide).items] == ["Post the kit"]
    assert chief.post(reverse("task-bulk"), body | {"hours": ""}).status_code == 422
    assert browser_of(guide).get(reverse("task-bulk")).status_code == 403
    assert "徐汇店" in chief.get(reverse("task-report")).content.decode()


def test_the_list_costs_the_same_with_one_row_and_with_three(guide: Viewer) -> None:
    browser = browser_of(guide)
    give(browser, guide)
    browser.get(reverse("work"))
    with CaptureQueriesContext(connection) as one:
        browser.get(reverse("work"))
    for title in ("B", "C"):
        give(browser, guide, title)
    with CaptureQueriesContext(connection) as three:
        assert "Call Wang" in browser.get(reverse("work")).content.decode()
    assert len(three) == len(one)


def test_the_bell_leads_to_what_it_tells_of_and_falls_silent(manager: Viewer, guide: Viewer) -> None:
    give(browser_of(manager), guide)
    browser = browser_of(guide)
    assert "Call Wang" in browser.get(reverse("notices")).content.decode()
    (told,) = notices.notices(guide).items
    answer = browser.post(reverse("notice-open", args=[told.id]))
    assert answer["Location"] == reverse("task", args=[Task.objects.get().pk])
    assert "Call Wang" not in browser.get(reverse("notices"), {"show": "unread"}).content.decode()
    assert browser_of(manager).post(reverse("notice-open", args=[told.id])).status_code == 404
    with records.transaction():
        notice_services.notify(kind="task.due", staff_ids=[guide.staff_id or 0], object_id=3, data={"title": "X"})
    assert notices.unread_count(guide) == 1
    browser.post(reverse("notices-read"))
    assert notices.unread_count(guide) == 0


def test_choices_are_kept_per_kind_and_channel(guide: Viewer) -> None:
    browser = browser_of(guide)
    assert browser.get(reverse("notice-choices")).status_code == 200
    browser.post(reverse("notice-choices"), {"task.given:in_app": "on", "task.given:mail": "on"})
    chosen = {one.kind.key: (one.in_app, one.mail) for one in notices.choices(guide)}
    assert (chosen["task.given"], chosen["task.due"]) == ((True, True), (False, False))


def ask(operator: Viewer) -> int:
    return approval_services.ask(
        viewer=operator, kind=KIND, object_id=7, object_version=1, title="Wave", reason="Season", people_count=12_480,
        cost_fen=56_160,
    )  # fmt: skip


def test_deciding_from_the_page(chain: Chain) -> None:
    operator, boss = person("operator", chain.company), person("owner", chain.company)
    approval_id = ask(operator)
    page, mine = browser_of(boss), browser_of(operator)
    url, act = reverse("approval", args=[approval_id]), reverse("approval-act", args=[approval_id])
    text = page.get(url).content.decode()
    assert "12,480" in text
    assert "¥561.60" in text
    assert 'value="approve"' in text
    assert 'value="approve"' not in mine.get(url).content.decode()
    assert mine.post(act, {"act": "approve"}).status_code == 403
    assert browser_of(person("guide", chain.east_store)).get(url).status_code == 404
    assert "Wave" in page.get(reverse("approvals")).content.decode()
    assert page.post(act, {"act": "approve", "comment": "Go"}).status_code == 302
    assert page.post(act, {"act": "decline"}).status_code == 409
    approval_services.perform_approved()
    assert "Go" in mine.get(url).content.decode()
    assert "Wave" in mine.get(reverse("approvals"), {"show": "settled"}).content.decode()
    second = ask(operator)
    assert mine.post(reverse("approval-act", args=[second]), {"act": "withdraw"}).status_code == 302
    assert Approval.objects.get(pk=second).state == "withdrawn"


def test_thresholds_are_set_by_the_owner_alone(chain: Chain) -> None:
    page = browser_of(person("owner", chain.company))
    url, name = reverse("approval-rules"), "plan.launch"
    body = {"kind": name, "version": "0", f"{name}-people_from": "5000", f"{name}-cost_from": "200.50"}
    assert page.post(url, body).status_code == 302
    rule = approvals.rule(name)
    assert (rule.people_from, rule.cost_fen_from) == (5_000, 20_050)
    assert page.post(url, body | {"version": "9"}).status_code == 409
    assert page.post(url, body | {f"{name}-people_from": "-1"}).status_code == 422
    assert browser_of(person("operator", chain.company)).get(url).status_code == 403


def test_lists_take_whatever_stands_in_the_address(guide: Viewer) -> None:
    browser = browser_of(guide)
    assert tasks.tasks(guide, whose=Whose.MINE).items == []
    for parameters in ({"whose": "places"}, {"whose": "x"}, {"show": "x"}, {"kind": "x"}, {"kind": "post"}):
        assert browser.get(reverse("work"), parameters).status_code == 200
    assert browser.get(reverse("work"), {"cursor": "x"}).status_code == 422


def test_a_task_about_a_customer_names_them_to_who_may_see_them(
    chain: Chain, buyers: Any, guide: Viewer
) -> None:
    (customer_id,) = buyers(1)
    owner = person("owner", chain.company)
    page = browser_of(owner)
    shown = page.get(reverse("customer", args=[customer_id])).content.decode()
    assert f"{reverse('task-new')}?customer={customer_id}" in shown
    give(page, guide, customer=customer_id)
    task = Task.objects.get()
    assert task.customer_id == customer_id
    link = reverse("customer", args=[customer_id])
    assert link in page.get(reverse("task", args=[task.pk])).content.decode()
    assert link not in browser_of(guide).get(reverse("task", args=[task.pk])).content.decode()
    assert give(browser_of(guide), guide, customer=customer_id).status_code == 422

"""Nothing that a person reads on the console is hard-coded: every page under the pseudo-locale, with data on it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import resolve, reverse
from django.utils import translation
from tests.messaging.conftest import stand_in
from tests.support import messaging as brand
from tests.support.messaging import StandIn
from tests.support.organisation import Chain, person
from tests.support.pages import shown
from tests.support.sandbox import SIGN

from siyu.audiences import services as audiences
from siyu.commerce.models import Order
from siyu.console.web import settings_status, wording
from siyu.eventlog import jobs, records
from siyu.eventlog import queries as log
from siyu.eventlog.models import Event, Parked
from siyu.eventlog.registries import EVENTS
from siyu.kernel import clock
from siyu.messaging import services as messaging
from siyu.messaging.contracts import LAUNCH_APPROVAL
from siyu.messaging.models import Plan
from siyu.org import queries as org
from siyu.org import services as org_services
from siyu.org.contracts import SYSTEM, Viewer
from siyu.org.models import Staff
from siyu.org.registries import APPROVALS
from siyu.org.services import approvals as approving
from siyu.org.services import tasks
from siyu.ui.translations import pseudo_locale, unwrapped_text
from siyu.ui.translations.pseudo import OPEN
from siyu.webhooks import sending
from siyu.webhooks import services as webhooks

__all__ = ["stand_in"]
pytestmark = pytest.mark.django_db(transaction=True)
Buyers = Callable[[int], list[int]]
ORDER_FILE = (
    "order_no,paid_at,member_no,phone,name,city,sku,title,quantity,unit_price,sms_consent\n"
    "B1,2026-05-01 10:00:00,M900,13812349999,周一,杭州,S1,葡萄,2,9.90,yes\n"
    "B2,not a day,M901,13812349998,周二,杭州,S1,葡萄,1,9.90,yes\n"
).encode()
RULE: dict[str, Any] = {
    "any": [
        {"leaf": "order_count", "op": ">=", "value": 1, "within_days": 3_650},
        {"leaf": "net_sales", "op": "between", "value": ["10", "20000"]},
        {"leaf": "last_order", "older_than_days": 3},
        {"leaf": "first_order", "since": "2026-01-01", "until": "2026-06-01"},
        {"leaf": "attribute", "name": "city", "op": "in", "value": ["上海", "杭州"]},
        {"leaf": "rfm", "segment": ["important_value"], "r": [5]},
        {"none": [{"leaf": "first_seen", "older_than_days": 9_000}]},
    ]
}
# Data on these pages that is nobody's to translate: the brand's own words, its people, codes, units of an axis.
DATA: tuple[str, ...] = (
    "Alice", "林晓", "客户", "周一", "上海", "杭州", "麒麟西瓜", "葡萄", "form at the till", "Best buyers",
    "Recall draft", "Recall now", "Recall later", "Marketing", "orders.csv", "UTF-8", "unplugged", "main", "sku-",
    "VIP", "SMS_900", "siyu", "order_no", "unit_price", "paid_at", "member_no", "sms_consent", "quantity", "phone",
    "title", "name", "sku", "guide@example.com", "alice@example.com", "guide", "华东", "西南", "徐汇店", "武侯店",
    "鲜果里", "company",
    "owner", "second@example.com", "ERP", "http://127.0.0.1:9/erp",
    "email", "code", "kind", "parent", "node", "role", "city", "CSV", "JSON", "{}", "(p =", "pp",
    *settings_status.READERS, brand.TARGET, brand.template_text(), SIGN,
)  # fmt: skip
# Order, member and article numbers, scores; the end of a key, the name of a delivery.
NUMBERS = re.compile(r"\b[A-Z]{1,3}\d+(-\d+)?\b|\b(siyu)?_key_|…[\w-]{4}$|ping-[0-9a-f]{32}")
# Codes of two places, as a whole: as letters they stand in every word.
CODES = {"E", "W"}
# Views that answer with a file, with what another page held, or that a stranger sees (tested with the design system).
NOT_PAGES = {
    "sign-in", "sign-in-code", "sign-out", "join", "welcome", "set_language", "audience-edit", "rfm-csv", "audit-csv",
    "audit-xlsx", "import-errors", "organisation-sample", "notice-open",
}  # fmt: skip


def work() -> None:
    while jobs.run_next():
        pass


def imported(browser: Client, action: str) -> tuple[str, str]:
    """The pages of an import: its columns, its result."""
    upload = SimpleUploadedFile("orders.csv", ORDER_FILE, "text/csv")
    columns = browser.post(reverse("import-new"), {"file": upload})["Location"]
    form = browser.get(columns).context["form"]
    values = {name: form[name].value() or "" for name in form.fields} | {"action": action}
    return columns, browser.post(columns, values)["Location"]


def launched(plan_id: int) -> int:
    brand.launch(plan_id)
    brand.pump()
    return plan_id


def plan_pages(customer_ids: list[int], stand_in: StandIn) -> list[str]:
    """A draft, one that was sent and measured, one that was stopped, one that waits for its day."""
    account_id = brand.account()
    draft_id = brand.plan(customer_ids, account_id, name="Recall draft", holdout_percent=20)
    sent_id = launched(brand.plan(customer_ids, account_id, name="Recall now", holdout_percent=20))
    brand.receive(stand_in.deliver())
    later_id = brand.plan(customer_ids, account_id, name="Recall later")
    messaging.launch_plan(viewer=SYSTEM, plan_id=later_id, at=clock.now().replace(year=2099))
    pages = [reverse("plan", args=[plan_id]) for plan_id in (draft_id, sent_id, later_id)]
    return [*pages, reverse("plan-edit", args=[draft_id]), reverse("plan-recipients", args=[sent_id])]


def audience_pages() -> list[str]:
    audience_id = audiences.create_audience(viewer=SYSTEM, name="Best buyers", rule=RULE)
    work()
    return [reverse("audience", args=[audience_id]), reverse("audience-members", args=[audience_id])]


def job_pages() -> list[str]:
    return [reverse("job", args=[job.id]) for job in log.jobs()]


def parked() -> None:
    """An event that a reader could not take."""
    event_id = Event.objects.values_list("pk", flat=True)[0]
    with records.transaction():
        Parked.objects.create(
            subscriber="messaging.clicks", event_id=event_id, error="unplugged", parked_at=clock.now()
        )


def organisation_pages() -> list[str]:
    chain = Chain.make()
    guide = person("guide", chain.east_store)
    role_id = org.role_id("guide")
    places = [reverse(name, args=[chain.east_store]) for name in ("place", "place-edit")]
    files = [reverse("organisation-file", args=[kind]) for kind in ("places", "staff")]
    return [*places, *files, reverse("staff-member", args=[guide.staff_id]), reverse("role", args=[role_id])]


def task_pages(viewer: Viewer) -> list[str]:
    """A task with a comment and what came of it."""
    due_at = clock.now() + timedelta(days=1)
    task_id = tasks.create_task(
        viewer=viewer, kind="call_back", title="Recall draft", due_at=due_at, staff_ids=[viewer.staff_id or 0]
    )
    tasks.comment_task(viewer=viewer, task_id=task_id, text="Recall draft")
    tasks.finish_task(viewer=viewer, task_id=task_id, result="Recall now")
    return [reverse("task", args=[task_id]), reverse("work") + "?show=done"]


def approval_pages(viewer: Viewer, plan_id: int) -> list[str]:
    """A launch that waits for a second person."""
    person("owner", org.root().id, "second@example.com")
    approving.set_rule(viewer=viewer, kind=LAUNCH_APPROVAL, people_from=1, cost_fen_from=None, version=0)
    approval_id = messaging.ask_to_launch(viewer=viewer, plan_id=plan_id, reason="Recall now")
    return [reverse("approval", args=[approval_id])]


def settings_pages(viewer: Viewer) -> list[str]:
    """A key, a webhook that was tried in vain, a colleague with a link that waits."""
    key = org_services.create_key(
        viewer=viewer, name="ERP", permissions=["customers.view"], node_id=org.root().id, networks=["203.0.113.0/24"]
    )
    hook = webhooks.create_endpoint(viewer=viewer, name="ERP", url="http://127.0.0.1:9/erp", events=["*"])
    webhooks.ping(viewer=viewer, endpoint_id=hook.id)
    sending.serve(hook.id)
    org_services.create_links(viewer=SYSTEM, staff_ids=[viewer.staff_id or 0])
    return [
        reverse("key", args=[key.id]), reverse("webhook", args=[hook.id]), reverse("webhook-edit", args=[hook.id]),
        reverse("access-page", args=[viewer.staff_id]), reverse("calendar") + "?month=2026-10",
    ]  # fmt: skip


@pytest.fixture
def own_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without what other tests have registered, which stays for the process."""
    for registry in (EVENTS, APPROVALS):
        things = {name: thing for name, thing in registry._things.items() if not name.startswith("test")}
        monkeypatch.setattr(registry, "_things", things)


@pytest.fixture
def pages(
    browser: Client, owner: Staff, buyers: Buyers, shipped: Callable[[], None], stand_in: StandIn, own_kinds: None
) -> list[str]:
    """The address of every page, with something to show on each."""
    customer_ids = buyers(12)
    shipped()
    columns, tried = imported(browser, "try")
    _columns, done = imported(browser, "import")
    work()
    shipped()
    parked()
    viewer = org.viewer_of(owner)
    plans = plan_pages(customer_ids, stand_in)
    found = [*audience_pages(), *plans, *job_pages(), columns, tried, done]
    found += [*task_pages(viewer), *settings_pages(viewer), *approval_pages(viewer, Plan.objects.order_by("pk")[0].pk)]
    customer = reverse("customer", args=[customer_ids[2]])
    found += [customer, f"{customer}?tab=orders", reverse("order", args=[Order.objects.order_by("pk")[0].pk])]
    pictures = ("", "?view=segments&segment=important_value", "?r=5&f=5", "?day=1999-01-01")
    found += [reverse("rfm") + query for query in pictures]
    found += organisation_pages()
    plain = (
        "places", "staff", "staff-new", "roles", "role-new", "overview", "overview-starters",
        "customers", "audiences", "audience-new", "rfm-customers", "plans", "plan-new",
        "settings-sms", "settings-status", "imports", "import-new", "jobs", "work", "task-new", "task-bulk",
        "task-report", "approvals", "approval-rules", "notices", "notice-choices", "keys", "key-new", "webhooks",
        "webhook-new", "audit", "calendar", "access", "account", "second-step", "settings-sign-in", "settings-world",
    )  # fmt: skip
    return [*found, *map(reverse, plain), reverse("customers") + "?q=nobody", reverse("customer", args=[999_999])]


def hard_coded(browser: Client, ask: Callable[[str], Any], asked: Iterable[str]) -> dict[str, list[str]]:
    """What stands outside the brackets of the pseudo-locale, by page."""
    found = {}
    with pseudo_locale() as language:
        browser.defaults["HTTP_ACCEPT_LANGUAGE"] = language
        for one in asked:
            html = ask(one).content.decode()
            assert OPEN in html, one
            texts = [NUMBERS.sub("", text) for text in unwrapped_text(html, allowed=DATA)]
            found[one] = [text for text in texts if any(map(str.isalpha, text)) and text.strip() not in CODES]
    return {one: texts for one, texts in found.items() if texts}


def test_no_page_has_hard_coded_text(browser: Client, pages: list[str]) -> None:
    assert hard_coded(browser, browser.get, pages) == {}
    seen = {resolve(page.partition("?")[0]).url_name for page in pages}
    assert shown(browser) - NOT_PAGES == seen


# What is wrong with these forms is said in the reader's language.
FORMS: dict[str, dict[str, Any]] = {
    "audience-edit": {"form": "text", "text": json.dumps(RULE | {"any": [{"leaf": "rfm"}, {"leaf": "x"}]})},
    "audience-create": {"form": "text", "text": "{", "name": "Best buyers"},
    "plan-new": {"name": "", "holdout_percent": "99", "window_days": "x", "target_url": "no address"},
    "plan-preview": {"text": "{{ name }} 100% www.example.com", "target_url": ""},
    "settings-sms": {"name": "Marketing", "sign_name": "【x】", "price_fen": "-1", "window_start": "25:00"},
    "settings-sms-template": {"code": "x", "template_text": "y"},
    "import-new": {},
}


def test_no_form_complains_in_hard_coded_text(browser: Client, warehouse: Any) -> None:
    brand.account()
    assert hard_coded(browser, lambda name: browser.post(reverse(name), FORMS[name]), FORMS) == {}


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        ("import 7 row 12", "导入 7 第 12 行"),
        ("SMS reply “R”", "短信回复「R」"),
        ("form at the till", "form at the till"),
    ],
)
def test_the_source_of_a_consent_is_said_in_words(kept: str, said: str) -> None:
    with translation.override("zh-hans"):
        assert wording.evidence(kept) == said

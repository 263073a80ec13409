"""Every page of the console on the demo brand, over HTTP with a session, one request at a time; and its weight.

Takes a minute or two. The client shares the cores with the server.
"""

from __future__ import annotations

import gzip
import re
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

from tests.faults.harness import Site

from bench.browser import Visitor, signed_in
from bench.rows import BenchRow, percentile
from bench.scale import rest_seconds, scaled

AREA = "console"
REQUESTS = scaled(40, least=2)
WARM_UP = scaled(5, least=1)
# Until what the demo has set in motion has come to rest, the process that waits for a job included.
REST_SECONDS = 20
DEMO_CUSTOMERS = scaled(6_000, least=100)
# Everything that a person can look at, by the name of its address; `{…}` is filled in with something of the demo.
PAGES = {
    "overview": "/",
    "overview-starters": "/starters/",
    "customers": "/customers/",
    "customer": "/customers/{customer}/",
    "order": "/orders/{order}/",
    "audiences": "/audiences/",
    "audience-new": "/audiences/new/",
    "audience": "/audiences/{audience}/",
    "audience-members": "/audiences/{audience}/members/",
    "rfm": "/rfm/",
    "rfm-customers": "/rfm/customers/?r=5&f=5",
    "plans": "/plans/",
    "plan-new": "/plans/new/",
    "plan": "/plans/{plan}/",
    "plan-edit": "/plans/{draft}/edit/",
    "plan-recipients": "/plans/{plan}/messages/",
    "settings-sms": "/settings/sms/",
    "settings-status": "/settings/status/",
    "imports": "/imports/",
    "import-new": "/imports/new/",
    "import": "/imports/{import}/",
    "jobs": "/jobs/",
    "job": "/jobs/{job}/",
    "places": "/organisation/",
    "place": "/organisation/{place}/",
    "place-edit": "/organisation/{place}/edit/",
    "organisation-file": "/organisation/files/{organisation_file}/",
    "staff": "/staff/",
    "staff-new": "/staff/new/",
    "staff-member": "/staff/{member}/",
    "roles": "/roles/",
    "role-new": "/roles/new/",
    "role": "/roles/{role}/",
    "access": "/settings/access/",
    "access-page": "/settings/access/{member}/",
    "account": "/account/",
    "second-step": "/account/second-step/",
    "settings-sign-in": "/settings/sign-in/",
    "settings-world": "/settings/world/",
    "work": "/work/?whose=all",
    "task": "/work/{task}/",
    "task-new": "/work/new/",
    "task-bulk": "/work/many/",
    "task-report": "/work/report/",
    "notices": "/notices/",
    "notice-choices": "/notices/choices/",
    "approvals": "/approvals/",
    "approval": "/approvals/{approval}/",
    "approval-rules": "/settings/approvals/",
    "calendar": "/calendar/",
    "audit": "/settings/audit/",
    "keys": "/settings/keys/",
    "key": "/settings/keys/{key}/",
    "key-new": "/settings/keys/new/",
    "webhooks": "/settings/webhooks/",
    "webhook": "/settings/webhooks/{webhook}/",
    "webhook-new": "/settings/webhooks/new/",
    "webhook-edit": "/settings/webhooks/{webhook}/edit/",
}
# What one of them weighs is what a first visit costs.
FIRST_PAGE = "overview"
# In the names of the files that draw charts, which a page without them does without.
CHARTS = "echarts"
# The demo's things, and a plan that has been sent; made through the services that the console calls.
FURNISH = """
import json, sys, time
from datetime import time as day_time, timedelta
from siyu.audiences import services as audiences
from siyu.audiences.models import Audience
from siyu.commerce.models import Order
from siyu.eventlog import records
from siyu.eventlog.models import Job
from siyu.ingest.models import Import
from siyu.messaging import queries, services
from siyu.messaging.models import Plan
from siyu.kernel import clock
from siyu.messaging.contracts import LAUNCH_APPROVAL
from siyu.org import queries as org, services as organisation
from siyu.org.contracts import SYSTEM
from siyu.org.models import Node, Role, Staff
from siyu.org.services import approvals, tasks
from siyu.webhooks import services as webhooks
from siyu.sandbox.demo import brand
from siyu.kernel.settings import load

audiences.wait_until_shipped()
rule = {"leaf": "order_count", "op": ">=", "value": 2}
audience_id = audiences.create_audience(viewer=SYSTEM, name="买过两次以上", rule=rule)
accounts = queries.sms_accounts(SYSTEM)
account_id = accounts[0].id if accounts else services.save_sms_account(
    name="促销短信二号", sign_name=brand.SIGN.name, window=(day_time(0), day_time(0)))
template = next(t for t in brand.templates(load().collector_base + "/s/") if t.code == brand.RECALL_CODE)
services.save_sms_template(account_id=account_id, code=template.code, text=template.content)
draft = queries.sms_templates(SYSTEM, account_id)[0].draft
deadline = time.monotonic() + 60
while Audience.objects.get(pk=audience_id).state != "ready" and time.monotonic() < deadline:
    time.sleep(0.1)
def plan(name):
    return services.create_plan(viewer=SYSTEM, name=name, audience={"saved": audience_id}, text=draft,
        account_id=account_id, target_url="https://shop.example.cn/", holdout_percent=20)
sent, kept = plan("双十二预热"), plan("沉睡老客回访")
services.launch_plan(viewer=SYSTEM, plan_id=sent)
while Plan.objects.get(pk=sent).state not in ("done", "stopped") and time.monotonic() < deadline + 60:
    time.sleep(0.2)
approvals.set_rule(viewer=SYSTEM, kind=LAUNCH_APPROVAL, people_from=1, cost_fen_from=None, version=0)
# Somebody else has to be there who may decide.
with records.transaction():
    password = organisation.new_password()
    organisation.create_staff(email="bench@siyu.example", name="林晓", password=password, role="owner")
member = Staff.objects.order_by("pk").first()
key = organisation.create_key(viewer=SYSTEM, name="报表系统", permissions=["customers.view"], node_id=org.root().id)
hook = webhooks.create_endpoint(viewer=SYSTEM, name="仓储系统", url="https://shop.example.cn/erp", events=["*"])
webhooks.switch_off(viewer=SYSTEM, endpoint_id=hook.id)
task_id = tasks.create_task(viewer=SYSTEM, kind="call_back", title="回访：节日礼盒",
    due_at=clock.now() + timedelta(days=1), staff_ids=[member.pk])
order = Order.objects.exclude(fragment=None).order_by("-line_count").first()
approval_id = services.ask_to_launch(viewer=org.viewer_of(member), plan_id=kept, reason="人数多，请确认文案")
approvals.set_rule(viewer=SYSTEM, kind=LAUNCH_APPROVAL, people_from=None, cost_fen_from=None, version=1)
print(json.dumps({
    "customer": order.fragment_id, "order": order.pk, "audience": audience_id, "plan": sent, "draft": kept,
    "import": Import.objects.order_by("pk").first().pk, "job": Job.objects.order_by("pk").first().pk,
    "place": Node.objects.order_by("pk").first().pk, "member": member.pk,
    "task": task_id, "key": key.id, "webhook": hook.id,
    "approval": approval_id,
    "role": Role.objects.order_by("pk").first().pk, "organisation_file": "staff",
}))
"""


def run() -> list[BenchRow]:
    with tempfile.TemporaryDirectory(prefix="siyu-bench-") as folder:
        site = Site.make(Path(folder) / "home")
        try:
            site.up()
            site.siyu("demo", "sign-in")
            site.siyu("demo", "load", "--customers", str(DEMO_CUSTOMERS))
            things = site.python(FURNISH)
            time.sleep(rest_seconds(REST_SECONDS))
            with signed_in(site) as visitor:
                return [*_pages(visitor, things), *_weight(visitor)]
        finally:
            site.down()
            site.remove()


def _pages(visitor: Visitor, things: Mapping[str, Any]) -> list[BenchRow]:
    rows, slowest = [], ("", 0.0)
    for name, address in PAGES.items():
        path = address.format(**things)
        taken = _milliseconds(visitor, path)
        p95 = percentile(taken, 0.95)
        slowest = max(slowest, (name, p95), key=lambda found: found[1])
        note = f"median {percentile(taken, 0.5):.0f} ms"
        rows.append(BenchRow(AREA, f"page {name}, p95", p95, "ms", "<= 100", note=note))
    note = f"{slowest[0]}, of {len(PAGES)} pages"
    return [BenchRow(AREA, "slowest page, p95", slowest[1], "ms", "<= 100", note=note), *rows]


def _milliseconds(visitor: Visitor, path: str) -> list[float]:
    taken = []
    for number in range(WARM_UP + REQUESTS):
        started = perf_counter()
        status, body, _ = visitor.ask("GET", path, Accept_Language="zh-CN")
        if number >= WARM_UP:
            taken.append((perf_counter() - started) * 1e3)
        assert status == 200, f"{path} was answered {status}: {body[:300]!r}"
    return taken


def _weight(visitor: Visitor) -> list[BenchRow]:
    """The first page as a browser gets it the first time: the document, and what it links to, compressed."""
    _, page, headers = visitor.ask("GET", PAGES[FIRST_PAGE], Accept_Encoding="gzip")
    text = gzip.decompress(page) if headers.get("Content-Encoding") == "gzip" else page
    linked = set(re.findall(rb'(?:src|href)="(/static/[^"#]+\.(?:css|js|woff2|svg))', text))
    sizes = {path.decode(): len(visitor.ask("GET", path.decode(), Accept_Encoding="gzip")[1]) for path in linked}
    charts = {path: size for path, size in sizes.items() if CHARTS in path}
    pictures = {path: size for path, size in sizes.items() if path.endswith((".svg", ".woff2"))}
    code = {path: size for path, size in sizes.items() if path not in charts.keys() | pictures.keys()}
    whole = len(page) + sum(code.values())
    return [
        BenchRow(
            AREA, "first page: document, styles and scripts, without charts", whole / 1024, "KiB", "<= 250",
            note=f"the document {len(page) / 1024:.0f} KiB, {_heaviest(code)}",
        ),
        BenchRow(AREA, "first page: the document", len(page) / 1024, "KiB", "", "uncompressed", len(text) / 1024),
        _weight_of("styles and scripts", code),
        _weight_of("charts", charts),
        _weight_of("pictures", pictures),
    ]  # fmt: skip


def _weight_of(what: str, sizes: Mapping[str, int]) -> BenchRow:
    note = f"{len(sizes)} files, {_heaviest(sizes)}" if sizes else "none"
    return BenchRow(AREA, f"first page: {what}, compressed", sum(sizes.values()) / 1024, "KiB", note=note)


def _heaviest(sizes: Mapping[str, int]) -> str:
    """The three that weigh most."""
    ordered = sorted(sizes, key=lambda path: sizes[path], reverse=True)[:3]
    return ", ".join(f"{Path(path).name.split('.')[0]} {sizes[path] / 1024:.0f} KiB" for path in ordered)

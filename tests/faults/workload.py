"""What a brand does while its processes are killed: import, orders by the hook, a recall plan, clicks.

Clients behave well: whatever was not answered is sent again. `run` returns what they were promised.
"""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from tests.faults.harness import Site, wait_until

from siyu.ingest import gate
from siyu.kernel.settings import Settings
from siyu.sandbox import config
from siyu.sandbox.config import Planted
from siyu.sandbox.demo import brand
from siyu.sandbox.demo.generate import generate
from siyu.sandbox.demo.layouts import TILL

UNTIL = date(2026, 3, 31)
HOOK_ORDERS = 120
CLICKED_LINKS = 40
# Nobody acts by themselves; one number in twenty is dead, always the same ones.
PLANTED = Planted(click_rate=0, base_rate=0, lift=0, dead_share=0.05, failed_share=0)
AGENT = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Mobile Safari/537.36"
# Small batches at a low rate, so that a kill meets them; the stand-in's book is right at once.
_ACCOUNT = """
import json
from datetime import time
from siyu.messaging import services
account_id = services.save_sms_account(
    name="Faults", sign_name={sign!r}, window=(time(0), time(0)), batch_size=10, rate_per_s=40, settle_seconds=5,
)
services.save_sms_template(account_id=account_id, code={code!r}, text={text!r})
print(account_id)
"""
_LAUNCH = """
import json, time
from siyu.messaging import queries, services
from siyu.links.models import Link
from siyu.messaging.models import Plan
from siyu.org.contracts import SYSTEM
from siyu.eventlog import queries as log
from siyu.audiences.services import wait_until_shipped
from siyu.kernel.errors import Unavailable
from tests.faults.contents import people
while True:
    try:
        wait_until_shipped()
        break
    except Unavailable:
        time.sleep(0.2)
account = queries.sms_accounts(SYSTEM)[0]
plan_id = services.create_plan(
    viewer=SYSTEM, name="Recall", audience={"rule": {"leaf": "order_count", "op": ">=", "value": 6}},
    text=queries.sms_templates(SYSTEM, account.id)[0].draft, account_id=account.id,
    target_url="https://shop.example.cn/recall", holdout_percent=0,
)
services.launch_plan(viewer=SYSTEM, plan_id=plan_id)
deadline = time.monotonic() + 240
while (plan := Plan.objects.get(pk=plan_id)).state in ("draft", "launching"):
    job = log.job(plan.job_id)
    assert not job.error or job.state == "queued", job.error
    assert time.monotonic() < deadline, "the launch does not end"
    time.sleep(0.1)
# By who they are: which fragment id somebody gets depends on which of two imports reads them first.
names = people()
links = sorted(Link.objects.all(), key=lambda link: names[link.fragment_id])
print(json.dumps([link.token for link in links]))
"""
_SETTLED = """
import json, time
from django.db import OperationalError
from siyu.eventlog import queries as log
from siyu.ingest.resolver import inbox, _position
from siyu.kernel.errors import Unavailable
from siyu.messaging.models import Outbox
from siyu.warehouse import queries as warehouse
from tests.faults.contents import contents, warehouse_differences
OPEN = ["queued", "held", "claimed", "unknown", "sent"]
def waiting():
    found = {{"jobs": log.open_job_count(), "inbox": inbox().waiting_count(_position()),
             "messages": Outbox.objects.filter(state__in=OPEN).count(),
             "behind": max(lag.waiting_count for lag in log.lag()),
             "unshipped": max(lag.waiting_count for lag in warehouse.lag())}}
    return {{name: count for name, count in found.items() if count}}
deadline = time.monotonic() + {seconds}
calm_looks = 0
# Two looks: what one found nowhere may have been on its way from one place to the next.
while calm_looks < 2 and time.monotonic() < deadline:
    open_work = waiting()
    calm_looks = 0 if open_work else calm_looks + 1
    time.sleep(0.5)
print(json.dumps({{"open": open_work, "contents": contents(),
                  "warehouse_differences": [] if open_work else warehouse_differences()}}))
"""


@dataclass
class Prepared:
    """An installation in which nothing has happened yet, and the keys to it."""

    site: Site
    files: tuple[Path, ...]
    token: str
    write_key: str


@dataclass
class Promises:
    """What clients were told: links that led on, and how often each had been asked for."""

    visits: dict[str, int]


def prepare(home: Path, *, customers: int, database_url: str = "") -> Prepared:
    site = Site.make(home, database_url=database_url)
    settings = Settings(_env_file=home / "siyu.env", home=home)  # type: ignore[call-arg]
    files = generate(home / "demo", customers=customers, until=UNTIL)
    write_key = gate.create_write_key(settings, shop="hook")
    base = f"{settings.collector_base}/s/"
    config.write(
        home,
        config.SandboxConfig(
            aliyun_key_id=settings.aliyun_sms_key_id,
            aliyun_key_secret=settings.aliyun_sms_key_secret,
            sms_callback_url=gate.sms_callback_url(settings),
            signs=(brand.SIGN,),
            templates=brand.templates(base),
            planted=PLANTED,
            delivery_seconds=(0.5, 3.0),
            speed=20.0,
        ),
    )
    site.siyu("demo", "sign-in")
    token = site.siyu("token", "create", "--email", "demo@siyu.example")["token"]
    recall = next(template for template in brand.templates(base) if template.code == brand.RECALL_CODE)
    site.python(_ACCOUNT.format(sign=brand.SIGN.name, code=recall.code, text=recall.content))
    older, west, recent = (export.path for export in files.exports if export.layout is TILL)
    return Prepared(site, (older, recent, west), token, write_key)


def run(site: Site, prepared: Prepared) -> Promises:
    """Everything, as fast as the installation answers."""
    with ThreadPoolExecutor() as pool:
        imports = pool.submit(_import_files, site, prepared)
        orders = pool.submit(post_orders, site, prepared.write_key)
        imports.result()
        orders.result()
    tokens = site.python(_LAUNCH)
    return Promises(_visit(site, tokens[:CLICKED_LINKS]))


def settled(site: Site, *, seconds: float) -> dict[str, Any]:
    """Contents once nothing is left to do."""
    return site.python(_SETTLED.format(seconds=seconds))


def messages(site: Site) -> list[str]:
    """The numbers to which the stand-in has sent, one entry a message."""
    found: list[str] = []
    after = 0
    while page := site.control("GET", f"messages?limit=1000&after={after}")["messages"]:
        found += [message["phone"] for message in page]
        after = page[-1]["id"]
    return sorted(found)


def _import_files(site: Site, prepared: Prepared) -> None:
    """Starts all, then waits for all."""
    with ThreadPoolExecutor(max_workers=len(prepared.files)) as pool:
        list(pool.map(lambda path: import_file(site, prepared, path, path.name), prepared.files))


def import_file(site: Site, prepared: Prepared, path: Path, key: str) -> dict[str, Any]:
    """Uploads a file, starts its import under an idempotency key and returns its counts when it is done."""
    import_id = _start_import(site, prepared, path, key)
    headers = {"Authorization": f"Bearer {prepared.token}"}
    ended = wait_until(
        partial(_ended, site, import_id, headers),
        seconds=300, what=f"import {import_id} has ended", pause_seconds=0.3,
    )  # fmt: skip
    assert ended["state"] == "done", ended
    counts: dict[str, Any] = ended["counts"]
    return counts


def _ended(site: Site, import_id: int, headers: dict[str, str]) -> dict[str, Any] | None:
    found: dict[str, Any] = site.request("web", "GET", f"/api/v1/imports/{import_id}", headers=headers).json()
    return found if found["state"] not in ("queued", "running") else None


def _start_import(site: Site, prepared: Prepared, path: Path, key: str) -> int:
    boundary = "siyu-boundary"
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{path.name}"\r\n\r\n'
    body = head.encode() + path.read_bytes() + f"\r\n--{boundary}--\r\n".encode()
    headers = {"Authorization": f"Bearer {prepared.token}"}
    form = {**headers, "Content-Type": f"multipart/form-data; boundary={boundary}"}
    uploaded = site.request("web", "POST", "/api/v1/imports/files", body, form)
    assert uploaded.status == 201, uploaded.body
    start = json.dumps({"file": uploaded.json()["file"], "mapping": "generic"}).encode()
    keyed = {**headers, "Content-Type": "application/json", "Idempotency-Key": key}
    started = site.request("web", "POST", "/api/v1/imports", start, keyed)
    assert started.status == 201, started.body
    import_id: int = started.json()["id"]
    return import_id


def post_orders(site: Site, write_key: str) -> None:
    """Orders of people whom only this shop knows, one request each; every third repeats its neighbour's order."""
    headers = {"Authorization": f"Bearer {write_key}", "Content-Type": "application/json"}
    for number in range(HOOK_ORDERS):
        orders = [_hook_order(number)] + ([_hook_order(number - 1)] if number % 3 == 2 else [])
        answer = site.request("collector", "POST", "/v1/orders", json.dumps({"orders": orders}).encode(), headers)
        assert answer.status == 202, answer.body


def _hook_order(number: int) -> dict[str, Any]:
    lines = [{"sku": f"H{n}", "quantity": 1, "amount": f"{10 + n}.{number % 100:02d}"} for n in range(number % 3 + 1)]
    return {
        "order_no": f"HOOK{number:05d}", "paid_at": f"2026-04-01T{number // 60:02d}:{number % 60:02d}:00+08:00",
        "member_no": f"HM{number % 30}", "lines": lines,
    }  # fmt: skip


def _visit(site: Site, tokens: list[str]) -> dict[str, int]:
    """Opens each link until it leads on; how many tries that took: each of them may have been kept."""
    visits: Counter[str] = Counter()

    def leads_on(token: str) -> bool:
        visits[token] += 1
        answer = site.request("collector", "GET", f"/s/{token}", headers={"User-Agent": AGENT}, retry=False)
        return answer.status == 302

    for token in tokens:
        wait_until(partial(leads_on, token), seconds=120, what=f"the link {token} leads on", pause_seconds=0.1)
    return visits

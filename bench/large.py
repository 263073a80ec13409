"""The console at five million customers: the pages whose work could grow with them, over HTTP with a session.

Run it alone: `python -m bench large`. Loading takes an hour, and 60 GB in the temporary folder.
"""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.parse import urlencode

from tests.faults.harness import Site

from bench.browser import Visitor, signed_in
from bench.rows import BenchRow, percentile
from bench.scale import rest_seconds, scaled

AREA = "large"
CUSTOMERS = scaled(5_000_000, least=2_000)
REQUESTS = scaled(40, least=2)
WARM_UP = scaled(3, least=1)
# Until the processes have come to rest after their start.
REST_SECONDS = 20
TARGET = "<= 300"
_NEXT = re.compile(r'rel="next" href="([^"]+)"')
# Somebody from the middle of the brand who has bought, with all that the till asks for.
_THINGS = """
import json
from siyu.commerce.models import CustomerTotal
from siyu.customers import keys
from siyu.customers.models import Fragment, Identity, Profile

middle = Fragment.objects.order_by("-pk").first().pk // 2
buyers = CustomerTotal.objects.filter(pk__gte=middle).values("pk")
found = Profile.objects.filter(pk__in=buyers, attributes_json__contains='"city"').exclude(display_name="")
profile = found.order_by("pk").first()
attributes = json.loads(profile.attributes_json)
phone = Identity.objects.filter(fragment_id__gte=profile.pk).exclude(sealed=None).order_by("fragment_id").first()
print(json.dumps({
    "customer": profile.pk, "name": profile.display_name, "attributes": attributes,
    "tail": keys.open_phone(bytes(phone.sealed))[-keys.TAIL_DIGITS:],
}))
"""


def run() -> list[BenchRow]:
    with tempfile.TemporaryDirectory(prefix="siyu-bench-") as folder:
        site = Site.make(Path(folder) / "home")
        site.command_seconds = 24 * 3600
        try:
            site.siyu("demo", "sign-in")
            loaded = _load(site)
            site.up()
            time.sleep(rest_seconds(REST_SECONDS))
            with signed_in(site) as visitor:
                note = f"{loaded['customers']:,} customers, {loaded['orders']:,} orders"
                return _pages(visitor, _addresses(visitor, site.python(_THINGS)), note)
        finally:
            site.down()
            site.remove()


def _load(site: Site) -> Any:
    site.start("warehouse")
    site.siyu("migrate")
    command = [sys.executable, "-m", "bench.bulk", "--customers", str(CUSTOMERS), "--json"]
    done = subprocess.run(command, env=site.environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    site.stop_all()
    return json.loads(done.stdout)


def _addresses(visitor: Visitor, things: Mapping[str, Any]) -> dict[str, str]:
    """What is asked for, by what it is called."""
    attributes = things["attributes"]
    city = f"city:is:{attributes['city']}"
    other = next(name for name in sorted(attributes) if name != "city")
    rule = {"all": [
        {"leaf": "order_count", "op": ">=", "value": 2, "within_days": 365},
        {"leaf": "attribute", "name": "city", "op": "is", "value": attributes["city"]},
        {"leaf": "attribute", "name": other, "op": "is_set"},
    ]}  # fmt: skip
    return {
        "customers, first page": _customers(),
        "customers, next page": _next_of(visitor, _customers()),
        "customers, by last order": _customers(sort="last_order"),
        "customers, by last order, next page": _next_of(visitor, _customers(sort="last_order")),
        "customers, by number of orders, next page": _next_of(visitor, _customers(sort="orders")),
        "customers of a city": _customers(f=city),
        "customers of a city, by last order": _customers(f=city, sort="last_order"),
        "customers of a city with two orders or more, long ago": _customers(
            f=[city, "orders:ge:2", "last_order:older:365"]
        ),
        "customers, by the last digits of a phone": _customers(q=things["tail"]),
        "customers, by a family name": _customers(q=things["name"][:1]),
        "customers, by a whole name": _customers(q=things["name"]),
        "customers, by a name that nobody has": _customers(q="Nobody"),
        "one customer": f"/customers/{things['customer']}/",
        "one customer's orders": f"/customers/{things['customer']}/?tab=orders",
        "audience by a rule of three conditions, counted": f"/audiences/new/?{urlencode({'rule': json.dumps(rule)})}",
        "RFM": "/rfm/",
        "customers of an RFM cell": "/rfm/customers/?r=5&f=5",
        "overview": "/",
        "overview, what can be started": "/starters/",
    }


def _customers(**asked: Any) -> str:
    return f"/customers/?{urlencode(asked, doseq=True)}"


def _next_of(visitor: Visitor, path: str) -> str:
    """The address of the page after one."""
    _, page, _ = visitor.ask("GET", path)
    found = _NEXT.search(page.decode())
    assert found is not None, f"{path} has no next page"
    return html.unescape(found[1])


def _pages(visitor: Visitor, addresses: Mapping[str, str], note: str) -> list[BenchRow]:
    rows = []
    for name, path in addresses.items():
        first = _milliseconds(visitor, path)
        for _ in range(WARM_UP):
            _milliseconds(visitor, path)
        taken = [_milliseconds(visitor, path) for _ in range(REQUESTS)]
        told = f"median {percentile(taken, 0.5):.0f} ms, for the first time {first:.0f} ms"
        rows.append(BenchRow(AREA, f"{name}, p95", percentile(taken, 0.95), "ms", TARGET, note=told))
    slowest = max(rows, key=lambda row: row.value)
    return [BenchRow(AREA, "slowest page, p95", slowest.value, "ms", TARGET, note=f"{slowest.figure}; {note}"), *rows]


def _milliseconds(visitor: Visitor, path: str) -> float:
    started = perf_counter()
    status, body, _ = visitor.ask("GET", path, Accept_Language="zh-CN")
    taken = (perf_counter() - started) * 1e3
    assert status == 200, f"{path} was answered {status}: {body[:300]!r}"
    assert b"s-listing-problem" not in body, f"{path} is not understood"
    return taken

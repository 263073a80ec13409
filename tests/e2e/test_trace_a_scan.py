"""`docs/trace-a-scan.md`, run: one function per hop, in the order of the page, each ending in what the page claims.

Everything is real but the processes: the pumps are called by hand, the collector and the provider's stand-in live in
this process, the warehouse is the embedded front.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection
from tests.plugins.warehouse import warehouse, warehouse_front, warehouse_url
from tests.support import messaging as brand
from tests.support.messaging import StandIn, endpoint_settings, start_stand_in
from tests.support.sandbox import Receiver

from siyu.audiences import planner
from siyu.audiences import queries as audiences
from siyu.audiences import services as audience_services
from siyu.audiences.contracts import AudienceState, RfmParams
from siyu.collector.app import Collector, create_app
from siyu.commerce import queries as commerce
from siyu.commerce.models import Order
from siyu.customers import queries as customers
from siyu.eventlog import jobs, registries, runner
from siyu.eventlog import queries as log
from siyu.eventlog.contracts import START, StoredEvent
from siyu.experiments.contracts import TREATED
from siyu.experiments.rules.assignment import assign, holdout_weights
from siyu.ingest import gate, resolver
from siyu.ingest import queries as ingest
from siyu.ingest import services as imports
from siyu.insights import queries as insights
from siyu.kernel import clock
from siyu.links.models import Link
from siyu.messaging import queries as messaging
from siyu.messaging import services as plans
from siyu.messaging.contracts import OutboxState, PlanState, experiment_key
from siyu.messaging.models import Outbox
from siyu.messaging.queries import provider_for
from siyu.org.contracts import SYSTEM
from siyu.warehouse import services as shipping
from siyu.warehouse.client import Warehouse

__all__ = ["warehouse", "warehouse_front", "warehouse_url"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.warehouse]
PAGE = Path(__file__).resolve().parents[2] / "docs" / "trace-a-scan.md"
# 林晓 is the customer whom the page follows. She bought a hundred days ago and consented to messages.
NAME, PHONE, TAIL = "林晓", "13800005566", "5566"
SILENT_DAYS = 100
HEADERS = "订单号,付款时间,会员号,姓名,手机号,商品编码,商品名称,数量,金额,是否接受短信"


@dataclass
class World:
    """What the hops hand on to one another."""

    folder: Path
    warehouse: Warehouse
    stand_in: StandIn
    collector: Collector
    write_key: str
    callback_path: str
    found: dict[str, Any] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        return self.found[name]

    def call(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, dict[str, str], Any]:
        """A request to the collector as its server would hand it over."""
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body),
            "HTTP_USER_AGENT": "Mozilla/5.0 (Linux; Android 14) MicroMessenger/8.0",
            **{f"HTTP_{name.upper()}": value for name, value in headers.items()},
        }
        started: list[tuple[str, list[tuple[str, str]]]] = []
        content = b"".join(self.collector(environ, lambda status, found: started.append((status, found))))
        ((status, found),) = started
        return int(status.split()[0]), dict(found), content

    def events(self, name: str) -> list[StoredEvent]:
        """Her events of one name, in log order."""
        mine = set(customers.fragments_of(self.customer_id))
        return [event for event in log.read(START, 10_000) if event.name == name and event.fragment_id in mine]


@pytest.fixture
def world(tmp_path: Path, warehouse: Warehouse, settings: Any) -> Iterator[World]:
    receiver = Receiver()
    sandbox = start_stand_in(tmp_path, receiver)
    changes = {"home": tmp_path, "database_url": _database_url(tmp_path), **endpoint_settings(sandbox.port)}
    settings.SIYU = settings.SIYU.model_copy(update=changes)
    for remembered in (provider_for, resolver.inbox):
        remembered.cache_clear()
    planner.cache.clear()
    collector = create_app(settings.SIYU)
    yield World(
        folder=tmp_path,
        warehouse=warehouse,
        stand_in=StandIn(sandbox, receiver, tmp_path),
        collector=collector,
        write_key=gate.create_write_key(settings.SIYU, shop="main"),
        callback_path=urlsplit(gate.sms_callback_url(settings.SIYU)).path,
    )
    collector.close()
    resolver.inbox().close()
    for remembered in (provider_for, resolver.inbox):
        remembered.cache_clear()
    sandbox.stop()
    receiver.stop()


def _database_url(home: Path) -> str:
    """Lets the collector, which knows settings only, find the test's database; SQLite lies at a fixed place."""
    given = connection.settings_dict
    if connection.vendor == "sqlite":
        (home / "records.sqlite3").symlink_to(given["NAME"])
        return ""
    return f"postgresql://{given['USER']}:{given['PASSWORD']}@{given['HOST']}:{given['PORT']}/{given['NAME']}".replace(
        "://:@:/", ":///"
    )


# ---- the hops ------------------------------------------------------------------------------------------------------


def hop_a_line_in_a_file(world: World) -> None:
    paid_at = clock.now().astimezone(settings.SIYU.tz) - timedelta(days=SILENT_DAYS)
    rows = [f"A{number},{paid_at:%Y-%m-%d %H:%M:%S},M{number},客户{number},138000011{number:02},S1,茶,1,80.00,是"
            for number in range(1, 40)]  # fmt: skip
    rows.append(f"A100,{paid_at:%Y-%m-%d %H:%M:%S},M100,{NAME},{PHONE},S1,茶,1,80.00,是")
    rows.append(f"A100,{paid_at:%Y-%m-%d %H:%M:%S},M100,{NAME},{PHONE},S2,杯,1,40.50,是")
    world.found["file"] = world.folder / "orders.csv"
    world.file.write_text("\n".join([HEADERS, *rows]), encoding="utf-8")
    assert NAME in world.file.read_text(encoding="utf-8")


def hop_the_import(world: World) -> None:
    started = imports.start_import(file=world.file, mapping=ingest.mapping(SYSTEM, "generic"), viewer=SYSTEM)
    jobs.run_job(job_id=started.job_id)
    view = ingest.import_view(SYSTEM, started.import_id)
    world.found["import_trace"] = view.trace_id
    assert (view.state, view.counts["accepted"], view.counts["orders"]) == ("done", 41, 40)


def hop_the_person(world: World) -> None:
    (her,) = customers.search(SYSTEM, text=TAIL).items
    world.found["customer_id"] = her.id
    assert (her.display_name, her.phone_masked, her.member_no) == (NAME, f"138****{TAIL}", "M100")


def hop_the_order(world: World) -> None:
    order = Order.objects.get(number="A100")
    assert (order.fragment_id, order.amount_fen, order.trace_id) == (world.customer_id, 12_050, world.import_trace)


def hop_the_log(world: World) -> None:
    (paid,) = world.events("commerce.order_paid")
    assert (paid.trace_id, paid.body["amount_fen"], paid.body["order_no"]) == (world.import_trace, 12_050, "A100")


def hop_the_warehouse(world: World) -> None:
    while shipping.ship_pending():
        pass
    sql = "SELECT amount_fen FROM events WHERE name = 'commerce.order_paid' AND fragment = {id:UInt32}"
    assert world.warehouse.rows(sql, {"id": world.customer_id}) == [(12_050,)]


def hop_rfm(world: World) -> None:
    rows = audiences.rfm_rows(SYSTEM, RfmParams(audiences.rfm_today()))
    her = next(row for row in rows if row.customer_id == world.customer_id)
    assert (her.recency_days, her.frequency, her.monetary_fen) == (SILENT_DAYS, 1, 12_050)


def hop_the_audience(world: World) -> None:
    rule = {"all": [{"leaf": "last_order", "older_than_days": 90}, {"leaf": "net_sales", "op": ">=", "value": 50}]}
    world.found["audience_id"] = audience_services.create_audience(viewer=SYSTEM, name="沉默客户", rule=rule)
    while jobs.run_next():
        pass
    view = audiences.audience(SYSTEM, world.audience_id)
    members = audiences.member_ids(SYSTEM, world.audience_id)
    assert (view.state, view.member_count, world.customer_id in members) == (AudienceState.READY, 40, True)


def hop_the_plan(world: World) -> None:
    plan_id = world.found["plan_id"] = plans.create_plan(
        viewer=SYSTEM, name="召回", audience={"saved": world.audience_id}, text=brand.TEXT, account_id=brand.account(),
        target_url=brand.TARGET,
    )  # fmt: skip
    percent = _holdout_without_her(world)
    plans.update_plan(viewer=SYSTEM, plan_id=plan_id, version=1, holdout_percent=percent)
    brand.launch(plan_id)
    plan = messaging.plan(SYSTEM, plan_id)
    row = Outbox.objects.get(plan_id=plan_id, fragment_id=world.customer_id)
    world.found["trace_id"] = row.trace_id
    assert (plan.state, plan.population_count, row.state) == (PlanState.RUNNING, 40, OutboxState.QUEUED)


def _holdout_without_her(world: World) -> int:
    """The assignment is a hash of plan and customer, so it is known beforehand whom a share holds out."""
    key = experiment_key(world.plan_id)
    treating = [share for share in (50, 30, 10) if assign(world.customer_id, key, holdout_weights(share)) == TREATED]
    return treating[0]


def hop_the_message(world: World) -> None:
    brand.pump()
    (message,) = [row for row in world.stand_in.messages() if row["phone"] == PHONE]
    world.found["token"] = re.search(r"/s/(\w+)", message["content"]).group(1)
    assert Link.objects.get(token=world.token).fragment_id == world.customer_id


def hop_the_receipt(world: World) -> None:
    for body in world.stand_in.deliver():
        assert world.call("POST", world.callback_path, body)[0] == 200
    _resolve()
    assert Outbox.objects.get(trace_id=world.trace_id).state == OutboxState.DELIVERED


def hop_the_click(world: World) -> None:
    status, headers, _ = world.call("GET", f"/s/{world.token}")
    _resolve()
    (clicked,) = world.events("links.clicked")
    assert (status, headers["Location"], clicked.trace_id) == (302, brand.TARGET, world.trace_id)


def hop_the_click_counts(world: World) -> None:
    runner.run_once(registries.SUBSCRIBERS.get("messaging.clicks"))
    assert messaging.plan_tally(SYSTEM, world.plan_id).clicked_count == 1


def hop_she_orders(world: World) -> None:
    order = {
        "order_no": "B1", "paid_at": clock.now().isoformat(), "shop": "main", "phone": PHONE,
        "lines": [{"sku": "S1", "quantity": 1, "amount": "66.00", "title": "茶"}],
    }  # fmt: skip
    body = json.dumps({"orders": [order]}).encode()
    status, _, _ = world.call("POST", "/v1/orders", body, authorization=f"Bearer {world.write_key}")
    _resolve()
    orders = commerce.orders_of(SYSTEM, [world.customer_id])
    assert (status, [order.order_no for order in orders]) == (202, ["B1", "A100"])


def hop_the_result(world: World) -> None:
    result = insights.plan_result(SYSTEM, world.plan_id)
    assert (result.treated.buyer_count, result.holdout.buyer_count, result.treated.net_sales_fen) == (1, 0, 6_600)


def hop_the_trace(world: World) -> None:
    rows = [row for source in registries.TRACES for row in source(world.trace_id)]
    told = [(row.where, row.what) for row in sorted(rows, key=lambda row: row.at)]
    message = [what for where, what in told if where == "messaging.outbox"]
    assert (message[0], set(message[1:]), ("eventlog.event", "links.clicked") in told) == (
        "entered",
        {"claimed", "sent", "delivered", "clicked"},
        True,
    )


def _resolve() -> None:
    while resolver.resolve_once():
        pass


HOPS: tuple[Callable[[World], None], ...] = tuple(
    function for name, function in list(globals().items()) if name.startswith("hop_")
)


def test_the_path_of_the_page_is_real(world: World) -> None:
    for hop in HOPS:
        hop(world)


def test_the_page_has_the_hops_of_this_test() -> None:
    named = re.findall(r"^## \d+\. .*?`(hop_\w+)`", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert named == [hop.__name__ for hop in HOPS]

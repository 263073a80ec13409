"""The paths that fail points lie on, one function each: the whole way from orders to receipts, in small.

A path may die anywhere. Run again, as a restarted process would, it goes on and ends as if nothing had happened; that
is what the tests check. Each stands on what the paths before it have left.
"""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import time as day_time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from tests.faults import exporting

from siyu.audiences import evaluation
from siyu.audiences import services as audiences
from siyu.audiences.models import Audience
from siyu.cli.setup import home_files
from siyu.commerce.contracts import LineIn, OrderIn
from siyu.commerce.events import ORDER_PAID
from siyu.commerce.models import Order
from siyu.commerce.services import record_orders
from siyu.customers.models import Fragment, Identity
from siyu.eventlog import jobs, records, runner, schedules
from siyu.eventlog import queries as log_queries
from siyu.eventlog import services as log
from siyu.eventlog.contracts import EventType, NewEvent, Position, Schedule, StoredEvent, Subscriber
from siyu.eventlog.models import Event, Job
from siyu.eventlog.registries import EVENTS, JOBS, SCHEDULES, SUBSCRIBERS, JobKind
from siyu.ingest import received
from siyu.ingest import services as imports
from siyu.ingest.inbox import Inbox
from siyu.ingest.mappings.builtin import GENERIC
from siyu.ingest.models import Import
from siyu.ingest.received import ReceivedClick, ReceivedLine, ReceivedOrder, ReceivedOrders
from siyu.ingest.resolver import _position as resolver_position
from siyu.ingest.resolver import inbox, resolve_once
from siyu.kernel import clock
from siyu.links.models import Link
from siyu.messaging import queries as messaging
from siyu.messaging import services as messages
from siyu.messaging.jobs import asking, sending
from siyu.messaging.models import Outbox, Plan
from siyu.org.contracts import SYSTEM
from siyu.org.models import Approval
from siyu.org.services import approvals
from siyu.ui.lists import working
from siyu.warehouse import services as warehouse

# Longer than every lease: what a dead process held is free again at the next step.
STEP = timedelta(seconds=130)
LONG_STEP = timedelta(minutes=45)
SHORT_STEPS, MAX_STEPS = 15, 25
# Real seconds until the stand-in's carrier has reported all it was given.
REPORT_SECONDS = 15.0
# Real seconds for which others on a shared PostgreSQL server may keep a transaction open.
HORIZON_SECONDS = 60.0
# So that the file of these few people is written in some steps.
EXPORT_CHUNK = 20
SIGN = "鲜果里"
TEMPLATE_CODE = "SMS_900"
TEXT = '{{ name | default: "会员" }}您好，好久不见！点 {{ link }} 领取，拒收请回复R'
AUDIENCE = "bought often"
HEARD = "faults.heard"
NOTHING = "faults.nothing"
# The order that the picky subscriber cannot take.
INDIGESTIBLE = "A7"


@dataclass(frozen=True)
class FaultPath:
    """`ships`: the warehouse must agree with the log at the end. `stands_on`: a death that it begins after."""

    run: Callable[[], Any]
    needs_warehouse: bool = False
    needs_provider: bool = False
    ships: bool = False
    stands_on: str = ""


def prepare() -> None:
    home_files.ensure(settings.SIYU)
    call_command("migrate", verbosity=0)
    Inbox(settings.SIYU).close()


def import_orders() -> None:
    if not Import.objects.exists():
        imports.start_import(file=settings.SIYU.home / "orders.csv", mapping=GENERIC, viewer=SYSTEM)
    for job_id in Job.objects.filter(state="failed").values_list("pk", flat=True):
        log.retry_job(job_id=job_id)
    _run_jobs()


def export() -> None:
    """A file of all customers, asked for, approved and written."""
    request = Approval.objects.first()
    if request is None:
        request = Approval.objects.get(pk=exporting.ask(Fragment.objects.values_list("pk", flat=True)))
    if request.state == "pending":
        approvals.decide(viewer=exporting.viewer(exporting.BOSS, "owner"), approval_id=request.pk, approve=True)
    approvals.perform_approved()
    _run_jobs("ui.export")


def receive() -> None:
    """What a shop's hook brings; the sender repeats what was not acknowledged."""
    bodies = [(received.ORDER, received.encode(_hook_orders(number))) for number in range(12)]
    bodies.insert(5, (received.ORDER, b"no orders"))
    _append(bodies, "acknowledged-orders")
    _resolve()


def ship() -> None:
    warehouse.migrate()
    _ship()


def rebuild() -> None:
    warehouse.rebuild()
    _ship()


def follow() -> dict[str, Any]:
    """Subscribers inside and outside of transactions, and one that chokes."""
    for name in ("faults.inside", "faults.outside", "faults.picky"):
        _drain(name)
    heard = (settings.SIYU.home / "heard.txt").read_text().split()
    return {"heard_outside": sorted(set(map(int, heard)))}


def on_schedule() -> None:
    at = clock.now()
    while not Job.objects.filter(kind=NOTHING).exists():
        with clock.frozen(at):
            schedules.start_due()
        at += STEP
    with clock.frozen(at):
        _run_jobs(NOTHING)


def keep_audience() -> None:
    """Builds an audience, follows events, rebuilds it with differences, folds."""
    _ship()
    if not Audience.objects.filter(name=AUDIENCE).exists():
        rule = {"leaf": "order_count", "op": ">=", "value": 12}
        audiences.create_audience(viewer=SYSTEM, name=AUDIENCE, rule=rule)
    _run_jobs("audiences.rebuild")
    if not Order.objects.filter(number="E2-0").exists():
        _buy("E1", people=6)
        _evaluate()
    _buy("E2", people=12)
    _ship()
    if Job.objects.filter(kind="audiences.rebuild").count() < 2:
        audiences.rebuild_audience(viewer=SYSTEM, audience_id=Audience.objects.get(name=AUDIENCE).pk)
    _run_jobs("audiences.rebuild")
    _evaluate()
    with clock.frozen(clock.now() + STEP):
        evaluation.fold_once()


def launch() -> None:
    plan = Plan.objects.filter(name="Recall").first()
    if plan is None:
        audience = {"saved": Audience.objects.get(name=AUDIENCE).pk}
        plan_id = messages.create_plan(
            viewer=SYSTEM, name="Recall", audience=audience, text=TEXT, account_id=_account(),
            target_url="https://shop.example.cn/recall", holdout_percent=20,
        )  # fmt: skip
        plan = Plan.objects.get(pk=plan_id)
    if plan.state == "draft":
        messages.launch_plan(viewer=SYSTEM, plan_id=plan.pk)
    _run_jobs("messaging.launch_plan")


def send() -> dict[str, Any]:
    """Sends, waits for the carrier, takes the receipts; later asks about what nobody answered."""
    at = clock.now()
    for step in range(MAX_STEPS):
        # Short steps for what is tried again soon, then long ones for what is waited for.
        with clock.frozen(at + min(step, SHORT_STEPS) * STEP + max(0, step - SHORT_STEPS) * LONG_STEP):
            while sending.send_once():
                pass
            asking.ask_once()
            _await_reports()
            _resolve()
        if not Outbox.objects.filter(state__in=["queued", "held", "claimed", "unknown", "sent"]).exists():
            break
    with clock.frozen(at + MAX_STEPS * LONG_STEP):
        sending.send_once()
    phones = [message["phone"] for message in _control("/control/messages?limit=1000")["messages"]]
    return {"received": sorted(phones)}


def click() -> None:
    tokens = Link.objects.order_by("pk").values_list("token", flat=True)[:8]
    visits = [
        ReceivedClick(token, clock.to_millis(clock.now()), f"click:{place}", is_bot=place == 3, agent="Mozilla/5.0")
        for place, token in enumerate([*tokens, *tokens[:3]])
    ]
    _append([(received.CLICK, received.encode(visit)) for visit in visits], "acknowledged-clicks")
    _resolve()
    _drain("messaging.clicks")


PATHS: Mapping[str, FaultPath] = {
    "prepare": FaultPath(prepare),
    "import": FaultPath(import_orders),
    "export": FaultPath(export),
    "receive": FaultPath(receive),
    "follow": FaultPath(follow),
    "schedule": FaultPath(on_schedule),
    "ship": FaultPath(ship, needs_warehouse=True, ships=True),
    "rebuild": FaultPath(rebuild, needs_warehouse=True, ships=True),
    "audience": FaultPath(keep_audience, needs_warehouse=True),
    "launch": FaultPath(launch, needs_warehouse=True),
    "send": FaultPath(send, needs_provider=True),
    # A sender died between its claim and the network: nobody knows, so the provider is asked.
    "send after a death": FaultPath(send, needs_provider=True, stands_on="messaging.send.claimed"),
    "click": FaultPath(click),
}


# ---- steps of paths -------------------------------------------------------------------------------------------------


def _run_jobs(*kinds: str) -> None:
    while jobs.run_next(kinds=frozenset(kinds) if kinds else None):
        pass
    failed = Job.objects.filter(state="failed").first()
    if failed is not None:
        raise RuntimeError(f"{failed.kind}: {failed.error}")


def _resolve() -> None:
    deadline = time.monotonic() + HORIZON_SECONDS
    while resolve_once() or inbox().waiting_count(resolver_position()):
        if time.monotonic() > deadline:
            raise TimeoutError("the inbox is not read to its end")


def _await_horizon() -> None:
    """On PostgreSQL an open transaction of anybody on the server keeps the newest events unread; it passes."""
    deadline = time.monotonic() + HORIZON_SECONDS
    newest = Event.objects.order_by("xid", "id").last()
    while newest is not None and log_queries.head() < Position(newest.xid, newest.pk):
        if time.monotonic() > deadline:
            raise TimeoutError("somebody holds the log's horizon back")
        time.sleep(0.02)


def _ship() -> None:
    _await_horizon()
    warehouse.ship_pending()


def _drain(name: str) -> None:
    _await_horizon()
    runner.drain(SUBSCRIBERS.get(name))


def _append(bodies: list[tuple[str, bytes]], name: str) -> None:
    """Appends what was not acknowledged yet, one by one, as a sender who waits for each answer."""
    path = settings.SIYU.home / name
    done = int(path.read_text()) if path.exists() else 0
    for place in range(done, len(bodies)):
        inbox().append(*bodies[place], f"{place:032x}")
        path.write_text(str(place + 1))


def _hook_orders(number: int) -> ReceivedOrders:
    """Two orders, the first of them reported again by the next call with one line more."""
    return ReceivedOrders(tuple(_hook_order(number + step) for step in range(2)))


def _hook_order(number: int) -> ReceivedOrder:
    lines = tuple(ReceivedLine(f"S{n}", "茶", 1, 1_000 + n, f"{n}") for n in range(number % 3 + 1))
    return ReceivedOrder(
        shop="main", order_no=f"H{number}", paid_at=datetime(2026, 2, 1, 3, number, tzinfo=UTC), phone="",
        member_no=f"M{number % 5}", name="", lines=lines,
    )  # fmt: skip


def _buy(prefix: str, *, people: int) -> None:
    """Three orders for each of some people, once."""
    fragments = list(
        Identity.objects.filter(kind="member").order_by("fragment_id").values_list("fragment_id", flat=True)
    )
    chosen = fragments[::4][:people]
    orders = [
        OrderIn(
            shop="main",
            order_no=f"{prefix}-{place}",
            fragment_id=fragment_id,
            paid_at=datetime(2026, 2, 2, place % 3, tzinfo=UTC),
            lines=(LineIn(f"{prefix}-{place}".encode().ljust(16), "S1", "茶", 1, 500),),
        )
        for place, fragment_id in enumerate(fid for fid in chosen for _ in range(3))
    ]
    with records.transaction():
        record_orders(orders, [], source="faults", trace_id="f" * 32)
    _ship()


def _evaluate() -> None:
    _ship()
    while evaluation.evaluate_once():
        _ship()


def _account() -> int:
    known = messaging.sms_accounts(SYSTEM)
    if known:
        return known[0].id
    account_id = messages.save_sms_account(
        name="Faults", sign_name=SIGN, window=(day_time(0), day_time(0)), batch_size=4, settle_seconds=60
    )
    messages.save_sms_template(account_id=account_id, code=TEMPLATE_CODE, text=template_text())
    return account_id


def template_text() -> str:
    return "${name}您好，好久不见！点 " + messaging.link_base() + "${token} 领取，拒收请回复R"


def _control(path: str) -> Any:
    connection = http.client.HTTPConnection(settings.SIYU.aliyun_sms_endpoint, timeout=5)
    try:
        connection.request("GET", path)
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


def _await_reports() -> None:
    deadline = time.monotonic() + REPORT_SECONDS
    while time.monotonic() < deadline:
        summary = _control("/control/summary")
        if not summary["messages"].get("waiting") and not summary["reports"].get("pending"):
            return
        time.sleep(0.02)
    raise TimeoutError("the stand-in's reports were not taken")


# ---- what the paths register, as an outside package would ------------------------------------------------------------


def _hear_inside(events: list[StoredEvent]) -> None:
    """Publishes without a message id: a second time would show."""
    log.publish([NewEvent(HEARD, clock.now(), {"of": event.name}, event.fragment_id) for event in events])


def _hear_outside(events: list[StoredEvent]) -> None:
    path: Path = settings.SIYU.home / "heard.txt"
    with path.open("a") as file:
        file.write("".join(f"{event.id}\n" for event in events))


def _choke(events: list[StoredEvent]) -> None:
    if any(event.body["order_no"] == INDIGESTIBLE for event in events):
        raise ValueError("cannot take it")


_PAID = frozenset({ORDER_PAID})


def register() -> None:
    """What only these runs know; called by the host process, so that importing this file changes nothing."""
    working.EXPORT_CHUNK = EXPORT_CHUNK
    EVENTS.add(HEARD, EventType(HEARD, "Heard", {"of": "what was heard"}))
    for subscriber in (
        Subscriber("faults.inside", _hear_inside, names=_PAID, batch_rows=200),
        Subscriber("faults.outside", _hear_outside, names=_PAID, batch_rows=200, own_transaction=True),
        Subscriber("faults.picky", _choke, names=_PAID, batch_rows=200),
    ):
        SUBSCRIBERS.add(subscriber.name, subscriber)
    JOBS.add(NOTHING, JobKind(NOTHING, "Nothing", lambda _: {}))
    SCHEDULES.add(NOTHING, Schedule(NOTHING, "* * * * *", NOTHING))

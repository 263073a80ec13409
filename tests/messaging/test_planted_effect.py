"""The whole main job at once: launch, provider, receipts, clicks and orders through the collector, result.

Simulated people click and buy at planted rates. Whoever was held out buys too, so the naive figure is far from the
truth; the measured one must be near it.
"""

from __future__ import annotations

import io
import sqlite3
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from tests.support import messaging as brand
from tests.support.sandbox import Receiver, write_people

from siyu.collector.app import Collector, create_app
from siyu.eventlog import records, registries
from siyu.ingest import gate
from siyu.ingest.inbox import Inbox
from siyu.ingest.registries import INBOX_KINDS
from siyu.insights import queries as insights
from siyu.insights.contracts import VerdictCode
from siyu.kernel import clock
from siyu.kernel.settings import Settings
from siyu.links.models import Link
from siyu.messaging import queries
from siyu.messaging.contracts import OutboxState, PlanState
from siyu.messaging.queries import provider_for
from siyu.org.contracts import SYSTEM
from siyu.sandbox.config import Planted, TemplateSeed
from siyu.sandbox.server import Sandbox

pytestmark = pytest.mark.django_db
PEOPLE = 800
PLANTED = Planted(click_rate=0.4, base_rate=0.10, lift=0.15, dead_share=0, failed_share=0, refuse_rate=0.05)
LINKS = "CREATE TABLE links_link (token TEXT UNIQUE, target_url TEXT, expires_at TEXT, trace_id TEXT)"
# Standard errors of a 95 % interval, and how many the truth may lie off: beyond this something is wrong, not unlucky.
HALF_WIDTH = 1.96
MAX_ERRORS = 4
# Until everybody has acted: a second or two, much longer only on a machine that is busy with something else.
ACT_SECONDS = 60


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """One line per request would bury the test's own output."""


@dataclass
class World:
    sandbox: Sandbox
    settings: Settings

    def act_out(self) -> None:
        """One round of the people; whoever is not answered at once tries again."""
        self.sandbox.people.start_round("test")
        deadline = time.monotonic() + ACT_SECONDS
        while (wait_seconds := self.sandbox.people.step()) is not None and time.monotonic() < deadline:
            time.sleep(min(max(wait_seconds, 0), 0.2))
        acts = self.sandbox._store.rows("SELECT DISTINCT state FROM acts")
        assert [row["state"] for row in acts] == ["done"]
        self.sandbox.courier.step()

    def take_in(self) -> None:
        """What the collector has kept, handed over as the resolver does it; then the log's readers follow."""
        inbox = Inbox(self.settings)
        for row in inbox.read(limit=100_000):
            with records.transaction():
                INBOX_KINDS.get(row.kind).handle([row])
        inbox.close()


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[tuple[Collector, Settings, str]]:
    home = Settings(home=tmp_path / "collector", database_url="", sandbox_port=0)
    home.home.mkdir()
    with sqlite3.connect(home.records_path) as held:
        held.execute(LINKS)
    app = create_app(home)

    def bounded(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        # Granian's input ends with the body; that of this small server would wait for more.
        length = int(environ.get("CONTENT_LENGTH") or 0)
        environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read(length))
        return app(environ, start_response)

    server = make_server("127.0.0.1", 0, bounded, server_class=_Server, handler_class=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield app, home, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
    app.close()


@pytest.fixture
def world(tmp_path: Path, settings: Any, collector: tuple[Collector, Settings, str]) -> Iterator[World]:
    _, home, address = collector
    receiver = Receiver()
    settings.SIYU = settings.SIYU.model_copy(update={"public_url": address})
    sandbox = brand.start_stand_in(
        tmp_path, receiver,
        templates=(TemplateSeed(brand.CODE, "召回", "promotion", brand.template_text()),),
        planted=PLANTED,
        sms_callback_url=f"{address}/callbacks/sms/aliyun/{gate.ensure_callback_secret(home)}",
        order_hook_url=f"{address}/v1/orders",
        write_key=gate.create_write_key(home, shop="main"),
        people_file=str(write_people(tmp_path / "people.json", PEOPLE)),
        round_seconds=0.0,
        posts_per_second=1e6,
        quiet_seconds=1e6,
    )  # fmt: skip
    settings.SIYU = settings.SIYU.model_copy(update=brand.endpoint_settings(sandbox.port))
    provider_for.cache_clear()
    yield World(sandbox, home)
    provider_for.cache_clear()
    sandbox.stop()
    receiver.stop()


def give_links(home: Settings) -> None:
    """The collector reads links from the records; here the test's own transaction holds them."""
    with sqlite3.connect(home.records_path) as held:
        held.executemany(
            "INSERT INTO links_link VALUES (?, ?, '2099-01-01 00:00:00', ?)",
            Link.objects.values_list("token", "target_url", "trace_id"),
        )


def test_the_result_finds_the_planted_effect(world: World):
    plan_id = brand.plan(brand.people(range(1, PEOPLE + 1)), brand.account(), holdout_percent=40)
    brand.launch(plan_id)
    give_links(world.settings)
    brand.pump()
    world.sandbox.courier.step()
    world.act_out()
    world.take_in()
    events = [event for event in _published() if event.name == "links.clicked"]
    with records.transaction():
        registries.SUBSCRIBERS.get("messaging.clicks").handle(events)
    with clock.frozen(clock.now() + timedelta(days=8)):
        found = insights.plan_result(SYSTEM, plan_id)
    plan, tally, effect = found.plan, found.tally, found.effect
    assert plan.state is PlanState.DONE
    assert tally.states == {OutboxState.DELIVERED: plan.treated_count}
    assert tally.sent_count == tally.delivered_count == plan.treated_count
    assert near(tally.clicked_count / plan.treated_count, PLANTED.click_rate, plan.treated_count)
    assert near(found.holdout.order_rate, PLANTED.base_rate, found.holdout.customer_count)
    interval = effect.order_rate.newcombe
    error = (interval.high - interval.low) / 2 / HALF_WIDTH
    assert abs(effect.order_rate.difference - PLANTED.lift) < MAX_ERRORS * error
    assert found.verdict.code is VerdictCode.POSITIVE
    assert found.sample_ratio.is_alarm is False
    assert found.naive.buyer_count > 1.3 * effect.incremental_buyers.value
    assert effect.incremental_net_sales_fen.value > 0
    assert found.cost_per_incremental_order_fen == pytest.approx(
        found.cost_fen / effect.incremental_orders.value, abs=1
    )
    refused = _withdrawn()
    assert 0 < refused < plan.treated_count * 0.15
    # They were not customers of yesterday: a second plan leaves out whoever has just refused.
    again = queries.forecast(
        SYSTEM, audience=plan.audience, holdout_percent=0, text=brand.TEXT, target_url=brand.TARGET,
        account_id=plan.account_id,
    )  # fmt: skip
    assert again.suppressed["no_consent"] == refused


def near(share: float | None, planted: float, n: int) -> bool:
    return share is not None and abs(share - planted) < MAX_ERRORS * (planted * (1 - planted) / n) ** 0.5


def _published() -> list[Any]:
    from tests.support.log import published

    return published()


def _withdrawn() -> int:
    return sum(
        1 for event in _published() if event.name == "customers.consent_changed" and event.body["granted"] is False
    )
